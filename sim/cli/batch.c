#include "batch.h"

#include "record_writer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows, or a checkpoint, that wait for their run's turn. */
typedef struct spooled {
    struct spooled *next;
    record_stream stream;  /* RECORD_STREAM_COUNT: a checkpoint */
    int64_t checkpoint_ns; /* its time */
    void *bytes;
    size_t count; /* of rows, or of a checkpoint's bytes */
} spooled;

typedef struct run_spool {
    spooled *first, *last; /* in the order in which they came */
    size_t bytes;
    int finished; /* all its rows are here, and the thread that ran it has gone on */
} run_spool;

typedef struct batch {
    const batch_plan *plan;
    runner_result *results;
    run_spool *spools;
    size_t run_count;
    record_writer *writer; /* NULL: no record is kept */
    pthread_mutex_t mutex; /* over all below */
    pthread_cond_t turned;
    size_t next; /* the first run that nobody has taken */
    size_t turn; /* the run that is written to the record */
    int begun;   /* it has */
    size_t spooled_bytes;
    int stopped;
} batch;

/* ---- rows on their way to the record ---------------------------------------------------------------------- */

static unsigned replication_of(const batch_plan *plan, size_t index)
{
    return plan->replication + (unsigned)(index % plan->replications);
}

static sky_status begin_writing(batch *b, size_t index, sky_error *error)
{
    const batch_plan *plan = b->plan;

    b->begun = 1;
    if (index == plan->done && plan->origin != NULL)
        return record_writer_go_on(b->writer, plan->origin->begin, plan->origin->context, error);
    return record_writer_begin(b->writer, plan->strategies[index / plan->replications],
                               replication_of(plan, index), plan->seed, error);
}

static size_t bytes_of(const spooled *s)
{
    return s->stream == RECORD_STREAM_COUNT ? s->count : s->count * record_row_bytes(s->stream);
}

static sky_status write_one(batch *b, const spooled *s, sky_error *error)
{
    if (s->stream != RECORD_STREAM_COUNT)
        return record_writer_append(b->writer, s->stream, s->bytes, s->count, error);
    return record_writer_checkpoint(b->writer, s->checkpoint_ns, s->bytes, s->count, error);
}

static sky_status spool(run_spool *spool, const spooled *what, sky_error *error)
{
    spooled *s = malloc(sizeof *s);

    if (s == NULL) {
        free(what->bytes);
        snprintf(error->message, sizeof error->message, "out of memory for rows that wait to be written");
        return SKY_ERROR_MEMORY;
    }
    *s = *what;
    if (spool->last == NULL)
        spool->first = s;
    else
        spool->last->next = s;
    spool->last = s;
    spool->bytes += bytes_of(s);
    return SKY_OK;
}

/* `to` NULL: they are forgotten, as they are after an error. */
static sky_status empty_spool(run_spool *spool, batch *to, sky_error *error)
{
    sky_status status = SKY_OK;

    while (spool->first != NULL) {
        spooled *s = spool->first;

        if (to != NULL && status == SKY_OK)
            status = write_one(to, s, error);
        else
            free(s->bytes);
        spool->first = s->next;
        free(s);
    }
    spool->last = NULL;
    spool->bytes = 0;
    return status;
}

/* Writes what waited. */
static sky_status drain(batch *b, size_t index, sky_error *error)
{
    size_t bytes = b->spools[index].bytes;
    sky_status status = empty_spool(&b->spools[index], b, error);

    pthread_mutex_lock(&b->mutex);
    b->spooled_bytes -= bytes;
    pthread_cond_broadcast(&b->turned);
    pthread_mutex_unlock(&b->mutex);
    return status;
}

/* Is it this run's turn to be written? Waits for it if the rows that wait fill the memory set apart for them. */
static int has_turn(batch *b, size_t index, size_t more_bytes)
{
    int turn;

    pthread_mutex_lock(&b->mutex);
    while (b->turn != index && b->spooled_bytes + more_bytes > BATCH_LOOK_AHEAD_BYTES && !b->stopped)
        pthread_cond_wait(&b->turned, &b->mutex);
    turn = b->turn == index;
    if (!turn)
        b->spooled_bytes += more_bytes;
    pthread_mutex_unlock(&b->mutex);
    return turn;
}

/* The run that has the turn begins, and what waited for it is written. */
static sky_status take_turn(batch *b, size_t index, sky_error *error)
{
    sky_status status = begin_writing(b, index, error);

    return status == SKY_OK ? drain(b, index, error) : status;
}

/* It goes to the record if it is this run's turn, else it waits for it. */
static sky_status take(batch *b, size_t index, const spooled *what, sky_error *error)
{
    sky_status status = SKY_OK;

    if (!has_turn(b, index, bytes_of(what)))
        return spool(&b->spools[index], what, error);
    if (!b->begun)
        status = take_turn(b, index, error);
    if (status == SKY_OK)
        return write_one(b, what, error);
    free(what->bytes);
    return status;
}

static sky_status take_rows(void *context, runner_task *task, record_stream stream, void *rows, size_t count,
                            sky_error *error)
{
    return take(context, task->index, &(spooled){ .stream = stream, .bytes = rows, .count = count }, error);
}

