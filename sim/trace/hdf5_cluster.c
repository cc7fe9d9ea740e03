/* Nodes and tasks in the internal form. Rows are of fixed size: a text is its place in /texts, where each text
 * stands once, with a 0 behind it; -1 is no text. */
#include "hdf5_rows.h"
#include "text.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TIME     (INT64_MAX / 4)
#define MAX_TEXT     ((int64_t)4 << 30) /* bytes of all texts of a file, each counted as often as it is used */
#define MAX_DEVICES  100000
#define NO_TEXT      (-1)
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

typedef struct node_row {
    int64_t name, accelerator, labels, taints, mcpu, memory_bytes, disk_bytes, accelerators;
} node_row;

typedef struct task_row {
    int64_t name, tenant, accelerator_models, kind, labels, tolerations, own_labels, affinity, preferences,
        company, submit_ns, run_ns, estimate_ns, mcpu, memory_bytes, disk_bytes, priority, steps, weight_ppm,
        slo_ns, accelerators, mgpu, tasks, status;
} task_row;

/* In the order of the row's members, all int64. */
static const char *const node_names[] = { "name", "accelerator",  "labels",     "taints",
                                          "mcpu", "memory_bytes", "disk_bytes", "accelerators" };
static const char *const task_names[] = {
    "name",        "tenant",   "accelerator_models", "kind",       "labels",    "tolerations",
    "own_labels",  "affinity", "preferences",        "company",    "submit_ns", "run_ns",
    "estimate_ns", "mcpu",     "memory_bytes",       "disk_bytes", "priority",  "steps",
    "weight_ppm",  "slo_ns",   "accelerators",       "mgpu",       "tasks",     "status"
};
_Static_assert(sizeof(node_row) == COUNT(node_names) * sizeof(int64_t), "a name a member");
_Static_assert(sizeof(task_row) == COUNT(task_names) * sizeof(int64_t), "a name a member");

static const char units[] = "_ns: nanoseconds, times from the first submission, 2^63 - 1 = not told; mcpu: "
                            "thousandths of a core; _bytes: bytes; mgpu: thousandths of a device; texts: "
                            "places in /texts, -1 = not told";

static hid_t row_type(const char *const names[], size_t count)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, count * sizeof(int64_t));

    for (size_t i = 0; i < count; i++)
        H5Tinsert(type, names[i], i * sizeof(int64_t), H5T_STD_I64LE);
    return type;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

typedef struct text_pool {
    char *bytes;
    size_t used, capacity;
    size_t *slots; /* hash table: place + 1, or 0; a power of two, at most half full */
    size_t slot_count, count;
    int failed; /* out of memory */
} text_pool;

static size_t hash_of(const char *text) /* FNV-1a */
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return (size_t)(hash ^ (hash >> 32));
}

static size_t *slot_of(const text_pool *p, const char *text)
{
    size_t at = hash_of(text) & (p->slot_count - 1);

    while (p->slots[at] != 0 && strcmp(p->bytes + p->slots[at] - 1, text) != 0)
        at = (at + 1) & (p->slot_count - 1);
    return &p->slots[at];
}

static int grow_slots(text_pool *p)
{
    text_pool larger = *p;

    larger.slot_count = p->slot_count > 0 ? 2 * p->slot_count : 64;
    larger.slots = calloc(larger.slot_count, sizeof *larger.slots);
    if (larger.slots == NULL)
        return 0;
    for (size_t i = 0; i < p->slot_count; i++)
        if (p->slots[i] != 0)
            *slot_of(&larger, p->bytes + p->slots[i] - 1) = p->slots[i];
    free(p->slots);
    *p = larger;
    return 1;
}

static int grow_bytes(text_pool *p, size_t more)
{
    size_t capacity = p->capacity > 0 ? p->capacity : 4096;
    char *bytes;

    while (capacity < p->used + more)
        capacity *= 2;
    bytes = capacity > p->capacity ? realloc(p->bytes, capacity) : p->bytes;
    if (bytes == NULL)
        return 0;
    p->bytes = bytes;
    p->capacity = capacity;
    return 1;
}

/* The text's place. */
static int64_t put_text(text_pool *p, const char *text)
{
    size_t size, *slot;

    if (text == NULL || p->failed)
        return NO_TEXT;
    size = strlen(text) + 1;
    p->failed = (2 * p->count >= p->slot_count && !grow_slots(p)) || !grow_bytes(p, size);
    if (p->failed)
        return NO_TEXT;
    slot = slot_of(p, text);
    if (*slot == 0) {
        memcpy(p->bytes + p->used, text, size);
        *slot = p->used + 1;
        p->used += size;
        p->count++;
    }
    return (int64_t)*slot - 1;
}

