/* arrival_time,length,cpus: a job a row; other columns are passed over. */
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_submission(const void *a, const void *b)
{
    const trace_job *x = a, *y = b;

    if (x->submit_ns != y->submit_ns)
        return x->submit_ns < y->submit_ns ? -1 : 1;
    return x->reserved < y->reserved ? -1
                                     : x->reserved > y->reserved; /* the row's number: ties in file order */
}

static sky_status read_row(text_file *t, trace_set *set, char *field[], size_t fields, const size_t column[3],
                           double ns_per_unit)
{
    double value[3] = { 0, 0, 1 };
    static const char *const name[3] = { "arrival_time", "length", "cpus" };
    static const double least[3] = { 0, 0, 0 };
    trace_job *job;
    double most = 4e18 / ns_per_unit;

    for (int i = 0; i < 3; i++) {
        sky_status status;

        if (column[i] == SIZE_MAX)
            continue;
        if (column[i] >= fields)
            return text_fail(t, name[i], "nothing", "as many columns as the header has");
        status = text_number(t, name[i], field[column[i]], least[i], i == 2 ? 1e6 : most, &value[i]);
        if (status != SKY_OK)
            return status;
    }
    if (value[1] <= 0)
        return text_fail(t, "length", field[column[1]], "a length above 0");
    job = text_grow((void **)&set->jobs, &set->job_count, sizeof *job);
    if (job == NULL)
        return SKY_ERROR_MEMORY;
    *job = (trace_job){ .submit_ns = llround(value[0] * ns_per_unit),
                        .work_ns = llround(value[1] * ns_per_unit),
                        .cpus_mcpu = llround(value[2] * 1000),
                        .reserved = (int64_t)set->job_count };
    if (job->work_ns < 1)
        job->work_ns = 1;
    return SKY_OK;
}

static sky_status read_job_rows(text_file *t, trace_set *set, double ns_per_unit)
{
    char *field[TEXT_MAX_FIELDS];
    size_t fields, column[3];
    int more = text_next(t);
    sky_status status = SKY_OK;

    if (more <= 0)
        return more < 0 ? SKY_ERROR_INPUT
                        : text_fail(t, "header", "an empty file", "arrival_time,length,cpus");
    fields = text_split(t, field);
    column[0] = text_column(field, fields, "arrival_time");
    column[1] = text_column(field, fields, "length");
    column[2] = text_column(field, fields, "cpus");
    if (column[0] == fields || column[1] == fields)
        return text_fail(t, "header", field[0], "columns arrival_time and length (and cpus)");
    if (column[2] == fields)
        column[2] = SIZE_MAX;
    while (status == SKY_OK && (more = text_next(t)) > 0) {
        fields = text_split(t, field);
        status = read_row(t, set, field, fields, column, ns_per_unit);
    }
    if (status == SKY_OK && more < 0)
        status = SKY_ERROR_INPUT;
    if (status == SKY_OK && set->job_count > 0)
        qsort(set->jobs, set->job_count, sizeof *set->jobs, by_submission);
    return status;
}

static sky_status read_jobs(const char *path, trace_set *set, double ns_per_unit, sky_error *error)
{
    text_file t;
    sky_status status = text_open(&t, path, error);

    if (status != SKY_OK)
        return status;
    status = read_job_rows(&t, set, ns_per_unit);
    if (status == SKY_ERROR_MEMORY)
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", path);
    text_close(&t);
    return status;
}

static sky_status read_hours(const char *path, trace_set *set, sky_error *error)
{
    return read_jobs(path, set, 3600e9, error);
}

static sky_status read_seconds(const char *path, trace_set *set, sky_error *error)
{
    return read_jobs(path, set, 1e9, error);
}

const trace_format trace_job_csv = {
    .name = "job-csv",
    .about = "batch jobs: arrival_time,length,cpus, times in hours",
    .read = read_hours,
};

const trace_format trace_job_csv_seconds = {
    .name = "job-csv-seconds",
    .about = "batch jobs: arrival_time,length,cpus, times in seconds",
    .read = read_seconds,
};
