/* A scenario as loaded: catalog, markets, workload and settings, checked and in internal units.
 * Plain data, read-only once loaded: all runs of a comparison share it. Read from libconfig files by
 * scenario_load (sim/scenario/). Every index below is valid, every number in its stated range. */
#ifndef SKYTWIN_SCENARIO_H
#define SKYTWIN_SCENARIO_H

#include "../engine/cluster/terms.h"
#include "trace/trace.h"

typedef enum provider_kind { PROVIDER_CLOUD, PROVIDER_ON_PREMISES, PROVIDER_EDGE } provider_kind;

typedef struct scenario_egress_tier {
    int64_t up_to_bytes; /* of a month's (SKY_NS_PER_MONTH) total of the provider; INT64_MAX: the rest */
    int64_t nusd_per_gb; /* GB = 1e9 bytes */
} scenario_egress_tier;

typedef struct scenario_provider {
    char *name, *title;
    provider_kind kind;
    int64_t spot_notice_ns;
    int64_t billing_minimum_ns;
    int64_t billing_increment_ns;
    int64_t
        egress_between_regions_nusd_per_gb; /* between two regions of this provider (default for both ends) */
    int64_t between_zones_nusd_per_gb;      /* of one region: what both ends pay */
    scenario_egress_tier *internet_egress;  /* to another provider; at least one tier */
    size_t internet_egress_count;
    int64_t cpu_idle_mw, cpu_peak_mw; /* of a core, unused and in full use; 0: not known */
    double pue; /* power usage effectiveness: at the plug of the site, over at the machine; at least 1 */
    int energy_billed; /* 1: energy comes on top of what a machine costs */
} scenario_provider;

typedef struct scenario_region {
    char *name; /* "aws:us-east-1" : provider:region, unique */
    char *title, *country;
    uint32_t provider;
    char **jurisdictions;
    size_t jurisdiction_count; /* "EU", "DE" … */
    double latitude, longitude;
    char **zones;
    size_t zone_count;           /* names within the region, at least one */
    int64_t carbon_gco2_per_mwh; /* yearly mean */
} scenario_region;

/* The power grid of a region: see world/grid.h. */
typedef struct scenario_grid {
    int64_t gco2_per_mwh, nusd_per_mwh; /* means */
    double carbon_swing, price_swing;   /* 0…1 */
    int64_t cleanest_ns, cheapest_ns;   /* local solar time of day of the least */
    double noise;                       /* 0…1 */
    const trace_grid *replay;           /* NULL: synthetic */
} scenario_grid;

typedef struct scenario_machine {
    char *name; /* "aws:m5.4xlarge", unique */
    uint32_t provider;
    int64_t mcpu, memory_bytes;
    char *accelerator; /* "" none; "H100", "TPU v5e" … */
    int accelerators;
    int accelerator_is_tpu;
    uint32_t group_starts; /* interconnect groups, as in node.h; 0: not told */
    int mig_model;         /* mig_model_id + 1 of its accelerators; 0: they can't be cut */
    int torus_type;        /* torus_type + 1 of the pods that it is a host of; 0: of none */
    /* Power at the plug of the site, its overhead included: unused; of all cores at work beyond that; of each
     * accelerator at work beyond that. 0: not known. */
    int64_t idle_mw, cores_mw, accelerator_mw;
} scenario_machine;

/* How a spot market moves where it is not replayed. Times are means. */
typedef struct scenario_spot_model {
    int64_t mean_available_ns; /* exponential or Weibull on-times */
    int64_t mean_unavailable_ns;
    double lifetime_shape;      /* Weibull shape of on-times; 1: exponential */
    double price_volatility;    /* per square root of a day, of the log price around its mean */
    int64_t price_half_life_ns; /* of mean reversion */
    double jumps_per_day;       /* price jumps; each multiplies by exp(N(0, jump_size)) */
    double jump_size;
    int64_t price_interval_ns; /* how often the price may move */
    double zone_correlation;   /* 0…1: share of outages that a region's zones have in common */
} scenario_spot_model;

