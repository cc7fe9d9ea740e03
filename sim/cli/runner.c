#include "runner.h"

#include "interrupt.h"
#include "progress.h"
#include "twin.h"

#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What waits for its run's turn. */
typedef struct run_spool {
    record_chunks chunks;
    int finished; /* all its chunks are here, and the thread that ran it has gone on */
} run_spool;

typedef struct runner {
    const runner_plan *plan;
    runner_result *results;
    run_spool *spools;
    size_t run_count;
    progress progress;
    atomic_int failed;     /* runs ask it at every control interval, without the mutex */
    pthread_mutex_t mutex; /* over all below */
    pthread_cond_t turned;
    size_t next; /* the first run that nobody has taken */
    size_t turn; /* the run that is written to the record */
    size_t spooled_bytes;
    sky_status status;
    sky_error error;
} runner;

/* One run under way: what its callbacks see. */
typedef struct task {
    runner *runner;
    size_t index;
    record_digest *digest;
    record_packer *packer; /* NULL: no record is written */
    record_chunks packed;  /* on their way to the record */
    record_run *writing;   /* not NULL: it has the turn, and chunks go straight into the record */
    int64_t parts;         /* of its progress, told so far */
} task;

static sky_status no_memory(const char *what, sky_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory for %s", what);
    return SKY_ERROR_MEMORY;
}

/* The first error counts: what others say after it are consequences. */
static void fail(runner *r, sky_status status, const sky_error *error)
{
    pthread_mutex_lock(&r->mutex);
    if (r->status == SKY_OK) {
        r->status = status;
        r->error = *error;
    }
    atomic_store(&r->failed, 1);
    pthread_cond_broadcast(&r->turned);
    pthread_mutex_unlock(&r->mutex);
}

/* ---- rows on their way to the record ---------------------------------------------------------------------- */

static sky_status begin_writing(runner *r, size_t index, record_run **writing, sky_error *error)
{
    const runner_result *result = &r->results[index];

    return record_run_begin(r->plan->record, result->strategy, result->replication, result->seed, writing,
                            error);
}

/* Writes chunks and frees them, also after an error. */
static sky_status write_chunks(record_run *writing, record_chunks *chunks, sky_error *error)
{
    sky_status status = SKY_OK;

    for (const record_chunk *c = chunks->first; c != NULL && status == SKY_OK; c = c->next)
        status = record_append(writing, c, error);
    record_chunks_free(chunks);
    return status;
}

/* Writes what waited. */
static sky_status drain(runner *r, size_t index, record_run *writing, sky_error *error)
{
    record_chunks *chunks = &r->spools[index].chunks;
    size_t size = chunks->size;
    sky_status status = write_chunks(writing, chunks, error);

    pthread_mutex_lock(&r->mutex);
    r->spooled_bytes -= size;
    pthread_cond_broadcast(&r->turned);
    pthread_mutex_unlock(&r->mutex);
    return status;
}

/* Is it this run's turn to be written? Waits for it if the rows that wait fill the memory set apart for them. */
static int has_turn(runner *r, size_t index, size_t more_bytes)
{
    int turn;

    pthread_mutex_lock(&r->mutex);
    while (r->turn != index && r->spooled_bytes + more_bytes > RUNNER_LOOK_AHEAD_BYTES &&
           !atomic_load(&r->failed))
        pthread_cond_wait(&r->turned, &r->mutex);
    turn = r->turn == index;
    if (!turn)
        r->spooled_bytes += more_bytes;
    pthread_mutex_unlock(&r->mutex);
    return turn;
}

static sky_status take_turn(task *t, sky_error *error)
{
    sky_status status = begin_writing(t->runner, t->index, &t->writing, error);

    return status == SKY_OK ? drain(t->runner, t->index, t->writing, error) : status;
}

