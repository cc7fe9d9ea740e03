/* Inside of datasets over regions. */
#ifndef SKYTWIN_STORAGE_DATA_INSIDE_H
#define SKYTWIN_STORAGE_DATA_INSIDE_H

#include "data.h"

/* Of the queues. The process of an event is its reader, or behind those its dataset. */
typedef enum data_event_kind {
    DATA_READS = 1, /* subject = reader: its next read */
    DATA_FOLLOWS,   /* subject = reader of a stream, other = object */
    DATA_GROWS,     /* subject = dataset */
    DATA_UPDATED,   /* subject = dataset */
    DATA_SENT,      /* subject = dataset, other = object, a = version: what was written goes to the copies */
} data_event_kind;

static inline data_counts *data_counts_of(const data *d, uint32_t set, uint32_t region)
{
    return &d->counts[set * d->config->region_count + region];
}

static inline int64_t data_price(const data *d, uint32_t from, uint32_t to)
{
    return d->price[from * d->config->region_count + to];
}

/* Its objects move one by one as flows. */
static inline int data_is_bulk(const data *d, uint32_t set)
{
    return d->ways.has_network && d->config->sets[set].object_bytes >= d->config->bulk_bytes;
}

/* Into the queue that the dataset's events are in. SKY_ERROR_MEMORY. */
sky_status data_push(data *d, int64_t time_ns, data_event_kind kind, uint32_t subject, uint32_t set,
                     uint32_t object, int64_t version);

/* data_copies.c */
/* For names and versions of a copy's objects. SKY_ERROR_MEMORY. */
sky_status data_make_room(data *d, uint32_t set, uint32_t region);
/* 1: the copy is ready and has the object now. */
int data_copy_has(data *d, uint32_t set, uint32_t region, uint32_t object);
/* The region that serves a region: itself where its copy will do. object: SKY_NONE: any copy that is ready. SKY_NONE:
 * none does. */
uint32_t data_source(data *d, uint32_t set, uint32_t region, uint32_t object);
/* The home has the object in this version from now on. SKY_ERROR_MEMORY. */
sky_status data_write_home(data *d, uint32_t set, uint32_t object);
sky_status data_send_written(data *d, uint32_t set, uint32_t object, uint32_t version);
sky_status data_written_arrived(data *d, const data_fetch *f);
sky_status data_copy_arrived(data *d, const data_fetch *f, uint32_t fetch, int cut);
sky_status data_start_copies(data *d);

/* data_reads.c */
sky_status data_start_readers(data *d);
sky_status data_read(data *d, uint32_t reader);
sky_status data_read_object(data *d, uint32_t set, uint32_t region, uint32_t object);
/* Into a region's cache, before anybody asks. */
sky_status data_prefetch(data *d, uint32_t set, uint32_t region, uint32_t object);
/* An object was written at the home: who follows the stream. */
sky_status data_tell_streams(data *d, uint32_t set, uint32_t object);
/* The cache's object is older than that. */
void data_drop_cached(data *d, uint32_t set, uint32_t region, uint32_t object, uint32_t version);
void data_read_arrived(data *d, const data_fetch *f, int cut);

/* A free place for something that comes over the network, begun. SKY_ERROR_MEMORY. */
sky_status data_begin_fetch(data *d, const data_fetch *like, uint32_t *index);
/* The same for what is there at once: egress billed. How long it took; SKY_NEVER_NS: there is no way. */
int64_t data_fetch_at_once(data *d, uint32_t set, uint32_t from, uint32_t to, int64_t bytes, int64_t *nusd);

#endif