/* A machine that tasks share. */
typedef struct scenario_node {
    uint32_t pool;
    uint32_t devices, model; /* model: index of `accelerators`; 0 where there are no devices */
    uint32_t group_starts;   /* interconnect groups, as in node.h; 0: not told */
    uint32_t mig_model;      /* mig_model_id + 1; 0: not in MIG mode */
    torus_pod pod;           /* all hosts of a TPU pod in one; no chips: it is none */
    int64_t mcpu, memory_bytes, disk_bytes;
    uint64_t labels, taints; /* bit sets */
} scenario_node;

typedef enum boot_kind { BOOT_FIXED, BOOT_EXPONENTIAL, BOOT_LOGNORMAL, BOOT_WEIBULL } boot_kind;

/* Of a pool whose nodes come and go. */
typedef struct scenario_scale {
    int64_t initial, least, most; /* nodes; most 0: they don't */
    int64_t committed;            /* nodes that are paid at the reserved price, used or not */
    int64_t stock_available_ns,
        stock_out_ns;  /* means, of machines on demand; stock_out 0: there always are some */
    boot_kind boot;    /* its mean is the pool's boot_ns */
    double boot_shape; /* lognormal: sigma; Weibull: shape */
    scenario_node shape;
} scenario_scale;

/* The most that nodes that come and go may take, of a region or of all regions of a provider. */
typedef struct scenario_quota {
    uint32_t provider, region; /* region: SKY_NONE: all of them */
    sky_quota counts;
    int64_t most;
} scenario_quota;

/* A pool is (zone, machine type): what can be launched, and at what price. */
typedef struct scenario_pool {
    char *name; /* "aws:us-east-1a/m5.4xlarge", unique */
    uint32_t region, zone, machine;
    uint32_t purchases;      /* bits 1 << sky_purchase */
    int64_t capacity;        /* machines; INT64_MAX: any number */
    int64_t nodes;           /* machines that stand from the start, for tasks to share */
    uint64_t labels;         /* of those: bit set of scenario.labels */
    int64_t node_failure_ns; /* mean time until one fails; 0: never */
    int64_t node_repair_ns;  /* mean, until it is back */
    int64_t rack_nodes;      /* that stand in one rack; 0: of racks nothing is known */
    int64_t pods;            /* TPU pods that these are the hosts of; 0: they are nodes each on its own */
    torus_pod pod;           /* of each */
    int mig;                 /* 1: the nodes' accelerators are in MIG mode */
    int64_t boot_ns;         /* delay from launch to running; the job's restart overhead comes on top */
    int64_t on_demand_nusd_per_hour;
    int64_t reserved_nusd_per_hour;
    int64_t spot_mean_nusd_per_hour; /* 0: no spot */
    const trace_market *replay;      /* NULL: synthetic by `spot` */
    scenario_spot_model spot;
    scenario_scale scale;
} scenario_pool;

/* Racks of a pool, numbered from 0; the last may have room to spare. */
static inline uint32_t scenario_racks(const scenario_pool *p)
{
    int64_t nodes = p->nodes > p->scale.most ? p->nodes : p->scale.most;

    return p->rack_nodes > 0 ? (uint32_t)((nodes + p->rack_nodes - 1) / p->rack_nodes) : 0;
}

typedef struct scenario_eligible {
    uint32_t pool;
    int64_t machines; /* how many of the pool's machines a job takes, at least 1 */
    int64_t speed_ppm;
} scenario_eligible;

#define SCENARIO_NAMES_MAX 64

/* Names by their bit in a set. */
typedef struct scenario_names {
    char *name[SCENARIO_NAMES_MAX];
    size_t count;
} scenario_names;