/* What is packed goes to the record if it is this run's turn, else it waits for it. */
static sky_status hand_over(task *t, sky_error *error)
{
    runner *r = t->runner;
    sky_status status = SKY_OK;

    if (t->packed.first == NULL)
        return SKY_OK;
    if (t->writing == NULL) {
        if (!has_turn(r, t->index, t->packed.size)) {
            record_chunks_move(&r->spools[t->index].chunks, &t->packed);
            return SKY_OK;
        }
        status = take_turn(t, error);
    }
    return status == SKY_OK ? write_chunks(t->writing, &t->packed, error) : status;
}

static sky_status take_rows(void *context, record_stream stream, const void *rows, size_t count,
                            sky_error *error)
{
    task *t = context;
    sky_status status;

    record_digest_add(t->digest, stream, rows, count * record_row_bytes(stream));
    if (t->packer == NULL || stream == RECORD_SUMMARY)
        return SKY_OK;
    status = record_pack(t->packer, stream, rows, count, &t->packed, error);
    return status == SKY_OK ? hand_over(t, error) : status;
}

static sky_status write_end(runner *r, size_t index, record_run *writing, sky_error *error)
{
    return record_run_end(writing, &r->results[index].summary, r->results[index].digest, error);
}

/* Passes the turn on, and writes the runs that finished while they waited for it. */
static sky_status pass_turn(runner *r, sky_error *error)
{
    sky_status status = SKY_OK;

    for (;;) {
        record_run *writing;
        size_t index;
        int finished;

        pthread_mutex_lock(&r->mutex);
        index = ++r->turn;
        finished = index < r->run_count && r->spools[index].finished;
        pthread_cond_broadcast(&r->turned);
        pthread_mutex_unlock(&r->mutex);
        if (!finished)
            return SKY_OK;
        status = begin_writing(r, index, &writing, error);
        if (status == SKY_OK)
            status = drain(r, index, writing, error);
        if (status == SKY_OK)
            status = write_end(r, index, writing, error);
        if (status != SKY_OK)
            return status;
    }
}

/* The run is over: write its end, or leave it to the thread that has the turn. */
static sky_status close_run(task *t, sky_error *error)
{
    runner *r = t->runner;
    sky_status status = record_pack_rest(t->packer, &t->packed, error);

    if (status == SKY_OK)
        status = hand_over(t, error);
    if (status != SKY_OK)
        return status;
    if (t->writing == NULL) {
        int turn;

        pthread_mutex_lock(&r->mutex);
        turn = r->turn == t->index;
        r->spools[t->index].finished = !turn;
        pthread_mutex_unlock(&r->mutex);
        if (!turn)
            return SKY_OK;
        status = take_turn(t, error);
    }
    if (status == SKY_OK)
        status = write_end(r, t->index, t->writing, error);
    return status == SKY_OK ? pass_turn(r, error) : status;
}

/* ---- running ------------------------------------------------------------------------------------------------ */

static void take_progress(void *context, int64_t now_ns, int64_t end_ns)
{
    task *t = context;
    int64_t parts = end_ns > 0 ? (int64_t)((double)now_ns / (double)end_ns * PROGRESS_WHOLE) : 0;

    progress_add(&t->runner->progress, parts - t->parts);
    t->parts = parts;
}

static int should_stop(void *context)
{
    const task *t = context;

    return interrupt_requested() || atomic_load_explicit(&t->runner->failed, memory_order_relaxed);
}

static sky_status run_one(task *t, sky_error *error)
{
    runner *r = t->runner;
    const scenario *s = r->plan->scenario;
    runner_result *result = &r->results[t->index];
    twin_options options = { .strategy = result->strategy,
                             .replication = result->replication,
                             .seed = result->seed,
                             .restart_engine_at_ns = SKY_NEVER_NS };
    twin_output output = { .context = t, .rows = take_rows, .stop = should_stop };
    double start_s = progress_clock_s();
    sky_status status;

    if (r->progress.enabled)
        output.progress = take_progress;
    record_digest_reset(t->digest);
    status = twin_run(s, &options, &output, &result->summary, error);
    result->wall_s = progress_clock_s() - start_s;
    if (status != SKY_OK)
        return status;
    record_digest_text(t->digest, result->digest);
    if (t->packer != NULL)
        status = close_run(t, error);
    progress_add(&r->progress, PROGRESS_WHOLE - t->parts);
    return status;
}