static sky_status take_checkpoint(void *context, runner_task *task, int64_t now_ns, const void *bytes,
                                  size_t size, sky_error *error)
{
    spooled s = {
        .stream = RECORD_STREAM_COUNT, .checkpoint_ns = now_ns, .bytes = malloc(size), .count = size
    };

    if (s.bytes == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for a checkpoint of %zu bytes", size);
        return SKY_ERROR_MEMORY;
    }
    memcpy(s.bytes, bytes, size);
    return take(context, task->index, &s, error);
}

static sky_status write_end(batch *b, size_t index, sky_error *error)
{
    b->begun = 0;
    return record_writer_end(b->writer, &b->results[index].summary, b->results[index].digest, error);
}

/* Passes the turn on, and writes the runs that finished while they waited for it. */
static sky_status pass_turn(batch *b, sky_error *error)
{
    for (;;) {
        sky_status status;
        size_t index;
        int finished;

        pthread_mutex_lock(&b->mutex);
        index = ++b->turn;
        finished = index < b->run_count && b->spools[index].finished;
        pthread_cond_broadcast(&b->turned);
        pthread_mutex_unlock(&b->mutex);
        if (!finished)
            return SKY_OK;
        status = take_turn(b, index, error);
        if (status == SKY_OK)
            status = write_end(b, index, error);
        if (status != SKY_OK)
            return status;
    }
}

/* The run is over: write its end, or leave it to the thread that has the turn. */
static sky_status take_end(void *context, runner_task *task, const runner_result *result, sky_error *error)
{
    batch *b = context;
    sky_status status = SKY_OK;
    int turn;

    b->results[task->index] = *result;
    if (b->plan->record == NULL)
        return SKY_OK;
    pthread_mutex_lock(&b->mutex);
    turn = b->turn == task->index;
    b->spools[task->index].finished = !turn;
    pthread_mutex_unlock(&b->mutex);
    if (!turn)
        return SKY_OK;
    if (!b->begun)
        status = take_turn(b, task->index, error);
    if (status == SKY_OK)
        status = write_end(b, task->index, error);
    return status == SKY_OK ? pass_turn(b, error) : status;
}

/* ---- runs ------------------------------------------------------------------------------------------------------- */

/* In order, so that the one whose turn it is to be written is always taken or done. */
static sky_status take_run(void *context, runner_task *task, int *taken, sky_error *error)
{
    batch *b = context;
    const batch_plan *plan = b->plan;
    size_t index;

    (void)error;
    pthread_mutex_lock(&b->mutex);
    index = b->next;
    *taken = index < b->run_count;
    b->next += (size_t)*taken;
    pthread_mutex_unlock(&b->mutex);
    if (*taken)
        *task = (runner_task){ .index = index,
                               .scenario = plan->scenario,
                               .strategy = plan->strategies[index / plan->replications],
                               .replication = replication_of(plan, index),
                               .seed = plan->seed,
                               .checkpoint_every_ns = plan->checkpoint_every_ns,
                               .change = plan->change,
                               .origin = index == plan->done && plan->origin != NULL ? &plan->origin->run
                                                                                     : NULL,
                               .profile = index == plan->done ? plan->profile : NULL,
                               .ranks = plan->ranks };
    return SKY_OK;
}

static void stop(void *context)
{
    batch *b = context;

    pthread_mutex_lock(&b->mutex);
    b->stopped = 1;
    pthread_cond_broadcast(&b->turned);
    pthread_mutex_unlock(&b->mutex);
}

/* Runs, and waits for what they handed over to be written. The first error counts. */
static sky_status run_and_write(batch *b, const runner_work *work, sky_error *error)
{
    const batch_plan *plan = b->plan;
    sky_status status = SKY_OK, written = SKY_OK;
    sky_error unheard;

    if (plan->record != NULL)
        status = record_writer_new(plan->record, &b->writer, error);
    if (status != SKY_OK)
        return status;
    status = runner_run(work, b->run_count - plan->done, plan->threads, plan->show_progress, error);
    if (b->writer != NULL)
        written = record_writer_wait(b->writer, status == SKY_OK ? error : &unheard);
    record_writer_free(b->writer);
    return status == SKY_OK ? written : status;
}

sky_status batch_run(const batch_plan *plan, runner_result *results, sky_error *error)
{
    batch b = { .plan = plan,
                .results = results,
                .run_count = plan->strategy_count * plan->replications,
                .next = plan->done,
                .turn = plan->done };
    runner_work work = { .context = &b, .take = take_run, .end = take_end, .stop = stop };
    sky_status status;

    b.spools = calloc(b.run_count, sizeof *b.spools);
    if (b.spools == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for the list of runs");
        return SKY_ERROR_MEMORY;
    }
    if (plan->record != NULL) {
        work.rows = take_rows;
        work.checkpoint = take_checkpoint;
    }
    pthread_mutex_init(&b.mutex, NULL); /* glibc's never fail without attributes */
    pthread_cond_init(&b.turned, NULL);
    status = run_and_write(&b, &work, error);
    for (size_t i = 0; i < b.run_count; i++)
        empty_spool(&b.spools[i], NULL, error); /* there is something left only after an error */
    pthread_cond_destroy(&b.turned);
    pthread_mutex_destroy(&b.mutex);
    free(b.spools);
    return status;
}