static node_row row_of_node(text_pool *p, const trace_node *n)
{
    return (node_row){
        .name = put_text(p, n->name),
        .accelerator = put_text(p, n->accelerator),
        .labels = put_text(p, n->labels),
        .taints = put_text(p, n->taints),
        .mcpu = n->mcpu,
        .memory_bytes = n->memory_bytes,
        .disk_bytes = n->disk_bytes,
        .accelerators = n->accelerators,
    };
}

static task_row row_of_task(text_pool *p, const trace_task *t)
{
    return (task_row){
        .name = put_text(p, t->name),
        .tenant = put_text(p, t->tenant),
        .accelerator_models = put_text(p, t->accelerator_models),
        .kind = put_text(p, t->kind),
        .labels = put_text(p, t->labels),
        .tolerations = put_text(p, t->tolerations),
        .own_labels = put_text(p, t->own_labels),
        .affinity = put_text(p, t->affinity),
        .preferences = put_text(p, t->preferences),
        .company = put_text(p, t->company),
        .submit_ns = t->submit_ns,
        .run_ns = t->run_ns,
        .estimate_ns = t->estimate_ns,
        .mcpu = t->mcpu,
        .memory_bytes = t->memory_bytes,
        .disk_bytes = t->disk_bytes,
        .priority = t->priority,
        .steps = t->steps,
        .weight_ppm = t->weight_ppm,
        .slo_ns = t->slo_ns,
        .accelerators = t->accelerators,
        .mgpu = t->mgpu,
        .tasks = t->tasks,
        .status = t->status,
    };
}

static int write_table(hid_t file, const char *name, const char *const names[], size_t columns,
                       const void *rows, size_t count)
{
    hid_t type = row_type(names, columns), set = -1;
    int ok = rows_write(file, name, type, rows, count);

    if (ok)
        set = H5Dopen2(file, name, H5P_DEFAULT);
    ok = set >= 0 && rows_write_text(set, "units", units);
    if (set >= 0)
        ok = H5Dclose(set) >= 0 && ok;
    H5Tclose(type);
    return ok;
}

static int write_nodes(hid_t file, text_pool *p, const trace_set *set)
{
    node_row *rows = malloc((set->node_count + 1) * sizeof *rows);
    int ok;

    for (size_t i = 0; rows != NULL && i < set->node_count; i++)
        rows[i] = row_of_node(p, &set->nodes[i]);
    ok = rows != NULL && !p->failed &&
         write_table(file, "nodes", node_names, COUNT(node_names), rows, set->node_count);
    free(rows);
    return ok;
}

static int write_tasks(hid_t file, text_pool *p, const trace_set *set)
{
    task_row *rows = malloc((set->task_count + 1) * sizeof *rows);
    int ok;

    for (size_t i = 0; rows != NULL && i < set->task_count; i++)
        rows[i] = row_of_task(p, &set->tasks[i]);
    ok = rows != NULL && !p->failed &&
         write_table(file, "tasks", task_names, COUNT(task_names), rows, set->task_count);
    free(rows);
    return ok;
}

