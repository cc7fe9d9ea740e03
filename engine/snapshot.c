/* Snapshot and restore. The state is scalars and arrays without pointers, so a snapshot is a header, the
 * scalars, each array's count and bytes, and a checksum over all of it. */
#include "engine.h"

#include "cluster/backlog.h"
#include "cluster/facts.h"
#include "model/check.h"
#include "scaling/scaling.h"
#include "serving/serving.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_VERSION 11u
#define SNAPSHOT_NAME    48
#define SNAPSHOT_ARRAYS  64

typedef struct snapshot_header {
    char magic[8]; /* "SKYENGIN" */
    uint32_t version;
    uint32_t arrays;
    uint64_t size; /* of everything, checksum included */
    char strategy[SNAPSHOT_NAME];
    char queue[SNAPSHOT_NAME];
    char scaling[SNAPSHOT_NAME];
    char serving[SNAPSHOT_NAME];
    uint32_t item_size[SNAPSHOT_ARRAYS]; /* a snapshot of another layout is refused */
} snapshot_header;

_Static_assert(MODEL_ARRAY_COUNT <= SNAPSHOT_ARRAYS, "item_size has room");
_Static_assert(sizeof(snapshot_header) == 8 + 8 + 8 + 4 * SNAPSHOT_NAME + 4 * SNAPSHOT_ARRAYS, "no padding");

/* FNV-1a over 64-bit words with a final mix; guards against accidents, not against an adversary. */
static uint64_t checksum(const unsigned char *bytes, size_t size)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < size; i += 8) {
        uint64_t word = 0;

        memcpy(&word, bytes + i, size - i < 8 ? size - i : 8);
        hash = (hash ^ word) * UINT64_C(0x100000001b3);
        hash ^= hash >> 29;
    }
    return hash;
}

static void fill_header(snapshot_header *h, const sky_engine *engine, size_t size)
{
    memset(h, 0, sizeof *h);
    memcpy(h->magic, "SKYENGIN", 8);
    h->version = SNAPSHOT_VERSION;
    h->arrays = MODEL_ARRAY_COUNT;
    h->size = size;
    snprintf(h->strategy, sizeof h->strategy, "%s", engine->strategy->info.name);
    snprintf(h->queue, sizeof h->queue, "%s", queue_discipline_about(engine->discipline)->name);
    snprintf(h->scaling, sizeof h->scaling, "%s", engine->scaling->info.name);
    snprintf(h->serving, sizeof h->serving, "%s", engine->serving->info.name);
    for (int id = 0; id < MODEL_ARRAY_COUNT; id++)
        h->item_size[id] = (uint32_t)model_item_size((model_array_id)id);
}

static sky_status write_snapshot(const sky_engine *engine, const model_array *arrays, unsigned char **bytes,
                                 size_t *size)
{
    const model *m = &engine->model;
    size_t total = sizeof(snapshot_header) + sizeof m->is + sizeof(uint64_t);
    snapshot_header header;
    unsigned char *out, *at;
    uint64_t sum;

    for (int id = 0; id < MODEL_ARRAY_COUNT; id++)
        total += sizeof(uint64_t) + arrays[id].count * model_item_size((model_array_id)id);
    out = malloc(total);
    if (out == NULL)
        return SKY_ERROR_MEMORY;
    fill_header(&header, engine, total);
    memcpy(out, &header, sizeof header);
    at = out + sizeof header;
    memcpy(at, &m->is, sizeof m->is);
    at += sizeof m->is;
    for (int id = 0; id < MODEL_ARRAY_COUNT; id++) {
        uint64_t count = arrays[id].count;
        size_t length = count * model_item_size((model_array_id)id);

        memcpy(at, &count, sizeof count);
        if (length > 0)
            memcpy(at + sizeof count, arrays[id].items, length);
        at += sizeof count + length;
    }
    sum = checksum(out, (size_t)(at - out));
    memcpy(at, &sum, sizeof sum);
    *bytes = out;
    *size = total;
    return SKY_OK;
}

sky_status sky_engine_snapshot(const sky_engine *engine, unsigned char **bytes, size_t *size,
                               sky_error *error)
{
    model_array arrays[MODEL_ARRAY_COUNT], *tenants = &arrays[MODEL_TENANTS],
                                           *promises = &arrays[MODEL_PROMISES];
    sky_status status;

    memcpy(arrays, engine->model.array, sizeof arrays);
    status = backlog_save(engine, tenants, promises);
    if (status == SKY_OK)
        status = write_snapshot(engine, arrays, bytes, size);
    if (tenants->items != engine->model.array[MODEL_TENANTS].items)
        free(tenants->items);
    if (promises->items != engine->model.array[MODEL_PROMISES].items)
        free(promises->items);
    if (status != SKY_OK)
        snprintf(error->message, sizeof error->message, "snapshot: out of memory");
    return status;
}

