/* The Standard Workload Format, version 2.2, of the Parallel Workloads Archive
 * (Feitelson, cs.huji.ac.il/labs/parallel/workload/swf.html): 18 fields a job, -1 = unknown, and comments
 * behind ";", of which the first ones describe the machine.
 *
 * A job of N processors, requested or else allocated, becomes a gang of N tasks of one core. Memory is the used
 * one, or else the requested. Wait times aren't used: they are what the archive's own scheduler made of it.
 * Passed over: parts of a checkpointed job (status 2, 3, 4: the whole job has a line of its own), and jobs that
 * neither ran nor say how many processors they wanted. */
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS         18
#define MAX_PROCESSORS 10000000
#define MAX_KIB        1e12
#define MCPU           1000 /* of a processor */

enum {
    JOB_NUMBER,
    SUBMIT_TIME,
    RUN_TIME = 3,
    ALLOCATED_PROCESSORS,
    USED_MEMORY = 6,
    REQUESTED_PROCESSORS,
    REQUESTED_TIME,
    REQUESTED_MEMORY,
    STATUS,
    USER
};

static const char *const names[FIELDS] = {
    "job number",
    "submit time",
    "wait time",
    "run time",
    "allocated processors",
    "average CPU time",
    "used memory",
    "requested processors",
    "requested time",
    "requested memory",
    "status",
    "user",
    "group",
    "executable",
    "queue",
    "partition",
    "preceding job",
    "think time",
};

typedef struct reader {
    text_file text;
    char *field[TEXT_MAX_FIELDS];
    int64_t max_processors, max_nodes; /* of the header; 0: not told */
} reader;

static sky_status read_integer(reader *r, size_t field, int64_t most, int64_t *out)
{
    return text_integer(&r->text, names[field], r->field[field], -1, most, out);
}

/* Seconds, or `unknown`. */
static sky_status read_time(reader *r, size_t field, int64_t unknown, int64_t *out_ns)
{
    *out_ns = unknown;
    if (strcmp(r->field[field], "-1") == 0)
        return SKY_OK;
    return text_seconds(&r->text, names[field], r->field[field], out_ns);
}

/* Of each processor; 0 where neither field tells. */
static sky_status read_memory(reader *r, int64_t *bytes)
{
    double used = -1, requested = -1;
    sky_status status = text_number(&r->text, names[USED_MEMORY], r->field[USED_MEMORY], -1, MAX_KIB, &used);

    if (status == SKY_OK)
        status = text_number(&r->text, names[REQUESTED_MEMORY], r->field[REQUESTED_MEMORY], -1, MAX_KIB,
                             &requested);
    if (used < 0)
        used = requested;
    *bytes = used > 0 ? llround(used * 1024) : 0;
    return status;
}

/* 0: the job is to be passed over. */
static sky_status read_processors(reader *r, int64_t run_ns, uint32_t *processors)
{
    int64_t requested = -1, allocated = -1;
    sky_status status = read_integer(r, REQUESTED_PROCESSORS, MAX_PROCESSORS, &requested);

    if (status == SKY_OK)
        status = read_integer(r, ALLOCATED_PROCESSORS, MAX_PROCESSORS, &allocated);
    if (status != SKY_OK)
        return status;
    if (requested <= 0)
        requested = allocated;
    if (requested <= 0 && run_ns > 0)
        return text_fail(&r->text, names[ALLOCATED_PROCESSORS], r->field[ALLOCATED_PROCESSORS],
                         "at least 1 for a job that ran");
    *processors = requested > 0 ? (uint32_t)requested : 0;
    return SKY_OK;
}

static sky_status read_names(reader *r, trace_task *task)
{
    int64_t number = -1, user = -1;
    char name[32];
    sky_status status = read_integer(r, JOB_NUMBER, INT64_MAX, &number);

    if (status == SKY_OK)
        status = read_integer(r, USER, INT64_MAX, &user);
    if (status == SKY_OK)
        status = text_copy(&r->text, r->field[JOB_NUMBER], &task->name);
    if (status != SKY_OK || user < 0)
        return status;
    snprintf(name, sizeof name, "user-%lld", (long long)user);
    return text_copy(&r->text, name, &task->tenant);
}

