#include "sweep_work.h"

#include "record_scenario.h"
#include "runner.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A point some of whose runs are under way or to be taken. */
typedef struct open_point {
    struct open_point *next;
    size_t point;
    scenario scenario;
    size_t untaken, unfinished;
    size_t *untaken_of;    /* of each strategy */
    unsigned char *wanted; /* [strategy × replications + replication]: to be taken */
} open_point;

/* The record of one run, while it is written. */
typedef struct run_record {
    struct run_record *next;
    record *file;
    record_run *run;
} run_record;

typedef struct strategy_time {
    double wall_s;
    size_t runs;
} strategy_time;

typedef struct sweep_work {
    const sweep_work_plan *plan;
    pthread_mutex_t library; /* libconfig and HDF5 are used by one thread at a time */
    run_record *records;     /* open ones; under that mutex */
    pthread_mutex_t mutex;   /* over all below; taken before the other */
    pthread_cond_t loaded;
    open_point *points;
    strategy_time *times;
    int loading; /* points that are */
    int dealt_out;
} sweep_work;

/* ---- units ---------------------------------------------------------------------------------------------------- */

sweep_units sweep_units_of(const sweep *s, const uint32_t *order, size_t sharers)
{
    size_t runs = s->strategy_count * s->replications;
    size_t split = sharers > 1 && s->point_count < 4 * sharers ? runs : 1;

    return (sweep_units){
        .order = order, .count = s->point_count * split, .runs_each = runs / split, .units_a_point = split
    };
}

uint64_t sweep_unit_run(const sweep_units *u, size_t unit)
{
    return ((uint64_t)u->order[unit / u->units_a_point] * u->units_a_point + unit % u->units_a_point) *
           u->runs_each;
}

sky_status sweep_shard_next(void *context, size_t *unit, int *taken, sky_error *error)
{
    sweep_shard *s = context;

    (void)error;
    for (; s->next < s->unit_count; s->next++) {
        size_t turn = s->next % (2 * s->count);

        if ((turn < s->count ? turn : 2 * s->count - 1 - turn) == s->index)
            break;
    }
    *taken = s->next < s->unit_count;
    *unit = s->next;
    s->next += (size_t)*taken;
    return SKY_OK;
}

void sweep_run_path(const char *folder, uint64_t run, char path[SWEEP_WORK_PATH])
{
    snprintf(path, SWEEP_WORK_PATH, "%s/%08llu.h5", folder, (unsigned long long)run);
}

/* ---- points --------------------------------------------------------------------------------------------------- */

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory for a point of the sweep");
    return SKY_ERROR_MEMORY;
}

static void free_point(open_point *p)
{
    scenario_free(&p->scenario);
    free(p->untaken_of);
    free(p->wanted);
    free(p);
}

/* The mutex is held, and is still on return: other threads go on while the scenario is loaded. */
static sky_status load_point(sweep_work *w, size_t point, open_point **out, sky_error *error)
{
    const sweep *s = w->plan->sweep;
    open_point *p = calloc(1, sizeof *p);
    sky_status status;

    if (p != NULL) {
        p->untaken_of = calloc(s->strategy_count, sizeof *p->untaken_of);
        p->wanted = calloc(s->strategy_count, s->replications);
    }
    if (p == NULL || p->untaken_of == NULL || p->wanted == NULL) {
        if (p != NULL)
            free_point(p);
        return no_memory(error);
    }
    p->point = point;
    w->loading++;
    pthread_mutex_unlock(&w->mutex);
    pthread_mutex_lock(&w->library);
    status = sweep_load_point(s, point, &p->scenario, error);
    pthread_mutex_unlock(&w->library);
    pthread_mutex_lock(&w->mutex);
    w->loading--;
    pthread_cond_broadcast(&w->loaded);
    if (status != SKY_OK) {
        free_point(p);
        return status;
    }
    p->next = w->points;
    w->points = p;
    *out = p;
    return SKY_OK;
}

