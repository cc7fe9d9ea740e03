#include "throughput.h"
#include "json_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEVICES 64
#define MAX_KINDS   512 /* a table of pairs is 2 MiB a device then */
#define MAX_WORKERS 100000
#define MAX_RATE    1e9

typedef struct reader {
    const char *path;
    sky_error *error;
    throughput_table *table;
    json_t *index; /* kind as the file writes it -> its number */
} reader;

/* "('LM (batch size 5)', 2)" */
static int parse_kind(const char *text, throughput_kind *kind)
{
    const char *quote = strrchr(text, '\'');
    char *end = NULL;
    unsigned long workers;

    if (strncmp(text, "('", 2) != 0 || quote <= text + 2 || strncmp(quote, "', ", 3) != 0 || quote[3] < '1' ||
        quote[3] > '9')
        return 0;
    workers = strtoul(quote + 3, &end, 10);
    if (strcmp(end, ")") != 0 || workers > MAX_WORKERS)
        return 0;
    kind->workers = (uint32_t)workers;
    kind->name = strndup(text + 2, (size_t)(quote - text - 2));
    return 1;
}

static sky_status add_kind(reader *r, const char *device, const char *text)
{
    throughput_table *t = r->table;

    if (json_object_get(r->index, text) != NULL)
        return SKY_OK;
    if (t->kind_count == MAX_KINDS)
        return json_file_fail(r->error, r->path, device, "more than 512 kinds of job", "fewer");
    if (!parse_kind(text, &t->kinds[t->kind_count]))
        return json_file_fail(r->error, r->path, device, text, "a kind of job, as \"('A3C', 1)\"");
    if (t->kinds[t->kind_count++].name == NULL ||
        json_object_set_new(r->index, text, json_integer(t->kind_count - 1)) != 0)
        return json_file_no_memory(r->error, r->path);
    return SKY_OK;
}

static sky_status add_device(reader *r, const char *name, json_t *jobs)
{
    throughput_table *t = r->table;
    sky_status status = SKY_OK;
    const char *kind;
    json_t *unused;

    if (t->device_count == MAX_DEVICES)
        return json_file_fail(r->error, r->path, name, "more than 64 devices", "fewer");
    if (!json_is_object(jobs))
        return json_file_fail_shown(r->error, r->path, name, jobs, "an object of kinds of job");
    t->devices[t->device_count] = strdup(name);
    if (t->devices[t->device_count++] == NULL)
        return json_file_no_memory(r->error, r->path);
    json_object_foreach(jobs, kind, unused)
    {
        if (status == SKY_OK)
            status = add_kind(r, name, kind);
    }
    return status;
}

static sky_status read_rate(reader *r, const char *key, const json_t *value, double *rate)
{
    *rate = json_number_value(value);
    if (!json_is_number(value) || !isfinite(*rate) || *rate < 0 || *rate > MAX_RATE)
        return json_file_fail_shown(r->error, r->path, key, value, "steps per second from 0 to 1e+09");
    return SKY_OK;
}

/* What `kind` does beside `other`: the file says it of both, we keep the first here; the other has its own row. */
static sky_status read_pair(reader *r, const char *key, const char *other, const json_t *value, double *rates)
{
    const json_t *number = json_object_get(r->index, other);
    double unused;
    sky_status status;

    if (number == NULL)
        return json_file_fail(r->error, r->path, key, other, "a kind of job that the table holds, or null");
    if (json_array_size(value) != 2)
        return json_file_fail_shown(r->error, r->path, key, value, "two rates for a pair");
    status = read_rate(r, key, json_array_get(value, 1), &unused);
    if (status == SKY_OK)
        status = read_rate(r, key, json_array_get(value, 0), &rates[json_integer_value(number)]);
    return status;
}

static sky_status read_job(reader *r, uint32_t device, const char *text, json_t *rates)
{
    throughput_table *t = r->table;
    size_t row = (size_t)device * t->kind_count + (size_t)json_integer_value(json_object_get(r->index, text));
    sky_status status = SKY_OK;
    char key[160];
    const char *other;
    json_t *value;

    snprintf(key, sizeof key, "%.40s.%.100s", t->devices[device], text);
    if (!json_is_object(rates) || json_object_get(rates, "null") == NULL)
        return json_file_fail_shown(r->error, r->path, key, rates,
                                    "an object with the rate alone as \"null\"");
    json_object_foreach(rates, other, value)
    {
        if (status != SKY_OK)
            break;
        status = strcmp(other, "null") == 0
                     ? read_rate(r, key, value, &t->alone[row])
                     : read_pair(r, key, other, value, &t->paired[row * t->kind_count]);
    }
    return status;
}