/* A job class: which pools may run its jobs, after gatekeeping facts are told apart (forbidden). */
typedef struct scenario_class {
    char *name;
    scenario_eligible *eligible;
    size_t eligible_count; /* rising pool */
    uint32_t *forbidden_regions;
    size_t forbidden_count; /* rising; outside the allowed jurisdictions */
    int is_task;            /* 1: its jobs share nodes, and each asks for `request` of one */
    node_request request;
    uint32_t kind; /* of a cluster from files: what they train, in `throughputs`; SKY_NONE: they don't */
    uint32_t reserved;
    int64_t expected;     /* tasks of the class that its owner knows of: what packings prepare for */
    int64_t failure_ns;   /* of a task: mean run time until it fails; 0: never */
    double failure_shape; /* Weibull; 1: exponential */
    uint64_t groups;      /* bit set of scenario.groups */
    terms_term *terms;
    size_t term_count;
    uint32_t data_region;
    int64_t data_bytes; /* that each start of a task fetches from there; 0: nothing */
} scenario_class;

/* How fast tasks of a class train, in millionths of a step per second, with so many workers of a device each on a model;
 * on one node, and spread over several (0: they can't). In rising order of (class, model, workers, partner). */
typedef struct scenario_rate {
    uint32_t job_class, model, workers;
    uint32_t partner; /* class of whoever has the other half of the devices; SKY_NONE: alone, comes first */
    int64_t usteps, spread_usteps;
} scenario_rate;

typedef struct scenario_task {
    uint32_t task_class;
    uint32_t place;  /* in its file */
    uint32_t gang;   /* equal parts that start together, at least 1 */
    uint32_t tenant; /* index of `tenants` */
    int64_t priority;
    int64_t submit_ns, run_ns; /* run_ns: SKY_NEVER_NS: to the end */
    int64_t estimate_ns;       /* what its owner says of run_ns */
    int64_t usteps;            /* to train: millionths of a step; 0: it does not train */
    int64_t weight_ppm,
        deadline_ns; /* of one that trains; deadline_ns after submission, SKY_NEVER_NS: none */
    uint32_t most_workers, reserved; /* of one that trains: the least are its gang */
} scenario_task;

typedef enum arrival_kind {
    ARRIVAL_AT_START,
    ARRIVAL_POISSON,
    ARRIVAL_DIURNAL,
    ARRIVAL_REPLAY,
    ARRIVAL_TASKS,    /* scenario.tasks, when they were submitted */
    ARRIVAL_SHUFFLED, /* scenario.tasks, in random order, one a second, up to scenario.task_ratio */
} arrival_kind;
typedef enum work_kind { WORK_FIXED, WORK_EXPONENTIAL, WORK_LOGNORMAL, WORK_PARETO } work_kind;

/* Tasks of one submission that start when others of it have ended. */
typedef struct scenario_stage {
    char *name;
    uint32_t job_class;
    uint32_t count;   /* tasks, an array */
    uint32_t at_once; /* how many of them may run at the same time; 0: any number */
    uint32_t first;   /* of its tasks, among those of the submission */
    uint32_t *after;  /* stages before it in the list */
    size_t after_count;
    double work_factor; /* × the workload's work */
} scenario_stage;