static int is_done(const sweep_work *w, uint64_t run)
{
    return w->plan->done[run / 8] >> run % 8 & 1;
}

/* Opens the point of a unit, or finds it open, and wants those of the unit's runs that are not done. */
static sky_status open_unit(sweep_work *w, size_t unit, sky_error *error)
{
    const sweep *s = w->plan->sweep;
    const sweep_units *u = w->plan->units;
    size_t runs = s->strategy_count * s->replications, to_do = 0;
    uint64_t first = sweep_unit_run(u, unit);
    open_point *p = w->points;
    sky_status status = SKY_OK;

    for (size_t i = 0; i < u->runs_each; i++)
        to_do += !is_done(w, first + i);
    if (to_do == 0)
        return SKY_OK;
    while (p != NULL && p->point != first / runs)
        p = p->next;
    if (p == NULL)
        status = load_point(w, first / runs, &p, error);
    for (size_t i = 0; i < u->runs_each && status == SKY_OK; i++) {
        size_t run = (size_t)(first % runs) + i;

        if (is_done(w, first + i))
            continue;
        p->wanted[run] = 1;
        p->untaken_of[run / s->replications]++;
        p->untaken++;
        p->unfinished++;
    }
    return status;
}

/* ---- runs ------------------------------------------------------------------------------------------------------- */

static double mean_s(const strategy_time *t)
{
    return t->runs > 0 ? t->wall_s / (double)t->runs : 0;
}

/* Of the strategies that are left, the one whose runs took longest so far: this decides the order, and no result. */
static void take_of_point(sweep_work *w, open_point *p, runner_task *task)
{
    const sweep *s = w->plan->sweep;
    size_t strategy = s->strategy_count, run;

    for (size_t i = 0; i < s->strategy_count; i++)
        if (p->untaken_of[i] > 0 &&
            (strategy == s->strategy_count || mean_s(&w->times[i]) > mean_s(&w->times[strategy])))
            strategy = i;
    run = strategy * s->replications;
    while (!p->wanted[run])
        run++;
    p->wanted[run] = 0;
    p->untaken_of[strategy]--;
    p->untaken--;
    *task = (runner_task){ .index = p->point * s->strategy_count * s->replications + run,
                           .scenario = &p->scenario,
                           .strategy = s->strategies[strategy],
                           .replication = (unsigned)(run % s->replications),
                           .seed = s->seed,
                           .place = p };
}

static open_point *find_untaken(const sweep_work *w)
{
    open_point *p = w->points;

    while (p != NULL && p->untaken == 0)
        p = p->next;
    return p;
}

static sky_status take_run(void *context, runner_task *task, int *taken, sky_error *error)
{
    sweep_work *w = context;
    sky_status status = SKY_OK;
    open_point *p;

    pthread_mutex_lock(&w->mutex);
    while ((p = find_untaken(w)) == NULL && status == SKY_OK && (!w->dealt_out || w->loading > 0)) {
        size_t unit = 0;
        int dealt = 0;

        if (w->dealt_out) { /* another thread's point will have runs to share */
            pthread_cond_wait(&w->loaded, &w->mutex);
            continue;
        }
        status = w->plan->dealer.next(w->plan->dealer.context, &unit, &dealt, error);
        w->dealt_out = !dealt;
        if (status == SKY_OK && dealt)
            status = open_unit(w, unit, error);
    }
    *taken = status == SKY_OK && p != NULL;
    if (*taken)
        take_of_point(w, p, task);
    pthread_mutex_unlock(&w->mutex);
    return status;
}

/* ---- records of runs ---------------------------------------------------------------------------------------------- */