/* Runs are taken in order, so that the one whose turn it is to be written is always taken or done. */
static int take_run(runner *r, size_t *index)
{
    int taken;

    pthread_mutex_lock(&r->mutex);
    taken = r->next < r->run_count && r->status == SKY_OK;
    if (taken)
        *index = r->next++;
    pthread_mutex_unlock(&r->mutex);
    return taken;
}

static void work(runner *r)
{
    record_digest *digest = record_digest_new();
    record_packer *packer = r->plan->record != NULL ? record_packer_new() : NULL;
    sky_status status = SKY_OK;
    sky_error error = { "" };
    size_t index;

    if (digest == NULL || (packer == NULL && r->plan->record != NULL))
        status = no_memory("a digest and a packer", &error);
    while (status == SKY_OK && take_run(r, &index)) {
        task t = { .runner = r, .index = index, .digest = digest, .packer = packer };

        if (interrupt_requested()) {
            snprintf(error.message, sizeof error.message, "interrupted");
            status = SKY_ERROR_STOPPED;
        } else {
            status = run_one(&t, &error);
            record_chunks_free(&t.packed); /* there is something left only after an error */
        }
    }
    if (status != SKY_OK)
        fail(r, status, &error);
    record_digest_free(digest);
    record_packer_free(packer);
}

static void name_runs(const runner_plan *plan, runner_result *results)
{
    const scenario *s = plan->scenario;

    for (size_t i = 0; i < plan->strategy_count; i++)
        for (unsigned k = 0; k < plan->replications; k++)
            results[i * plan->replications + k] = (runner_result){
                .strategy = plan->strategies[i],
                .replication = k,
                .seed = plan->seed,
                .window = s->window_label[k % s->window_count],
            };
}

sky_status runner_run(const runner_plan *plan, runner_result *results, sky_error *error)
{
    runner r = { .plan = plan, .results = results, .run_count = plan->strategy_count * plan->replications };
    int threads = plan->threads > 0 ? plan->threads : omp_get_max_threads();

    r.spools = calloc(r.run_count, sizeof *r.spools);
    if (r.spools == NULL)
        return no_memory("the list of runs", error);
    name_runs(plan, results);
    pthread_mutex_init(&r.mutex, NULL); /* glibc's never fail without attributes */
    pthread_cond_init(&r.turned, NULL);
    progress_start(&r.progress, r.run_count, plan->show_progress);
    if ((size_t)threads > r.run_count)
        threads = (int)r.run_count;
#pragma omp parallel num_threads(threads)
    work(&r);
    progress_end(&r.progress);
    for (size_t i = 0; i < r.run_count; i++)
        record_chunks_free(&r.spools[i].chunks); /* there is something left only after an error */
    pthread_cond_destroy(&r.turned);
    pthread_mutex_destroy(&r.mutex);
    free(r.spools);
    if (r.status != SKY_OK)
        *error = r.error;
    return r.status;
}

sky_status runner_digest(const runner_result *results, size_t count, char text[RECORD_DIGEST_CHARS],
                         sky_error *error)
{
    record_digest *digest = record_digest_new();

    if (digest == NULL)
        return no_memory("a digest", error);
    for (size_t i = 0; i < count; i++)
        record_digest_add(digest, RECORD_EVENTS, results[i].digest, RECORD_DIGEST_CHARS - 1);
    record_digest_text(digest, text);
    record_digest_free(digest);
    return SKY_OK;
}