static sky_status make_rates(reader *r)
{
    throughput_table *t = r->table;
    size_t rows = (size_t)t->device_count * t->kind_count, pairs = rows * t->kind_count;

    t->alone = malloc((rows + 1) * sizeof *t->alone);
    t->paired = malloc((pairs + 1) * sizeof *t->paired);
    if (t->alone == NULL || t->paired == NULL)
        return json_file_no_memory(r->error, r->path);
    for (size_t i = 0; i < rows; i++)
        t->alone[i] = THROUGHPUT_UNKNOWN;
    for (size_t i = 0; i < pairs; i++)
        t->paired[i] = THROUGHPUT_UNKNOWN;
    return SKY_OK;
}

static sky_status read_names(reader *r, json_t *root)
{
    throughput_table *t = r->table;
    sky_status status = SKY_OK;
    const char *name;
    json_t *jobs;

    r->index = json_object();
    t->devices = calloc(MAX_DEVICES, sizeof *t->devices);
    t->kinds = calloc(MAX_KINDS, sizeof *t->kinds);
    if (r->index == NULL || t->devices == NULL || t->kinds == NULL)
        return json_file_no_memory(r->error, r->path);
    json_object_foreach(root, name, jobs)
    {
        if (status == SKY_OK)
            status = add_device(r, name, jobs);
    }
    if (status == SKY_OK && t->kind_count == 0)
        return json_file_fail(r->error, r->path, "devices", "no kind of job", "at least one");
    return status;
}

static sky_status read_rates(reader *r, json_t *root)
{
    sky_status status = make_rates(r);

    for (uint32_t d = 0; status == SKY_OK && d < r->table->device_count; d++) {
        const char *kind;
        json_t *rates;

        json_object_foreach(json_object_get(root, r->table->devices[d]), kind, rates)
        {
            if (status == SKY_OK)
                status = read_job(r, d, kind, rates);
        }
    }
    return status;
}

sky_status throughput_read(const char *path, throughput_table *table, sky_error *error)
{
    reader r = { .path = path, .error = error, .table = table };
    json_t *root = NULL;
    sky_status status;

    memset(table, 0, sizeof *table);
    status = json_file_load(path, &root, error);
    if (status == SKY_OK)
        status = read_names(&r, root);
    if (status == SKY_OK)
        status = read_rates(&r, root);
    json_decref(r.index);
    json_decref(root);
    if (status != SKY_OK)
        throughput_free(table);
    return status;
}

void throughput_free(throughput_table *table)
{
    for (uint32_t i = 0; i < table->device_count; i++)
        free(table->devices[i]);
    for (uint32_t i = 0; i < table->kind_count; i++)
        free(table->kinds[i].name);
    free(table->devices);
    free(table->kinds);
    free(table->alone);
    free(table->paired);
    memset(table, 0, sizeof *table);
}

uint32_t throughput_device(const throughput_table *table, const char *name)
{
    for (uint32_t i = 0; i < table->device_count; i++)
        if (strcmp(table->devices[i], name) == 0)
            return i;
    return THROUGHPUT_NONE;
}

uint32_t throughput_kind_of(const throughput_table *table, const char *name, uint32_t workers)
{
    for (uint32_t i = 0; i < table->kind_count; i++)
        if (table->kinds[i].workers == workers && strcmp(table->kinds[i].name, name) == 0)
            return i;
    return THROUGHPUT_NONE;
}

double throughput_alone(const throughput_table *table, uint32_t device, uint32_t kind)
{
    return table->alone[(size_t)device * table->kind_count + kind];
}

double throughput_paired(const throughput_table *table, uint32_t device, uint32_t kind, uint32_t other)
{
    return table->paired[((size_t)device * table->kind_count + kind) * table->kind_count + other];
}
