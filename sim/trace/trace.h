/* Traces: what was recorded somewhere, in one internal form for all importers.
 *
 * A market is the spot market of one zone for one machine type, sampled every tick or at changes.
 * A workload is a list of jobs. Both are plain arrays, read-only once loaded, and shared by all runs. */
#ifndef SKYTWIN_TRACE_H
#define SKYTWIN_TRACE_H

#include <skytwin/engine.h>

/* State of a spot market from `at_ns` until the next change (or the trace's end). Changes are in strictly
 * rising order of at_ns; the first is at 0. */
typedef struct trace_change {
    int64_t at_ns;
    int64_t spot_nusd_per_hour;
    int32_t available; /* 1: spot capacity can be had */
    int32_t reserved;  /* 0 */
} trace_change;

typedef struct trace_market {
    char *zone;      /* "us-central1-a" */
    char *region;    /* "us-central1": the zone's name less its last letter and a hyphen before it */
    char *machine;   /* machine type, or "" */
    int64_t tick_ns; /* sampling interval; 0 if the trace only lists changes */
    int64_t span_ns; /* the trace knows nothing from here on */
    int64_t on_demand_nusd_per_hour; /* 0: the trace does not say */
    trace_change *changes;
    size_t change_count;
} trace_market;

typedef struct trace_job {
    int64_t submit_ns;
    int64_t work_ns; /* at the reference speed */
    int64_t cpus_mcpu;
    int64_t reserved; /* number of its row: ties are in file order */
} trace_job;

/* A machine of a cluster, as it stands. Texts are owned by the set; NULL where the trace says nothing. */
typedef struct trace_node {
    char *name;
    char *accelerator; /* model: "V100M32"; NULL: none */
    char *labels;      /* "key=value,key=value" in rising order */
    char *taints;      /* "key=value:NoSchedule,…" in rising order; a value may be empty */
    int64_t mcpu, memory_bytes, disk_bytes; /* 0: the trace does not say (SWF knows processors only) */
    uint32_t accelerators;
    uint32_t reserved; /* 0 */
} trace_node;

/* A task that shares machines with others, or a gang of `tasks` equal ones that start together. */
typedef struct trace_task {
    char *name;
    char *tenant;             /* user, queue or namespace; NULL: not told */
    char *accelerator_models; /* "V100M16|V100M32": any of these will do; NULL: any */
    char *kind;               /* what it runs, for throughput tables: "ResNet-50 (batch size 16)"; NULL */
    char *labels;             /* of nodes that it needs (nodeSelector), as in trace_node; NULL */
    char *tolerations; /* "key=value:NoSchedule,…"; "key:…": any value, "*:…": any key; no ":…": any effect */
    char *own_labels; /* of the task itself, by which others know it, as in trace_node; NULL */
    /* Where it must or would rather be. A requirement is "key=a|b" (one of them), "key!=a|b" (none of them), "key",
     * "!key", "key>5", "key<5"; of nodes, the key metadata.name is the name. Requirements with a comma between them
     * hold together. Parts with a semicolon between them are in rising order. NULL: no such rules. */
    char *affinity;    /* "requirement,…;…": the node meets one of the parts */
    char *preferences; /* "WEIGHT requirement,…;…": 1 to 100 */
    /* "KIND LEVEL WEIGHT SKEW NAMESPACES REQUIREMENTS;…" of other tasks' own labels: affinity, anti-affinity or spread;
     * node, zone or region; 0: required; of a spread at most, else 0; tenants "a|b", or "*"; "*": any */
    char *company;
    int64_t submit_ns;                      /* from the trace's first submission */
    int64_t run_ns;                         /* how long it really ran; SKY_NEVER_NS: not told */
    int64_t estimate_ns;                    /* how long its owner said; SKY_NEVER_NS: not told */
    int64_t mcpu, memory_bytes, disk_bytes; /* of each of the `tasks` */
    int64_t priority;                       /* higher first; 0 where not told */
    int64_t steps;                          /* training steps to do (Gavel); 0: not told */
    int64_t weight_ppm;                     /* of its owner among those who train; 0: not told */
    int64_t slo_ns;                         /* after submission, by when it should be done; 0: not told */
    uint32_t accelerators; /* whole devices of each, or 1 of which `mgpu` thousandths are taken */
    uint32_t mgpu;         /* 1000: whole devices; 0: none */
    uint32_t tasks;        /* size of the gang, at least 1 */
    uint32_t status;       /* as the trace has it: 1 completed, 0 failed, 5 cancelled (SWF); 1 if untold */
} trace_task;

typedef struct trace_set {
    trace_market *markets;
    size_t market_count;
    trace_job *jobs; /* rising submit_ns; ties in file order */
    size_t job_count;
    trace_node *nodes; /* in file order */
    size_t node_count;
    trace_task *tasks; /* in file order */
    size_t task_count;
} trace_set;

typedef struct trace_format {
    const char *name; /* as `skytwin list formats` names it; "skytwin" is the internal HDF5 form */
    const char *about;
    /* Reads one file (or, for spot-json, also a zone's folder holding full.json) and appends to `set`.
     * SKY_ERROR_INPUT names file, line (where there is one), key, found and expected. */
    sky_status (*read)(const char *path, trace_set *set, sky_error *error);
} trace_format;

/* All formats; *count is how many. */
const trace_format *const *trace_formats(size_t *count);
const trace_format *trace_format_find(const char *name); /* NULL: none of that name */

void trace_set_free(trace_set *set);

/* Counts the submissions of the tasks from `first` on, one file's, from the earliest of them. */
void trace_tasks_from_zero(trace_set *set, size_t first);

/* The internal HDF5 form ("skytwin" format): written whole or not at all (temporary name, then rename). */
sky_status trace_write(const char *path, const trace_set *set, sky_error *error);

/* "us-central1-a" -> "us-central1"; "us-west-2a" -> "us-west-2". out has room for size bytes. */
void trace_region_of_zone(const char *zone, char *out, size_t size);

/* The power grid of a place, as steps: "time_s,carbon_gco2_per_kwh[,energy_usd_per_mwh]". The first is at 0. */
typedef struct trace_grid_step {
    int64_t from_ns, gco2_per_mwh, nusd_per_mwh;
} trace_grid_step;

typedef struct trace_grid {
    trace_grid_step *steps;
    size_t count;
    int64_t span_ns; /* the last step's end */
} trace_grid;
/* SKY_ERROR_INPUT names file, line, key, found and expected; *grid is then empty. */
sky_status trace_grid_read(const char *path, trace_grid *grid, sky_error *error);
void trace_grid_free(trace_grid *grid);

/* Egress table "from_region,to_region,price_usd_per_gb": looks one pair up after loading. */
typedef struct trace_egress {
    struct trace_egress_row {
        char *from, *to;
        int64_t nusd_per_gb;
    } * rows; /* sorted by (from, to) */
    size_t row_count;
} trace_egress;
sky_status trace_egress_read(const char *path, trace_egress *table, sky_error *error);
int64_t trace_egress_price(const trace_egress *table, const char *from, const char *to); /* -1: not in it */
void trace_egress_free(trace_egress *table);
#endif