/* A job's numbers, in `task`; those to be passed over have no `tasks`. */
static sky_status read_numbers(reader *r, trace_task *task)
{
    int64_t outcome = -1;
    sky_status status = text_seconds(&r->text, names[SUBMIT_TIME], r->field[SUBMIT_TIME], &task->submit_ns);

    if (status == SKY_OK)
        status = read_time(r, RUN_TIME, SKY_NEVER_NS, &task->run_ns);
    if (status == SKY_OK)
        status = read_time(r, REQUESTED_TIME, SKY_NEVER_NS, &task->estimate_ns);
    if (status == SKY_OK)
        status = read_memory(r, &task->memory_bytes);
    if (status == SKY_OK)
        status = read_integer(r, STATUS, 5, &outcome);
    if (status == SKY_OK)
        status = read_processors(r, task->run_ns == SKY_NEVER_NS ? 0 : task->run_ns, &task->tasks);
    if (outcome >= 2 && outcome <= 4)
        task->tasks = 0;
    task->status = outcome < 0 ? 1 : (uint32_t)outcome;
    task->mcpu = MCPU;
    return status;
}

static sky_status read_job(reader *r, trace_set *set)
{
    size_t fields = text_split_words(&r->text, r->field);
    trace_task numbers = { 0 }, *task;
    char found[32];
    sky_status status;

    if (fields != FIELDS) {
        snprintf(found, sizeof found, "%zu", fields);
        return text_fail(&r->text, "fields", found, "18");
    }
    status = read_numbers(r, &numbers);
    if (status != SKY_OK || numbers.tasks == 0)
        return status;
    task = text_grow((void **)&set->tasks, &set->task_count, sizeof *task);
    if (task == NULL)
        return text_no_memory(&r->text);
    *task = numbers;
    return read_names(r, task);
}

/* "; MaxProcs: 128 (or so)". Other comments are passed over; -1 and 0 tell nothing. */
static sky_status read_header(reader *r, const char *key, int64_t *out)
{
    const char *at = r->text.line + strspn(r->text.line, "; \t");
    char number[32];
    sky_status status;

    if (strncmp(at, key, strlen(key)) != 0 || at[strlen(key)] != ':')
        return SKY_OK;
    at += strlen(key) + 1;
    at += strspn(at, " \t");
    snprintf(number, sizeof number, "%.*s", (int)strcspn(at, " \t"), at);
    status = text_integer(&r->text, key, number, -1, MAX_PROCESSORS, out);
    if (*out < 0)
        *out = 0;
    return status;
}

static sky_status read_comment(reader *r)
{
    sky_status status = read_header(r, "MaxProcs", &r->max_processors);
    char found[32];

    if (status == SKY_OK)
        status = read_header(r, "MaxNodes", &r->max_nodes);
    if (status != SKY_OK || r->max_processors == 0 || r->max_nodes <= r->max_processors)
        return status;
    snprintf(found, sizeof found, "%lld", (long long)r->max_nodes);
    return text_fail(&r->text, "MaxNodes", found, "no more than MaxProcs");
}

/* All processors, spread evenly: the first nodes have one more where they don't divide. */
static sky_status add_nodes(reader *r, trace_set *set)
{
    int64_t processors = r->max_processors > 0 ? r->max_processors : r->max_nodes;
    int64_t nodes = r->max_nodes > 0 ? r->max_nodes : processors;

    for (int64_t i = 0; i < nodes; i++) {
        trace_node *node = text_grow((void **)&set->nodes, &set->node_count, sizeof *node);
        char name[32];
        sky_status status;

        snprintf(name, sizeof name, "node-%lld", (long long)i + 1);
        status = node != NULL ? text_copy(&r->text, name, &node->name) : text_no_memory(&r->text);
        if (status != SKY_OK)
            return status;
        node->mcpu = (processors / nodes + (i < processors % nodes)) * MCPU;
    }
    return SKY_OK;
}

static sky_status read_lines(reader *r, trace_set *set)
{
    size_t jobs = 0;
    sky_status status = SKY_OK;
    int more = 0;

    while (status == SKY_OK && (more = text_next(&r->text)) > 0) {
        int comment = r->text.line[strspn(r->text.line, " \t")] == ';';

        status = comment ? read_comment(r) : read_job(r, set);
        jobs += !comment;
    }
    if (status == SKY_OK && more < 0)
        return SKY_ERROR_INPUT;
    if (status == SKY_OK && jobs == 0)
        return text_fail(&r->text, "jobs", "none", "at least one");
    return status == SKY_OK ? add_nodes(r, set) : status;
}

static sky_status read_swf(const char *path, trace_set *set, sky_error *error)
{
    reader r = { 0 };
    size_t first = set->task_count;
    sky_status status = text_open(&r.text, path, error);

    if (status == SKY_OK)
        status = read_lines(&r, set);
    text_close(&r.text);
    trace_tasks_from_zero(set, first);
    return status;
}

const trace_format trace_swf = {
    .name = "swf",
    .about = "Standard Workload Format 2.2 of the Parallel Workloads Archive: gangs of one-core tasks",
    .read = read_swf,
};