static sky_status refuse(sky_error *error, const char *found)
{
    snprintf(error->message, sizeof error->message, "snapshot: found %s, expected one of this version, whole",
             found);
    return SKY_ERROR_INPUT;
}

static sky_status check_header(const unsigned char *bytes, size_t size, snapshot_header *h, sky_error *error)
{
    uint64_t sum;

    if (size < sizeof *h + sizeof(model_scalars) + sizeof sum)
        return refuse(error, "too few bytes");
    memcpy(h, bytes, sizeof *h);
    if (memcmp(h->magic, "SKYENGIN", 8) != 0)
        return refuse(error, "something else");
    if (h->version != SNAPSHOT_VERSION || h->arrays != MODEL_ARRAY_COUNT)
        return refuse(error, "another version");
    for (int id = 0; id < MODEL_ARRAY_COUNT; id++)
        if (h->item_size[id] != model_item_size((model_array_id)id))
            return refuse(error, "another layout");
    if (h->size != size || h->strategy[SNAPSHOT_NAME - 1] != '\0' || h->queue[SNAPSHOT_NAME - 1] != '\0' ||
        h->scaling[SNAPSHOT_NAME - 1] != '\0' || h->serving[SNAPSHOT_NAME - 1] != '\0')
        return refuse(error, "another length");
    memcpy(&sum, bytes + size - sizeof sum, sizeof sum);
    if (sum != checksum(bytes, size - sizeof sum))
        return refuse(error, "altered bytes");
    return SKY_OK;
}

static sky_status restore_arrays(model *m, const unsigned char *at, const unsigned char *end,
                                 sky_error *error)
{
    for (int id = 0; id < MODEL_ARRAY_COUNT; id++) {
        size_t item = model_item_size((model_array_id)id);
        uint64_t count;

        if ((size_t)(end - at) < sizeof count)
            return refuse(error, "too few bytes");
        memcpy(&count, at, sizeof count);
        at += sizeof count;
        if (count > (size_t)(end - at) / item)
            return refuse(error, "too few bytes");
        if (model_reserve(m, (model_array_id)id, (uint32_t)count) != SKY_OK) {
            snprintf(error->message, sizeof error->message, "snapshot: out of memory");
            return SKY_ERROR_MEMORY;
        }
        if (count > 0)
            memcpy(m->array[id].items, at, count * item);
        m->array[id].count = (uint32_t)count;
        at += count * item;
    }
    return at == end ? SKY_OK : refuse(error, "too many bytes");
}

/* What the strategy remembers has the size that it asks for in such a catalog, and leads nowhere. */
static int memory_can_be(const sky_engine *e)
{
    const strategy *s = e->strategy;
    const model_array *memory = &e->model.array[MODEL_MEMORY];
    size_t bytes = e->model.is.asked && s->memory_bytes != NULL ? s->memory_bytes(&e->model) : 0;

    return memory->count == (bytes + 7) / 8 &&
           (bytes == 0 || s->memory_can_be == NULL || s->memory_can_be(&e->model, memory->items));
}

sky_status sky_engine_restore(const unsigned char *bytes, size_t size, sky_engine **engine, sky_error *error)
{
    snapshot_header header;
    sky_engine_config config = { .control_interval_ns = 1 };
    sky_engine *e;
    uint32_t strategy_index, scaling;
    sky_status status = check_header(bytes, size, &header, error);

    if (status != SKY_OK)
        return status;
    config.strategy = header.strategy;
    config.queue = header.queue;
    config.scaling = header.scaling;
    config.serving = header.serving;
    status = sky_engine_create(&config, &e, error);
    if (status != SKY_OK)
        return status;
    strategy_index = e->model.is.strategy; /* its place in this build's table */
    memcpy(&e->model.is, bytes + sizeof header, sizeof e->model.is);
    e->model.is.strategy = strategy_index;
    status = restore_arrays(&e->model, bytes + sizeof header + sizeof e->model.is,
                            bytes + size - sizeof(uint64_t), error);
    if (status == SKY_OK && !(model_can_be(&e->model) && memory_can_be(e)))
        status = refuse(error, "what can't be");
    if (status != SKY_OK) {
        sky_engine_destroy(e);
        return status;
    }
    *engine = e;
    scaling = e->model.is.scaling;
    status = model_all_is_new(&e->model);
    e->model.is.scaling = scaling; /* that tasks are told of again makes no pool grow */
    if (status == SKY_OK && e->model.is.asked && e->model.array[MODEL_NODES].count > 0)
        status = backlog_prepare(e);
    return status == SKY_OK ? SKY_OK : model_no_memory(error);
}