/* The mutex of the libraries is held. */
static sky_status begin_record(sweep_work *w, runner_task *task, sky_error *error)
{
    const sweep *s = w->plan->sweep;
    run_record *r = calloc(1, sizeof *r);
    char path[SWEEP_WORK_PATH], command[256];
    sky_status status;

    if (r == NULL)
        return no_memory(error);
    sweep_run_path(w->plan->runs_folder, task->index, path);
    snprintf(command, sizeof command, "skytwin sweep %.200s, run %zu", s->name, task->index);
    status = record_of_scenario(path, command, task->scenario, &(record_plan){ .strategies = NULL }, NULL,
                                &r->file, error);
    if (status != SKY_OK) {
        free(r);
        return status;
    }
    r->next = w->records;
    w->records = r;
    task->output = r;
    return record_run_begin(r->file, task->strategy, task->replication, task->seed, &r->run, error);
}

static sky_status take_rows(void *context, runner_task *task, record_stream stream, void *rows, size_t count,
                            sky_error *error)
{
    sweep_work *w = context;
    sky_status status = SKY_OK;

    pthread_mutex_lock(&w->library);
    if (task->output == NULL)
        status = begin_record(w, task, error);
    if (status == SKY_OK)
        status = record_append(((run_record *)task->output)->run, stream, rows, count, error);
    pthread_mutex_unlock(&w->library);
    free(rows);
    return status;
}

static void forget_record(sweep_work *w, run_record *r)
{
    run_record **at = &w->records;

    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    free(r);
}

static void abandon_record(sweep_work *w)
{
    record_abandon(w->records->file, "the sweep was stopped");
    forget_record(w, w->records);
}

static sky_status end_record(sweep_work *w, runner_task *task, const runner_result *result, sky_error *error)
{
    sky_status status = SKY_OK;
    run_record *r;

    pthread_mutex_lock(&w->library);
    if (task->output == NULL)
        status = begin_record(w, task, error);
    r = task->output;
    if (status == SKY_OK)
        status = record_run_end(r->run, &result->summary, result->digest, error);
    if (status == SKY_OK) {
        status = record_finish(r->file, error);
        forget_record(w, r);
    }
    pthread_mutex_unlock(&w->library);
    return status;
}

static void close_point(sweep_work *w, open_point *p)
{
    open_point **at = &w->points;

    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    free_point(p);
}

static sky_status end_run(void *context, runner_task *task, const runner_result *result, sky_error *error)
{
    sweep_work *w = context;
    open_point *p = task->place;
    size_t strategy = (size_t)(task->index / w->plan->sweep->replications % w->plan->sweep->strategy_count);
    sweep_row row = { .run = task->index, .summary = result->summary };
    sky_status status;

    memcpy(row.digest, result->digest, sizeof row.digest);
    status = w->plan->runs_folder != NULL ? end_record(w, task, result, error) : SKY_OK;
    if (status != SKY_OK)
        return status;
    pthread_mutex_lock(&w->mutex);
    status = sweep_journal_append(w->plan->journal, &row, error);
    w->times[strategy].wall_s += result->wall_s;
    w->times[strategy].runs++;
    if (--p->unfinished == 0)
        close_point(w, p);
    pthread_mutex_unlock(&w->mutex);
    return status;
}

sky_status sweep_work_off(const sweep_work_plan *plan, sky_error *error)
{
    sweep_work w = { .plan = plan };
    runner_work work = { .context = &w, .take = take_run, .end = end_run };
    sky_status status;

    w.times = calloc(plan->sweep->strategy_count, sizeof *w.times);
    if (w.times == NULL)
        return no_memory(error);
    if (plan->runs_folder != NULL)
        work.rows = take_rows;
    pthread_mutex_init(&w.mutex, NULL); /* glibc's never fail without attributes */
    pthread_mutex_init(&w.library, NULL);
    pthread_cond_init(&w.loaded, NULL);
    status = runner_run(&work, plan->run_count, plan->threads, plan->show_progress, error);
    while (w.points != NULL) /* there are some only after an error */
        close_point(&w, w.points);
    while (w.records != NULL)
        abandon_record(&w);
    pthread_cond_destroy(&w.loaded);
    pthread_mutex_destroy(&w.library);
    pthread_mutex_destroy(&w.mutex);
    free(w.times);
    return status;
}
