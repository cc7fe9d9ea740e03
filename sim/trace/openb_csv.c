/* Alibaba's openb trace, as the FGD simulator publishes it (Weng et al., "Beware of Fragmentation", ATC 2023;
 * github.com/hkust-adsl/kubernetes-scheduler-simulator, data/csv):
 *   nodes: sn,cpu_milli,memory_mib,gpu,model
 *   tasks: name,cpu_milli,memory_mib,num_gpu,gpu_milli[,gpu_spec,qos,pod_phase,creation_time,deletion_time,
 *          scheduled_time], times in seconds.
 * Columns stand in any order; others are passed over. Empty is "nan", too: some lists went through pandas. */
#include "text.h"

#include <string.h>

#define MAX_MCPU    INT64_C(1000000000)
#define MAX_MIB     INT64_C(1000000000)
#define MAX_DEVICES 100000
#define MAX_COLUMNS 10

typedef struct columns {
    const char *names[MAX_COLUMNS]; /* those that must be there first */
    size_t count, required;
} columns;

typedef struct table {
    text_file text;
    const columns *columns;
    size_t place[MAX_COLUMNS]; /* in the header */
    size_t fields;             /* of the header, and so of each row */
    char *field[TEXT_MAX_FIELDS];
} table;

enum { NODE_NAME, NODE_MCPU, NODE_MIB, NODE_DEVICES, NODE_MODEL };
static const columns node_columns = {
    .names = { "sn", "cpu_milli", "memory_mib", "gpu", "model" },
    .count = 5,
    .required = 5,
};

enum {
    TASK_NAME,
    TASK_MCPU,
    TASK_MIB,
    TASK_DEVICES,
    TASK_MGPU,
    TASK_MODELS,
    TASK_PHASE,
    TASK_CREATED,
    TASK_DELETED,
    TASK_SCHEDULED
};
static const columns task_columns = {
    .names = { "name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec", "pod_phase",
               "creation_time", "deletion_time", "scheduled_time" },
    .count = 10,
    .required = 5,
};

/* What the row says in a column; "" where it says nothing, or there is no such column. */
static const char *cell(const table *t, size_t column)
{
    const char *text = t->place[column] < t->fields ? t->field[t->place[column]] : "";

    return strcmp(text, "nan") == 0 ? "" : text;
}

static sky_status read_count(table *t, size_t column, int64_t most, int64_t *out)
{
    return text_integer(&t->text, t->columns->names[column], cell(t, column), 0, most, out);
}

static sky_status read_size(table *t, size_t column, int64_t *bytes)
{
    int64_t mib = 0;
    sky_status status = read_count(t, column, MAX_MIB, &mib);

    *bytes = mib << 20;
    return status;
}

static sky_status read_devices(table *t, size_t column, uint32_t *devices)
{
    int64_t count = 0;
    sky_status status = read_count(t, column, MAX_DEVICES, &count);

    *devices = (uint32_t)count;
    return status;
}

static sky_status read_name(table *t, size_t column, char **name)
{
    const char *text = cell(t, column);

    return *text != '\0' ? text_copy(&t->text, text, name)
                         : text_fail(&t->text, t->columns->names[column], text, "a name");
}

static sky_status read_node(table *t, trace_set *set)
{
    trace_node *node = text_grow((void **)&set->nodes, &set->node_count, sizeof *node);
    sky_status status = node != NULL ? read_name(t, NODE_NAME, &node->name) : text_no_memory(&t->text);

    if (status == SKY_OK)
        status = read_count(t, NODE_MCPU, MAX_MCPU, &node->mcpu);
    if (status == SKY_OK)
        status = read_size(t, NODE_MIB, &node->memory_bytes);
    if (status == SKY_OK)
        status = read_devices(t, NODE_DEVICES, &node->accelerators);
    if (status == SKY_OK && node->accelerators > 0)
        status = *cell(t, NODE_MODEL) != '\0' ? text_copy(&t->text, cell(t, NODE_MODEL), &node->accelerator)
                                              : text_fail(&t->text, "model", "", "the model of the GPUs");
    return status;
}

/* A share of one device, or whole devices. */
static sky_status read_mgpu(table *t, trace_task *task)
{
    int64_t mgpu = 0;
    sky_status status = read_count(t, TASK_MGPU, INT32_MAX, &mgpu);

    if (status != SKY_OK)
        return status;
    if (mgpu > 1000)
        mgpu = 1000;
    if (task->accelerators == 0 && mgpu != 0)
        return text_fail(&t->text, "gpu_milli", cell(t, TASK_MGPU), "0 where num_gpu is 0");
    if (task->accelerators == 1 && mgpu == 0)
        return text_fail(&t->text, "gpu_milli", cell(t, TASK_MGPU), "at least 1 where num_gpu is 1");
    if (task->accelerators > 1 && mgpu != 1000)
        return text_fail(&t->text, "gpu_milli", cell(t, TASK_MGPU), "1000 where num_gpu is above 1");
    task->mgpu = (uint32_t)mgpu;
    return SKY_OK;
}

