/* The rows of a record: what a run writes down, stream by stream. Header only: the twin fills them, the
 * record writes them. No padding anywhere, so that a row's bytes are its value. */
#ifndef SKYTWIN_ROWS_H
#define SKYTWIN_ROWS_H

#include <skytwin/engine.h>

/* Rows are handed over and written in blocks of as many as fit into so many bytes. */
#define RECORD_BLOCK_BYTES ((size_t)1 << 20)

/* The streams of rows that make up a run's record, in this order. */
typedef enum record_stream {
    RECORD_EVENTS,          /* sky_event */
    RECORD_ACTIONS,         /* sky_action */
    RECORD_SERIES,          /* record_series_row */
    RECORD_PRICES,          /* record_price_row */
    RECORD_PLACEMENTS,      /* record_placement_row */
    RECORD_JOBS,            /* record_job_row */
    RECORD_COSTS,           /* record_cost_row */
    RECORD_TRANSFERS,       /* record_transfer_row */
    RECORD_LINKS,           /* record_link_row */
    RECORD_REQUESTS,        /* record_request_row */
    RECORD_SERVICES,        /* record_request_row: over the whole run, at its end */
    RECORD_SPANS,           /* record_span_row */
    RECORD_EDGES,           /* record_edge_row */
    RECORD_STORAGE,         /* record_storage_row */
    RECORD_PIPELINES,       /* record_pipeline_row */
    RECORD_PIPELINE_TOTALS, /* record_pipeline_row: over the whole run, at its end */
    RECORD_SUMMARY,         /* record_summary, one row */
    RECORD_STREAM_COUNT
} record_stream;

#define RECORD_NS_PER_US                                                                                     \
    1000 /* machine time and other sums over many things: in ns, a large company's do not fit */

typedef struct record_series_row { /* one a control interval */
    int64_t time_ns;
    int64_t cost_rate_nusd_per_hour;         /* of what runs now */
    int64_t cost_nusd;                       /* billed so far */
    int64_t energy_mj, ugco2;                /* so far */
    uint32_t running, pending, done, failed; /* jobs */
    uint32_t nodes_up, nodes_booting;        /* of those that come and go; up: or draining */
} record_series_row;

typedef struct record_price_row {
    int64_t time_ns;
    int64_t spot_nusd_per_hour;
    uint32_t pool;
    uint32_t available;
} record_price_row;

typedef struct record_job_row {
    uint32_t job, job_class, workload,
        state;                           /* state: 0 never ran, 1 unfinished, 2 done, 3 failed, 4 rejected */
    int64_t submit_ns, start_ns, end_ns; /* start_ns, end_ns: SKY_NEVER_NS if it never did */
    int64_t deadline_ns, work_ns, done_ns;
    int64_t lost_ns; /* work done and lost to preemptions */
    int64_t compute_nusd, egress_nusd, energy_nusd;
    int64_t energy_mj, ugco2; /* what it drew, at the plug of the site; micrograms of CO2 */
    uint32_t launches, preemptions, migrations,
        deadline_met;    /* deadline_met 1 also where there is none and it is done */
    int64_t ready_ns;    /* of a task: from when on it waited, its predecessors being done; SKY_NEVER_NS */
    int64_t run_ns;      /* of a task: on nodes, over all of its runs: done + lost + overhead */
    int64_t overhead_ns; /* of that: restarts, writing checkpoints, leaving */
    uint32_t failures;   /* of a task: runs that ended because it, or its node, failed */
    uint32_t tenant;     /* index; 0: untold */
} record_job_row;

/* Where and how money went; one row a (region, pool, purchase) with any cost, one a place of a service, one a stage of a
 * pipeline, and one a region, of no pool: what moved by itself, and storage. */
typedef struct record_cost_row {
    uint32_t provider, region, pool, purchase;
    int64_t compute_nusd, probe_nusd, egress_nusd;
    int64_t machine_us;                    /* machines × billed time */
    int64_t energy_nusd, energy_mj, ugco2; /* of the pool, in the row of what is bought on demand */
    int64_t covered_us;                    /* of a commitment (purchase reserved): used by nodes on demand */
    int64_t waste_nusd;                    /* of its compute: for what was not used */
    int64_t storage_nusd;                  /* of the region: datasets and caches */
    uint32_t place;                        /* of a service, whose replicas are its compute; SKY_NONE */
    uint32_t stage;                        /* of a pipeline, whose tasks are its compute; SKY_NONE */
} record_cost_row;

