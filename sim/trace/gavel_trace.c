/* Job traces of Gavel (Narayanan et al., OSDI 2020), a job a line, columns between tabs:
 *   job_type, command, working_directory, num_steps_arg, needs_data_dir, total_steps, scale_factor,
 *   priority_weight, SLO, arrival_time (s)
 * as parse_trace() in scheduler/utils.py of github.com/stanford-futuredata/gavel documents; older ones without
 * working_directory. Columns are counted from the end, where both versions agree. An SLO is the time
 * that a job may take, in seconds; 0 or less: any. */
#include "text.h"

#include <math.h>
#include <string.h>

#define COLUMNS     10
#define OLD_COLUMNS 9

/* From the end. */
enum { ARRIVAL = 1, SLO, WEIGHT, SCALE, STEPS };

static sky_status read_columns(text_file *t, char *const end[], trace_task *task)
{
    int64_t scale = 1;
    double weight = 0, slo = 0;
    sky_status status = text_integer(t, "total_steps", *(end - STEPS), 1, INT64_MAX, &task->steps);

    if (status == SKY_OK)
        status = text_integer(t, "scale_factor", *(end - SCALE), 1, 100000, &scale);
    if (status == SKY_OK)
        status = text_number(t, "priority_weight", *(end - WEIGHT), 0, 1e6, &weight);
    if (status == SKY_OK)
        status = text_number(t, "SLO", *(end - SLO), -1, 1e9, &slo);
    if (status == SKY_OK)
        status = text_seconds(t, "arrival_time", *(end - ARRIVAL), &task->submit_ns);
    task->tasks = (uint32_t)scale;
    task->weight_ppm = llround(weight * 1e6);
    task->slo_ns = slo > 0 ? llround(slo * 1e9) : 0;
    return status;
}

static sky_status read_job(text_file *t, trace_set *set, size_t number)
{
    char *field[TEXT_MAX_FIELDS], text[32];
    size_t fields = text_split_at(t, '\t', field);
    trace_task *task;
    sky_status status;

    if (fields != COLUMNS && fields != OLD_COLUMNS) {
        snprintf(text, sizeof text, "%zu", fields);
        return text_fail(t, "columns", text, "10 between tabs, or 9 without working_directory");
    }
    if (field[0][0] == '\0')
        return text_fail(t, "job_type", "", "a name");
    task = text_grow((void **)&set->tasks, &set->task_count, sizeof *task);
    if (task == NULL)
        return text_no_memory(t);
    task->run_ns = task->estimate_ns = SKY_NEVER_NS;
    task->accelerators = task->status = 1;
    task->mgpu = 1000;
    snprintf(text, sizeof text, "job-%zu", number);
    status = text_copy(t, text, &task->name);
    if (status == SKY_OK)
        status = text_copy(t, field[0], &task->kind);
    return status == SKY_OK ? read_columns(t, field + fields, task) : status;
}

static sky_status read_jobs(text_file *t, trace_set *set)
{
    size_t jobs = 0;
    sky_status status = SKY_OK;
    int more = 0;

    while (status == SKY_OK && (more = text_next(t)) > 0)
        status = read_job(t, set, jobs++);
    if (status == SKY_OK && more < 0)
        return SKY_ERROR_INPUT;
    return status == SKY_OK && jobs == 0 ? text_fail(t, "jobs", "none", "at least one") : status;
}

static sky_status read_gavel(const char *path, trace_set *set, sky_error *error)
{
    text_file t;
    size_t first = set->task_count;
    sky_status status = text_open(&t, path, error);

    if (status == SKY_OK)
        status = read_jobs(&t, set);
    text_close(&t);
    trace_tasks_from_zero(set, first);
    return status;
}

const trace_format trace_gavel = {
    .name = "gavel-trace",
    .about = "training jobs of Gavel's traces: job_type, command, …, arrival_time between tabs",
    .read = read_gavel,
};