int cluster_write(hid_t file, const trace_set *set)
{
    text_pool p = { 0 };
    int ok = write_nodes(file, &p, set) && write_tasks(file, &p, set) &&
             rows_write(file, "texts", H5T_STD_U8LE, p.bytes, p.used);

    free(p.bytes);
    free(p.slots);
    return ok;
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

typedef struct text_source {
    char *bytes; /* the last is 0 */
    size_t size;
    int64_t left; /* of MAX_TEXT: a small file can't ask for all memory */
} text_source;

static int get_text(text_source *s, int64_t place, char **text)
{
    if (place == NO_TEXT)
        return 1;
    if (place < 0 || (size_t)place >= s->size)
        return 0;
    s->left -= (int64_t)strlen(s->bytes + place) + 1;
    *text = s->left >= 0 ? strdup(s->bytes + place) : NULL;
    return *text != NULL;
}

static int node_of_row(text_source *s, const node_row *row, trace_node *n)
{
    if (row->mcpu < 0 || row->memory_bytes < 0 || row->disk_bytes < 0 || row->accelerators < 0 ||
        row->accelerators > MAX_DEVICES)
        return 0;
    n->mcpu = row->mcpu;
    n->memory_bytes = row->memory_bytes;
    n->disk_bytes = row->disk_bytes;
    n->accelerators = (uint32_t)row->accelerators;
    return get_text(s, row->name, &n->name) && n->name != NULL &&
           get_text(s, row->accelerator, &n->accelerator) && get_text(s, row->labels, &n->labels) &&
           get_text(s, row->taints, &n->taints) && (n->accelerators > 0) == (n->accelerator != NULL);
}

static int is_length(int64_t ns)
{
    return ns == SKY_NEVER_NS || (ns >= 0 && ns <= MAX_TIME);
}

static int is_share(int64_t devices, int64_t mgpu)
{
    if (devices == 0)
        return mgpu == 0;
    return devices == 1 ? mgpu >= 1 && mgpu <= 1000 : devices > 1 && devices <= MAX_DEVICES && mgpu == 1000;
}

static int task_is_sane(const task_row *row)
{
    return row->submit_ns >= 0 && row->submit_ns <= MAX_TIME && is_length(row->run_ns) &&
           is_length(row->estimate_ns) && row->mcpu >= 0 && row->memory_bytes >= 0 && row->disk_bytes >= 0 &&
           row->steps >= 0 && row->weight_ppm >= 0 && row->slo_ns >= 0 && row->slo_ns <= MAX_TIME &&
           is_share(row->accelerators, row->mgpu) && row->tasks >= 1 && row->tasks <= INT32_MAX &&
           row->status >= 0 && row->status <= 5;
}

static int task_of_row(text_source *s, const task_row *row, trace_task *t)
{
    if (!task_is_sane(row))
        return 0;
    *t = (trace_task){
        .submit_ns = row->submit_ns,
        .run_ns = row->run_ns,
        .estimate_ns = row->estimate_ns,
        .mcpu = row->mcpu,
        .memory_bytes = row->memory_bytes,
        .disk_bytes = row->disk_bytes,
        .priority = row->priority,
        .steps = row->steps,
        .weight_ppm = row->weight_ppm,
        .slo_ns = row->slo_ns,
        .accelerators = (uint32_t)row->accelerators,
        .mgpu = (uint32_t)row->mgpu,
        .tasks = (uint32_t)row->tasks,
        .status = (uint32_t)row->status,
    };
    return get_text(s, row->name, &t->name) && t->name != NULL && get_text(s, row->tenant, &t->tenant) &&
           get_text(s, row->accelerator_models, &t->accelerator_models) && get_text(s, row->kind, &t->kind) &&
           get_text(s, row->labels, &t->labels) && get_text(s, row->tolerations, &t->tolerations) &&
           get_text(s, row->own_labels, &t->own_labels) && get_text(s, row->affinity, &t->affinity) &&
           get_text(s, row->preferences, &t->preferences) && get_text(s, row->company, &t->company);
}

static int read_table(hid_t file, const char *name, const char *const names[], size_t columns, void **rows,
                      size_t *count)
{
    hid_t type = row_type(names, columns);
    int ok = rows_read(file, name, type, columns * sizeof(int64_t), rows, count);

    H5Tclose(type);
    return ok;
}

static int read_nodes(hid_t file, text_source *s, trace_set *set)
{
    node_row *rows = NULL;
    size_t count = 0;
    int ok = read_table(file, "nodes", node_names, COUNT(node_names), (void **)&rows, &count);

    for (size_t i = 0; ok && i < count; i++) {
        trace_node *node = text_grow((void **)&set->nodes, &set->node_count, sizeof *node);

        ok = node != NULL && node_of_row(s, &rows[i], node);
    }
    free(rows);
    return ok;
}

static int read_tasks(hid_t file, text_source *s, trace_set *set)
{
    task_row *rows = NULL;
    size_t count = 0;
    int ok = read_table(file, "tasks", task_names, COUNT(task_names), (void **)&rows, &count);

    for (size_t i = 0; ok && i < count; i++) {
        trace_task *task = text_grow((void **)&set->tasks, &set->task_count, sizeof *task);

        ok = task != NULL && task_of_row(s, &rows[i], task);
    }
    free(rows);
    return ok;
}

int cluster_read(hid_t file, trace_set *set)
{
    text_source s = { .left = MAX_TEXT };
    int ok = rows_read(file, "texts", H5T_STD_U8LE, 1, (void **)&s.bytes, &s.size) &&
             (s.size == 0 || s.bytes[s.size - 1] == '\0') && read_nodes(file, &s, set) &&
             read_tasks(file, &s, set);

    free(s.bytes);
    return ok;
}