typedef struct record_placement_row { /* where a job ran, for timelines */
    int64_t start_ns, end_ns;
    uint32_t job, instance, pool, purchase, end_reason,
        reserved; /* end: 0 done, 1 preempted, 2 moved, 3 run ended, 4 failed, 5 its node failed, 6 over its estimate,
                     * 7 outage */
} record_placement_row;

typedef struct record_transfer_row { /* data that moved between regions, once it has ended */
    int64_t start_ns, end_ns;
    int64_t bytes, moved_bytes; /* fewer where it was cut off */
    int64_t nusd;
    uint32_t from, to; /* regions */
    uint32_t job;      /* whose checkpoint it is, or that reads it; SKY_NONE */
    uint32_t schedule; /* which of those; SKY_NONE */
    uint32_t kind;     /* of link: 0 public, 1 backbone, 2 private, 3 by way of relays, or of none */
    uint32_t dataset;  /* that it is of; SKY_NONE */
} record_transfer_row;

typedef struct
    record_link_row { /* what passed a link since the control interval before, where something did */
    int64_t time_ns;
    int64_t bytes;
    int64_t bytes_per_s; /* at this moment */
    uint32_t link;       /* of the record's catalog */
    uint32_t load_ppm;   /* of its capacity, at this moment */
} record_link_row;

/* Requests of a population, or at a place of a service, since the control interval before. */
typedef struct record_request_row {
    int64_t time_ns;
    int64_t served, failed;                 /* of a place: failed are those that it turned away */
    int64_t within;                         /* of a population: served within its objective */
    int64_t p50_ns, p95_ns, p99_ns, max_ns; /* of a population: response times of those served, within 1 % */
    int64_t nusd, egress_nusd;  /* of a place: what its replicas cost; requests to it, answers from it */
    int64_t budget_left_ppm;    /* of a population: of its error budget, since the run's start */
    int64_t utilisation_ppm;    /* of a place: of what its replicas can do */
    uint32_t population, place; /* of the record's catalog; one of them is SKY_NONE */
    uint32_t region;
    uint32_t replicas; /* of a place: at this moment, those that start included */
} record_request_row;

/* A stage of a pipeline, or a stream between two, since the control interval before. */
typedef struct record_pipeline_row {
    int64_t time_ns;
    int64_t records_in;                     /* that came to it; of a source: that came into being */
    int64_t records_out;                    /* that left it; of a sink: that ended there */
    int64_t dropped, late, filtered;        /* of a stage */
    int64_t waiting;                        /* at this moment: in its buffers; of a stream: under way */
    int64_t bytes, batches;                 /* of a stream: shipped */
    int64_t p50_ns, p95_ns, p99_ns, max_ns; /* of a sink: from event time to the end, within 1 % */
    int64_t nusd;                           /* of a stage: its tasks */
    int64_t egress_nusd;                    /* of a stream */
    int64_t busy_ppm, blocked_ppm;          /* of a stage: of its tasks' time */
    uint32_t stage, stream;                 /* of the record's catalog; one of them is SKY_NONE */
    uint32_t region;                        /* of a stream: from which it goes */
    uint32_t tasks;                         /* of a stage, at this moment */
} record_pipeline_row;

/* What a part of a sampled request was. */
typedef enum record_span {
    RECORD_SPAN_REQUEST,    /* the whole of it */
    RECORD_SPAN_ATTEMPT,    /* one of its attempts */
    RECORD_SPAN_PAUSE,      /* before the next */
    RECORD_SPAN_NAME,       /* the service's name is looked up */
    RECORD_SPAN_HANDSHAKE,  /* of mTLS */
    RECORD_SPAN_ENCRYPTION, /* what mTLS costs each request */
    RECORD_SPAN_NETWORK,    /* there, or from a place to the next */
    RECORD_SPAN_GATEWAY,    /* in a gateway, its queue included */
    RECORD_SPAN_QUEUE,      /* at a place */
    RECORD_SPAN_SERVICE,
    RECORD_SPAN_ANSWER, /* the network back */
    RECORD_SPAN_COUNT
} record_span;

typedef struct record_span_row {
    int64_t start_ns, end_ns;
    int64_t trace;        /* number of the request among its population's, from 1 */
    uint32_t population;  /* of the record's catalog */
    uint32_t place;       /* of the record's catalog; SKY_NONE */
    uint32_t attempt;     /* from 1; 0: of the request */
    uint32_t kind;        /* record_span */
    uint32_t outcome;     /* of a request or an attempt: see SCHEMA.md; else 0 */
    uint32_t region;      /* where it was */
    uint32_t by_kind, by; /* whose part it is: 0 population, 1 place, 2 gateway; index of that kind */
} record_span_row;

