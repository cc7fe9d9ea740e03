/* Streaming pipelines at the level of the record: stages in regions, and streams of records between them, as events of
 * logical processes, one a region, in windows no longer than the least latency of a stream between two regions. Same
 * bytes on any number of threads.
 *
 * A stage is a number of tasks, each a server with input buffers of its own. When it has served a record it sends the
 * results on, a copy by each stream out of the stage: to the task that owns the record's key, or to each in turn. A task
 * whose receiver has no room keeps the result and waits: it serves nothing until a record there is taken up (blocking
 * after service), and so the wait goes back from stage to stage to the sources, which queue records, and drop those that
 * their queue has no room for. Room is known to the sender by credits, as in Flink: a credit is a place in the buffer of
 * one task for records of one stream; it comes back over the stream's latency.
 *
 * A record has a time at which it happened (event time). A source promises now and then that no record of before a
 * certain time, its watermark, will come any more; watermarks travel in band, behind the records that they speak of, and a
 * stage's is the least of all that it hears from [Akidau et al., "The Dataflow Model", VLDB 2015]. A window ends when the
 * watermark passes its end: then it gives a result for each key. What comes for windows that have ended is late, and is
 * thrown away. A result has the event time of one of the records that it was made of, drawn uniformly, so that the latency of
 * results at the sink has the distribution of what a record waited for until its result was there. */
#ifndef SKYTWIN_PIPELINES_H
#define SKYTWIN_PIPELINES_H

#include "../../kernel/windows.h"
#include "../network/latency.h"
#include "../service/demand.h"
#include "../service/duration.h"
#include "../service/histogram.h"

#define PIPELINES_MOST_STAGES  4096
#define PIPELINES_MOST_STREAMS 4096
#define PIPELINES_MOST_TASKS   1024 /* of a stage */
#define PIPELINES_MOST_KEYS    1000000
#define PIPELINE_UNLIMITED     UINT32_MAX

typedef enum pipeline_kind {
    PIPELINE_SOURCE, /* records come into being; serving one is to read it in */
    PIPELINE_MAP,    /* so many results a record: below 1 a filter, else a map or flat map */
    PIPELINE_WINDOW, /* one result for each key and window of event time that had a record */
    PIPELINE_JOIN,   /* of the first and the second stream into it, by key */
    PIPELINE_SINK    /* records end here, and their latency is known */
} pipeline_kind;

/* What only sources have. */
typedef struct pipeline_source_config {
    demand load;
    uint32_t steady;   /* 1: evenly spaced; 0: Poisson */
    uint32_t keys;     /* at least 1 */
    double skew;       /* the key of rank i has a chance in proportion to i^-skew (Zipf); 0: all the same */
    duration disorder; /* from a record's event time to when it comes to the source */
    int64_t watermark_every_ns, watermark_delay_ns; /* each so often, of so long ago; every: at least 1 */
} pipeline_source_config;

typedef struct pipeline_stage_config {
    pipeline_kind kind;
    uint32_t region;      /* the logical process that it is part of */
    uint32_t tasks, most; /* at first, and that it may be scaled to; 1 … PIPELINES_MOST_TASKS */
    duration time;        /* to serve a record; of windows: to take one in, and to send a result */
    uint32_t
        buffer; /* records that may wait at a task, of each stream; of a source: of all; PIPELINE_UNLIMITED */
    uint32_t unused;
    double selectivity; /* map, join: results a record (a match), on the mean; 0 … 1000 */
    int64_t window_ns,
        slide_ns;       /* window: a multiple of slide_ns, at least 1; join: 0: against each key's latest */
    int64_t rescale_ns; /* that the stage stands still when it is scaled */
    int64_t nusd_per_hour; /* of a task */
    pipeline_source_config source;
} pipeline_stage_config;

/* From one stage to another. Between regions latency_ns is at least 1. A stream with no latency, no limit of its rate and
 * no batches hands records over at once; any other ships batches: one goes when it is full, or its first record has
 * waited for linger_ns [as Kafka's producer, batch.size and linger.ms]; batches share the line one after the other, and
 * arrive in order. */
typedef struct pipeline_stream_config {
    uint32_t from, to; /* stages; to a later one */
    uint32_t by_key;   /* 1: to the task that owns the key; 0: to each in turn */
    uint32_t unused;
    int64_t latency_ns;
    int64_t bytes_per_s;  /* 0: no limit */
    int64_t record_bytes; /* of a record here */
    int64_t batch_bytes;  /* a batch is full then; 0: each record goes by itself */
    int64_t linger_ns;
    int64_t header_bytes; /* of a batch, on top of its records */
    latency_jitter jitter;
} pipeline_stream_config;