typedef struct scenario_workload {
    char *name;
    uint32_t job_class;
    arrival_kind arrival;
    int64_t count;            /* jobs at the start, or the most that may arrive; INT64_MAX: no bound */
    double rate_per_day;      /* Poisson and diurnal */
    double diurnal_amplitude; /* 0…1 */
    int64_t diurnal_peak_ns;  /* time of day of the peak */
    const trace_set *replay;  /* its jobs */
    double replay_time_scale; /* 1: as recorded */
    work_kind work;
    int64_t work_mean_ns;   /* also of the fixed; for pareto the mean as well */
    uint16_t work_fraction; /* of the fixed, in 2^-16 ns: 51.83 h / 1.1 is no whole number of ns */
    double work_shape;      /* lognormal: sigma; pareto: alpha > 1 */
    int64_t work_max_ns;    /* truncates; INT64_MAX: no bound */
    double deadline_factor; /* deadline = submit + factor × work; 0: use deadline_ns */
    int64_t deadline_ns;    /* after submission; SKY_NEVER_NS: none */
    int64_t checkpoint_bytes;
    int64_t checkpoint_interval_ns; /* 0: continuous, a preemption loses nothing */
    int64_t restart_ns;             /* before work goes on, after every launch */
    uint32_t gang, tenant;          /* of tasks that share nodes, as in scenario_task */
    int64_t priority;
    double estimate_factor; /* of tasks: their owners say at most so many times the run time, at least 1 */
    double estimate_least;  /* and at least so many times it, at most 1 */
    sky_together together;  /* how close to each other the parts of a gang must be */
    scenario_stage *stages; /* of a submission, each behind those that it waits for; none: it is one job */
    size_t stage_count;
    uint32_t members;                /* tasks of one submission, at least 1 */
    int goes_on;                     /* 1: the others of a submission go on where one fails */
    int64_t checkpoint_ns;           /* that writing one takes; work stands still meanwhile */
    uint32_t retries;                /* of a task that failed, at most */
    int64_t retry_ns, retry_most_ns; /* before the first retry; twice as long before each further one */
} scenario_workload;

/* ---- network ---------------------------------------------------------------------------------------------- */

typedef enum link_kind {
    LINK_PUBLIC,   /* the Internet: between providers, and to sites of one's own */
    LINK_BACKBONE, /* a provider's own, between its regions */
    LINK_PRIVATE,  /* ordered: Direct Connect, Interconnect, ExpressRoute and the like */
    LINK_KIND_COUNT,
    LINK_BETWEEN_ZONES /* of one region; numbers are written to records, where LINK_KIND_COUNT means relays */
} link_kind;

typedef enum network_routing {
    ROUTE_LEAST_LATENCY,
    ROUTE_LEAST_COST,
    ROUTE_PRIVATE_FIRST, /* as little public Internet as can be, then least latency */
} network_routing;

/* How the links of a kind are; capacities are of each way. */
typedef struct scenario_line {
    int64_t bytes_per_s;                    /* public, backbone: of a region's way out, and of its way in */
    int64_t loss_ppb;                       /* packets lost in 10^9 */
    int64_t jitter_ns, jitter_memory_ns;    /* mean; for how long it is correlated */
    double jitter_tail, jitter_correlation; /* see world/network/latency.h */
} scenario_line;

typedef struct scenario_link { /* a private one: both ways */
    char *name;
    uint32_t from, to; /* regions */
    int64_t rtt_ns;
    scenario_line line;
    scenario_egress_tier there, back; /* prices from `from` to `to`, and back: one tier each */
    int64_t port_nusd_per_hour;
} scenario_link;

typedef struct scenario_transfer { /* data that moves again and again: replication, backup */
    char *name;
    uint32_t from, to;                 /* regions */
    uint32_t from_zone, to_zone;       /* where these are one; else SKY_NONE */
    int64_t bytes, first_ns, every_ns; /* every_ns: SKY_NEVER_NS: once */
    int64_t goal_bytes_per_s;          /* over relays, as cheap as that can be; 0: none */
    int64_t most_nusd_per_gb;          /* over relays, as fast as that can be; 0: none */
} scenario_transfer;

typedef struct scenario_network {
    network_routing routing;
    uint32_t streams; /* parallel TCP connections of a transfer */
    int64_t window_bytes;
    int64_t gateway_nusd_per_hour;       /* of a machine at either end of a planned transfer's links */
    scenario_line line[LINK_KIND_COUNT]; /* private: what a link doesn't say */
    int has_zones;                       /* 1: zones of a region are apart */
    int64_t zone_rtt_ns, within_zone_rtt_ns;
    scenario_line zone_line; /* of a zone's way out to the others of its region, and of its way in */
    uint32_t *relays;        /* regions through which traffic may pass on its way */
    size_t relay_count;
    scenario_link *links;
    size_t link_count;
    scenario_transfer *transfers;
    size_t transfer_count;
} scenario_network;