/* Calls from a caller to a place, since the control interval before, where there were any. */
typedef struct record_edge_row {
    int64_t time_ns;
    int64_t calls, served;
    int64_t refused, expired; /* without identity; by a certificate */
    int64_t gone;             /* to endpoints that were no more */
    int64_t turned_away;      /* by a full queue or gateway, or too large */
    int64_t unreachable, timed_out;
    int64_t retries;              /* that followed */
    int64_t full, resumed;        /* handshakes */
    int64_t bytes;                /* of requests and answers */
    int64_t p50_ns, p99_ns;       /* of calls that were served, within 1 %; 0 from a place or a gateway */
    uint32_t caller_kind, caller; /* kind: 0 population, 1 place, 2 gateway; index of that kind */
    uint32_t callee_kind, callee;
} record_edge_row;

/* A dataset in a region, since the control interval before; or a region's cache. */
typedef struct record_storage_row {
    int64_t time_ns;
    int64_t memory_bytes, nvme_bytes, hot_bytes, cool_bytes, archive_bytes; /* held, at this moment */
    int64_t reads, hits, stale, failed; /* of readers there; hits: in the cache */
    int64_t cache_bytes, local_bytes,
        far_bytes; /* read there, by jobs too: far: from other regions' copies */
    int64_t prefetched_bytes,
        sent_bytes; /* from other regions: into the cache; to the copy, to keep it up to date */
    int64_t p50_ns, p95_ns, p99_ns, max_ns; /* latency of the reads, within 1 % */
    int64_t nusd, egress_nusd;              /* what is stored, or the cache; what came from other regions */
    uint32_t dataset;                       /* index; SKY_NONE: the region's cache */
    uint32_t region;
    uint32_t state; /* of the copy there: 0 none, 1 coming, 2 ready, 3 it is the home */
    uint32_t tier;  /* where it is written, index in the region; SKY_NONE: no copy */
} record_storage_row;

typedef struct record_summary {
    int64_t cost_nusd, compute_nusd, probe_nusd, egress_nusd, final_tick_nusd;
    int64_t end_ns;
    int64_t jobs, done, failed, rejected, deadlines, deadlines_met;
    int64_t launches, failed_launches, preemptions, migrations, probes;
    int64_t spot_us, on_demand_us; /* machine time billed */
    int64_t events, actions, decisions;
    int64_t carbon_gco2;
    int64_t placed, dropped; /* tasks that share nodes */
    int64_t energy_nusd, energy_mj;
    int64_t
        completion_us; /* of the tasks that share nodes and are done: times from submission to end, added up */
    int64_t last_done_ns; /* when the last of them ended */
    int64_t used_nusd;    /* what the accelerators that tasks trained on cost while they had them */
    int64_t faults;       /* that came */
    int64_t mgpu, mgpu_allocated, mgpu_fragmented; /* devices of all nodes, at the end, in thousandths */
    /* Of tasks that share nodes and are done. */
    int64_t wait_mean_ns, wait_p95_ns;    /* from ready to the end, less what they ran */
    int64_t slowdown_mean_ppm;            /* bounded: (wait + run) / max(run, 10 s) */
    int64_t cpu_ppm, gpu_ppm;             /* share of the nodes' cores and devices in use, over time */
    int64_t retries, lost_ns;             /* runs that failed; work done and lost, of all tasks */
    int64_t nodes_grown, nodes_reclaimed; /* of nodes that come and go */
    int64_t requeued;                     /* tasks that waited again, as their node went */
    int64_t waste_nusd;                   /* of compute: commitments that were not used */
    /* Of services. */
    int64_t service_nusd;                                      /* of compute: replicas */
    int64_t requests_served, requests_failed, requests_within; /* within: their populations' objectives */
    int64_t requests_p50_ns, requests_p99_ns, budget_left_ppm; /* of all populations together */
    int64_t requests_analytic; /* 1: services went by the analytic path; 0: each request was an event */
    /* Of datasets. */
    int64_t storage_nusd;
    int64_t data_reads, data_hits, data_stale, data_failed;
    int64_t data_read_bytes, data_far_bytes; /* far: from other regions */
    int64_t data_p50_ns, data_p99_ns;        /* of all reads */
    /* Of pipelines. */
    int64_t pipeline_nusd;                  /* of compute: tasks of stages */
    int64_t records_in, records_out;        /* that came into being at sources; that ended at sinks */
    int64_t records_dropped, records_late;  /* by sources without room; for windows that had ended */
    int64_t records_p50_ns, records_p99_ns; /* from event time to the end, of all sinks together */
} record_summary;

#endif
