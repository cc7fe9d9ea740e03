#include "runner.h"

#include "../../solver/glpk.h"

#include "interrupt.h"
#include "progress.h"

#include <malloc.h>
#include <omp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define PROFILE_SPAN_LEAST_NS 2000 /* shorter stretches would fill a trace that nobody can look at */

typedef struct runner {
    const runner_work *work;
    progress progress;
    atomic_int failed;     /* runs ask it at every control interval, without the mutex */
    int threads_each;      /* of a run */
    pthread_mutex_t mutex; /* over what is below */
    sky_status status;
    sky_error error;
} runner;

/* One run under way: what its callbacks see. */
typedef struct run_under_way {
    runner *runner;
    runner_task *task;
    record_digest *digest;
    int64_t parts; /* of its progress, told so far */
} run_under_way;

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
    pthread_mutex_unlock(&r->mutex);
    if (r->work->stop != NULL)
        r->work->stop(r->work->context);
}

/* ---- one run -------------------------------------------------------------------------------------------------- */

static sky_status take_block(void *context, record_stream stream, void *rows, size_t count, sky_error *error)
{
    run_under_way *run = context;
    const runner_work *work = run->runner->work;

    record_digest_add(run->digest, stream, rows, count * record_row_bytes(stream));
    if (work->rows == NULL || stream == RECORD_SUMMARY) {
        free(rows);
        return SKY_OK;
    }
    return work->rows(work->context, run->task, stream, rows, count, error);
}

static sky_status take_checkpoint(void *context, int64_t now_ns, const void *bytes, size_t size,
                                  sky_error *error)
{
    run_under_way *run = context;
    const runner_work *work = run->runner->work;

    return work->checkpoint(work->context, run->task, now_ns, bytes, size, error);
}

static void take_progress(void *context, int64_t now_ns, int64_t end_ns)
{
    run_under_way *run = context;
    int64_t parts = end_ns > 0 ? (int64_t)((double)now_ns / (double)end_ns * PROGRESS_WHOLE) : 0;

    progress_add(&run->runner->progress, parts - run->parts);
    run->parts = parts;
}

static int should_stop(void *context)
{
    const run_under_way *run = context;

    return interrupt_requested() || atomic_load_explicit(&run->runner->failed, memory_order_relaxed);
}

static sky_status run_one(run_under_way *run, sky_error *error)
{
    const runner_task *task = run->task;
    const scenario *s = task->scenario;
    twin_options options = { .strategy = task->strategy,
                             .replication = task->replication,
                             .seed = task->seed,
                             .restart_at_ns = SKY_NEVER_NS,
                             .checkpoint_every_ns = task->checkpoint_every_ns,
                             .change = task->change,
                             .solver = &solver_glpk,
                             .threads = run->runner->threads_each,
                             .ranks = task->ranks };
    twin_output output = {
        .context = run, .blocks = take_block, .stop = should_stop, .profile = task->profile
    };
    runner_result result = { .strategy = task->strategy,
                             .replication = task->replication,
                             .seed = task->seed,
                             .window = s->window_label[task->replication % s->window_count] };
    double start_s = progress_clock_s();
    sky_status status;

    if (output.profile != NULL)
        profile_begin(output.profile, 0, PROFILE_SPAN_LEAST_NS);
    if (run->runner->progress.enabled)
        output.progress = take_progress;
    if (run->runner->work->checkpoint != NULL)
        output.checkpoint = take_checkpoint;
    record_digest_reset(run->digest);
    if (task->origin != NULL) {
        options.checkpoint = task->origin->checkpoint;
        options.checkpoint_bytes = task->origin->checkpoint_bytes;
        record_digest_copy(run->digest, task->origin->digest);
    }
    status = twin_run(s, &options, &output, &result.summary, error);
    result.wall_s = progress_clock_s() - start_s;
    if (output.profile != NULL)
        profile_end(output.profile);
    record_digest_text(run->digest, result.digest);
    if (status == SKY_OK)
        status = run->runner->work->end(run->runner->work->context, run->task, &result, error);
    if (status == SKY_OK)
        progress_add(&run->runner->progress, PROGRESS_WHOLE - run->parts);
    return status;
}

/* ---- the team ------------------------------------------------------------------------------------------------- */

static sky_status take(runner *r, runner_task *task, int *taken, sky_error *error)
{
    *taken = 0;
    if (atomic_load_explicit(&r->failed, memory_order_relaxed))
        return SKY_OK;
    if (interrupt_requested()) {
        snprintf(error->message, sizeof error->message, "interrupted");
        return SKY_ERROR_STOPPED;
    }
    return r->work->take(r->work->context, task, taken, error);
}

static void work_off(runner *r)
{
    record_digest *digest = record_digest_new();
    sky_status status = SKY_OK;
    sky_error error = { "" };
    int taken = 1;

    if (digest == NULL)
        status = no_memory("a digest", &error);
    while (status == SKY_OK && taken) {
        runner_task task = { .index = 0 };
        run_under_way run = { .runner = r, .task = &task, .digest = digest };

        status = take(r, &task, &taken, &error);
        if (status == SKY_OK && taken)
            status = run_one(&run, &error);
    }
    if (status != SKY_OK)
        fail(r, status, &error);
    record_digest_free(digest);
}

/* A run asks for the megabytes that the run before it gave back: the system would clear them anew each time. */
static void keep_memory(void)
{
    mallopt(M_MMAP_THRESHOLD,
            4 << 20); /* a block of the record and more; larger arrays grow without a copy */
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

sky_status runner_run(const runner_work *work, size_t run_count, int threads, int show_progress,
                      sky_error *error)
{
    runner r = { .work = work };
    int team;

    if (threads <= 0)
        threads = omp_get_max_threads();
    team = (size_t)threads <= run_count ? threads : run_count > 0 ? (int)run_count : 1;
    r.threads_each = threads / team;
    keep_memory();
    pthread_mutex_init(&r.mutex, NULL); /* glibc's never fails without attributes */
    progress_start(&r.progress, run_count, show_progress);
#pragma omp parallel num_threads(team)
    work_off(&r);
    progress_end(&r.progress);
    pthread_mutex_destroy(&r.mutex);
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