/* Submission stays as the trace has it until the earliest is known. */
static sky_status read_times(table *t, trace_task *task)
{
    int64_t scheduled_ns = 0, deleted_ns = 0;
    sky_status status = SKY_OK;

    if (t->place[TASK_CREATED] < t->fields)
        status = text_seconds(&t->text, "creation_time", cell(t, TASK_CREATED), &task->submit_ns);
    if (status != SKY_OK || *cell(t, TASK_SCHEDULED) == '\0' || *cell(t, TASK_DELETED) == '\0')
        return status;
    status = text_seconds(&t->text, "scheduled_time", cell(t, TASK_SCHEDULED), &scheduled_ns);
    if (status == SKY_OK)
        status = text_seconds(&t->text, "deletion_time", cell(t, TASK_DELETED), &deleted_ns);
    if (status == SKY_OK && deleted_ns < scheduled_ns)
        return text_fail(&t->text, "deletion_time", cell(t, TASK_DELETED), "no earlier than scheduled_time");
    task->run_ns = deleted_ns - scheduled_ns;
    return status;
}

static sky_status read_task(table *t, trace_set *set)
{
    trace_task *task = text_grow((void **)&set->tasks, &set->task_count, sizeof *task);
    sky_status status;

    if (task == NULL)
        return text_no_memory(&t->text);
    task->tasks = 1;
    task->status = strcmp(cell(t, TASK_PHASE), "Failed") != 0;
    task->run_ns = task->estimate_ns = SKY_NEVER_NS;
    status = read_name(t, TASK_NAME, &task->name);
    if (status == SKY_OK)
        status = read_count(t, TASK_MCPU, MAX_MCPU, &task->mcpu);
    if (status == SKY_OK)
        status = read_size(t, TASK_MIB, &task->memory_bytes);
    if (status == SKY_OK)
        status = read_devices(t, TASK_DEVICES, &task->accelerators);
    if (status == SKY_OK)
        status = read_mgpu(t, task);
    if (status == SKY_OK)
        status = read_times(t, task);
    if (status == SKY_OK && *cell(t, TASK_MODELS) != '\0')
        status = text_copy(&t->text, cell(t, TASK_MODELS), &task->accelerator_models);
    return status;
}

static sky_status read_header(table *t)
{
    int more = text_next(&t->text);
    char expected[120] = "the columns";

    if (more < 0)
        return SKY_ERROR_INPUT;
    for (size_t i = 0; i < t->columns->required; i++) {
        strcat(expected, i == 0 ? " " : ",");
        strcat(expected, t->columns->names[i]);
    }
    if (more == 0)
        return text_fail(&t->text, "header", "an empty file", expected);
    t->fields = text_split(&t->text, t->field);
    for (size_t i = 0; i < t->columns->count; i++) {
        t->place[i] = text_column(t->field, t->fields, t->columns->names[i]);
        if (i < t->columns->required && t->place[i] == t->fields)
            return text_fail(&t->text, t->columns->names[i], "no such column", expected);
    }
    return SKY_OK;
}

static sky_status read_table(const char *path, const columns *expected, trace_set *set,
                             sky_status (*read_row)(table *, trace_set *), sky_error *error)
{
    table t = { .columns = expected };
    sky_status status = text_open(&t.text, path, error);
    size_t fields;
    int more = 0;

    if (status == SKY_OK)
        status = read_header(&t);
    while (status == SKY_OK && (more = text_next(&t.text)) > 0) {
        fields = text_split(&t.text, t.field);
        status = fields == t.fields
                     ? read_row(&t, set)
                     : text_fail(&t.text, "row", fields < t.fields ? "too few columns" : "too many columns",
                                 "as many as the header has");
    }
    text_close(&t.text);
    return status == SKY_OK && more < 0 ? SKY_ERROR_INPUT : status;
}

static sky_status read_nodes(const char *path, trace_set *set, sky_error *error)
{
    return read_table(path, &node_columns, set, read_node, error);
}

static sky_status read_tasks(const char *path, trace_set *set, sky_error *error)
{
    size_t first = set->task_count;
    sky_status status = read_table(path, &task_columns, set, read_task, error);

    trace_tasks_from_zero(set, first);
    return status;
}

const trace_format trace_openb_nodes = {
    .name = "openb-nodes",
    .about = "machines of Alibaba's openb trace: sn,cpu_milli,memory_mib,gpu,model",
    .read = read_nodes,
};

const trace_format trace_openb_tasks = {
    .name = "openb-tasks",
    .about = "tasks of Alibaba's openb trace: name,cpu_milli,memory_mib,num_gpu,gpu_milli[,gpu_spec,…]",
    .read = read_tasks,
};