/* ---- faults ------------------------------------------------------------------------------------------------- */

/* Numbers are written to records. */
typedef enum fault_kind {
    FAULT_OUTAGE,          /* pools: nothing runs there, nothing can be launched; places: nothing is served */
    FAULT_PRICE_SHOCK,     /* pools: all their prices, times a factor */
    FAULT_QUOTA_CUT,       /* pools: no more than so many machines in each; those that run go on */
    FAULT_STALE_TELEMETRY, /* pools: their prices and capacities are not told, or late */
    FAULT_CONTROL_PLANE,   /* the engine is told what happens, but not asked, or late */
    FAULT_LINK_OUTAGE,     /* links and users' ways carry nothing */
    FAULT_BROWN_OUT,       /* they are slow, and lose more */
    FAULT_RACK_OUTAGE,     /* pools: an outage of the nodes of racks */
    FAULT_DNS,             /* regions: their resolvers do not answer users there */
    FAULT_KIND_COUNT
} fault_kind;

typedef struct scenario_fault {
    char *name;
    fault_kind kind;
    uint32_t link, region; /* of links: a private one; SKY_NONE: those of the region to the Internet */
    uint32_t *pools;       /* rising */
    size_t pool_count;
    uint32_t rack;                      /* of racks: the one of the only pool, SKY_NONE: all of all pools */
    uint32_t provider, at_region, zone; /* of outages and DNS: what is out as a whole; SKY_NONE */
    uint32_t *places;                   /* of outages: of services; rising */
    size_t place_count;
    int64_t at_ns;      /* once, then */
    int64_t every_ns;   /* again and again: mean time from its end to the next; 0: once */
    double shape;       /* of that time's Weibull distribution */
    int64_t lasts_ns;   /* once: exactly; again and again: mean of an exponential */
    double reach;       /* of outages: chance that a zone, or rack, of the target is met */
    int64_t factor_ppm; /* of prices */
    int64_t machines;   /* what a cut leaves of each pool */
    int64_t delay_ns;   /* of decisions; of telemetry: its age; 0: there are none, it isn't told at all */
    int64_t slow_ppm, loss_ppb; /* of brown-outs: what comes on top */
} scenario_fault;

/* A service as a whole; its places and users are in `services`. */
typedef struct scenario_service {
    char *name;
    int64_t time_ns,
        scv_ppm;           /* of a request by itself on a replica: mean, squared coefficient of variation */
    unsigned char *closed; /* by region, 1: outside the allowed jurisdictions */
} scenario_service;

/* The files as read, includes spliced in, and a line of comment for each override: goes into the record, and can be loaded
 * again from there. */
typedef struct scenario_source {
    const char *text;
    const char *const *files;
    const uint32_t
        *places; /* of each line, in pairs: its file, and its number there, from 1; 0: an override */
    size_t file_count, line_count;
} scenario_source;