/* All of it belongs to the caller, and lives as long as the pipelines do. */
typedef struct pipelines_config {
    uint32_t regions; /* at least 1 */
    uint32_t stage_count, stream_count;
    uint32_t replication;
    const pipeline_stage_config *stages;
    const pipeline_stream_config *streams; /* a join's first is its first here */
    uint64_t seed;
    int64_t end_ns;             /* no records come into being from then on */
    int threads;                /* 0: one a core */
    int (*stop)(void *context); /* as in windows.h; NULL: goes on */
    void *stop_context;
} pipelines_config;

/* What a stage did so far. At every instant
 *     received = taken + waiting + serving           results = sent, by each stream + holding (as records × streams)
 *     taken = one of: passed on, folded into windows, late, filtered; of a sink: all */
typedef struct pipeline_stage_count {
    uint64_t received; /* of a source: came into being, but for dropped */
    uint64_t dropped;  /* by a source without room */
    uint64_t taken;    /* served */
    uint64_t late, filtered, folded;
    uint64_t results;                   /* that it made */
    uint64_t sent;                      /* by all streams */
    uint32_t waiting, serving, holding; /* holding: copies of results that have not gone yet */
    uint32_t tasks;
    sky_int128 busy_ns, blocked_ns, task_ns; /* over its tasks; task_ns: that it had */
    sky_int128 waiting_ns;                   /* of records */
} pipeline_stage_count;

typedef struct pipeline_stream_count {
    uint64_t sent, arrived, batches;
    int64_t bytes;    /* shipped, headers included; handed over at once: of the records */
    uint32_t batched; /* records in the batch that is being filled */
    uint32_t unused;
} pipeline_stream_count;

typedef struct pipelines pipelines;

/* SKY_ERROR_INPUT: an impossible configuration, named. SKY_ERROR_MEMORY. */
sky_status pipelines_create(const pipelines_config *config, pipelines **p, sky_error *error);
void pipelines_destroy(pipelines *p); /* NULL is allowed */

/* Goes on up to and at a time; may be called again with a later one. SKY_ERROR_MEMORY, SKY_ERROR_STOPPED. */
sky_status pipelines_run(pipelines *p, int64_t to_ns, sky_error *error);

/* Between runs. A stage gets so many tasks, from 1 to its most, and stands still for rescale_ns: what it holds is
 * shared out among them anew, by key where records go by key. SKY_ERROR_INPUT, SKY_ERROR_MEMORY. */
sky_status pipelines_scale(pipelines *p, uint32_t stage, uint32_t tasks, sky_error *error);
/* Between runs: a stream's line is another from now on; latency_ns as in the configuration. SKY_ERROR_INPUT. */
sky_status pipelines_set_line(pipelines *p, uint32_t stream, int64_t latency_ns, int64_t bytes_per_s,
                              sky_error *error);
/* Between runs: a region is out from now on, or there again. Tasks of its stages take nothing up and send nothing meanwhile, and
 * cost nothing; what they are serving they have served when it is there again. Sources queue what comes into being.
 * SKY_ERROR_MEMORY. */
sky_status pipelines_set_out(pipelines *p, uint32_t region, int is_out, sky_error *error);
/* Between runs: a stream between regions has no way from now on, or one again. What it would send waits until then, credits
 * too; what is under way arrives. SKY_ERROR_MEMORY. */
sky_status pipelines_set_way(pipelines *p, uint32_t stream, int is_closed, sky_error *error);

/* As they are at the time to which they ran. */
pipeline_stage_count pipelines_stage(const pipelines *p, uint32_t stage);
pipeline_stream_count pipelines_stream(const pipelines *p, uint32_t stream);
/* Of a sink: from event time to the end of service. NULL of another stage. */
const histogram *pipelines_latency(const pipelines *p, uint32_t stage);
/* What a stage's tasks have cost, rounded. */
int64_t pipelines_stage_nusd(const pipelines *p, uint32_t stage);
/* No record came into being, or was lost, that isn't counted. SKY_ERROR_STATE: names the stage or stream. */
sky_status pipelines_check(const pipelines *p, sky_error *error);
windows_statistics pipelines_events(const pipelines *p);

/* Saves or restores, between two runs. Those that are restored have just been made, of as many stages, tasks at most and
 * streams, in the same regions; streams whose line was never set have the one that they were made with, and buffers their size. */
void pipelines_state(pipelines *p, state *s);

#endif