typedef struct scenario {
    char *path, *name, *title;
    scenario_source text;
    char inputs[33]; /* digest of the traces that it reads; "": none */
    uint64_t seed;
    int64_t duration_ns;
    int64_t control_interval_ns;
    int deadline_guard;
    int stop_at_deadline;  /* 1: a job that misses its deadline is given up there */
    int whole_ticks;       /* 1: billing increment and minimum are the control interval */
    int64_t probe_bill_ns; /* a successful probe is billed so long at the spot price; 0: free */
    char **strategies;
    size_t strategy_count;
    int replications; /* default number */
    /* windows[i] = where replication i starts in the replayed traces; 1 window {0} where nothing says other.
     * With n windows, replication r uses windows[r % n]. */
    int64_t *window_start_ns;
    size_t window_count;
    int *window_label; /* as the user numbered them */
    scenario_provider *providers;
    size_t provider_count;
    scenario_region *regions;
    size_t region_count;
    scenario_grid *grids;    /* [region_count]; NULL: nothing is known of power */
    trace_grid *grid_traces; /* owned: what grids replay */
    size_t grid_trace_count;
    int64_t carbon_nusd_per_ton; /* what a tonne of CO2 is worth to the company; no bill has it */
    scenario_machine *machines;
    size_t machine_count;
    scenario_pool *pools;
    size_t pool_count;
    scenario_class *classes;
    size_t class_count;
    scenario_workload *workloads;
    size_t workload_count;
    char **accelerators; /* models of devices, by name; NODE_MODELS_MAX at most */
    size_t accelerator_count;
    scenario_names labels; /* of pools' nodes */
    scenario_names groups; /* of classes' tasks */
    scenario_node *nodes;  /* that stand from the start */
    size_t node_count;
    int has_fleet; /* 1: there are pools whose nodes come and go */
    scenario_quota *quotas;
    size_t quota_count;
    char *scaling; /* policy by which they do; NULL: the engine's default */
    sky_scaling_options scaling_options;
    sky_data_options data_options; /* how the engine handles data */
    scenario_task *tasks;          /* in the order in which they were submitted; shuffled: by name */
    size_t task_count;
    char **tenants; /* names; the first is that of whom nothing is told */
    size_t tenant_count;
    int64_t *tenant_weight_ppm; /* 0: nothing is told of it */
    char *queue;                /* discipline: how tasks that share nodes wait */
    sky_queue_options queue_options;
    scenario_rate *rates; /* of classes whose tasks train */
    size_t rate_count;
    double rate_noise;           /* sigma of the log of a job's true rate on a model about the measured one */
    double task_ratio;           /* of ARRIVAL_SHUFFLED: accelerators asked for, over those there are */
    int64_t grace_ns;            /* that a preempted task has to write a checkpoint */
    int kill_at_estimate;        /* 1: tasks end when they have run as long as their owners estimated */
    int drop_unplaceable;        /* 1: a task for which no node has room is dropped; 0: it waits */
    int64_t *egress_nusd_per_gb; /* [from * region_count + to], first tier; 0 on the diagonal */
    int64_t *rtt_ns; /* the same way: round trip, of the catalog or estimated by distance; NULL: no catalog */
    scenario_network *network;   /* NULL: data moves at once */
    struct data_config *storage; /* world/storage/data.h; NULL: none */
    struct services_config
        *services; /* world/service/services.h, but for seed, replication and threads; NULL: none */
    char **population_names, **place_names; /* place: "service at region" */
    size_t population_count, place_count;
    char **gateway_names; /* of its mesh */
    size_t gateway_count;
    uint32_t *population_service, *place_service; /* which they ask, and are of */
    scenario_service *service;                    /* what engines are told of them */
    size_t service_count;
    char *serving; /* policy by which the engine serves them; NULL: its default */
    sky_serving_options serving_options;
    int64_t streaming_target_ppm; /* of the engine, for pipelines; 0: it leaves them alone */
    uint32_t *place_zones;        /* of its region; SKY_NONE: a place that is spread over all of them */
    struct pipelines_config
        *pipelines; /* world/pipeline/pipelines.h, but for seed, replication, end and threads;
                                         * NULL: none */
    char **stage_names, **stream_names; /* of pipelines: "pipeline: stage", "pipeline: stage > stage" */
    scenario_fault *faults;
    size_t fault_count;
    trace_set traces; /* owns what pools and workloads replay */
    void *owned;      /* the loader's arena */
} scenario;

/* One "path=value" a --set. SKY_ERROR_INPUT with "file:line: key: found …, expected …". */
sky_status scenario_load(const char *path, const char *const *overrides, size_t override_count, scenario *out,
                         sky_error *error);
/* The same from the text of a scenario that was loaded from `path`, with its overrides but for the last `dropped`, and then with
 * others. Traces are read from where they were. */
sky_status scenario_load_text(const char *path, const scenario_source *text, size_t dropped,
                              const char *const *overrides, size_t override_count, scenario *out,
                              sky_error *error);
void scenario_free(scenario *s);
#endif
