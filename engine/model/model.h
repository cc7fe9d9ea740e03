/* What the engine believes of the world: everything that it has been told, as arrays of small structs.
 *
 * Invariants: no pointer inside an item, no padding, unused bytes zero, so that a snapshot is the arrays'
 * bytes. Only model_observe changes beliefs; strategies get a const model. */
#ifndef SKYTWIN_MODEL_H
#define SKYTWIN_MODEL_H

#include "../cluster/node.h"
#include "../cluster/terms.h"
#include "../queue/reservations.h"
#include "arith.h"
#include "data.h"
#include "pipelines.h"
#include "services.h"

#define MODEL_MAX_MACHINES  INT64_C(1000000000) /* that a job needs of a pool */
#define MODEL_MAX_SPEED_PPM INT64_C(1000000000)

typedef struct model_provider {
    int64_t notice_ns;
    int64_t energy_billed; /* 1: energy comes on top of the machines' price */
} model_provider;

typedef struct model_region {
    uint32_t provider;
    uint32_t reserved;
    int64_t jurisdiction;
    int64_t carbon_gco2_per_mwh, energy_nusd_per_mwh; /* now */
} model_region;

typedef struct model_pool {
    uint32_t region;
    uint32_t zone;
    uint32_t purchases;   /* bits 1 << sky_purchase */
    uint32_t price_known; /* bits 1 << sky_purchase */
    int64_t capacity;
    int64_t in_use; /* machines that we hold */
    int64_t billing_minimum_ns;
    int64_t billing_increment_ns;
    int64_t boot_ns;
    int64_t price_nusd[SKY_PURCHASE_COUNT]; /* per machine-hour */
    int64_t idle_mw, peak_mw;               /* of a machine; 0: not told */
} model_pool;

typedef struct model_class {
    uint32_t first; /* of its model_eligible, which lie side by side in rising pool order */
    uint32_t count;
    int64_t sure_ppm;     /* fastest speed on demand among the pools open to it that are never full (all,
                               * where all can be); 0: none sells on demand */
    int64_t sure_boot_ns; /* longest boot of those */
    uint32_t bounded;     /* 1: all of those may be full */
    uint32_t reserved;
} model_class;

typedef struct model_eligible {
    uint32_t pool;
    uint32_t rule; /* 0: allowed; else the rule that forbids the class to enter this pool */
    int64_t machines;
    int64_t speed_ppm;
} model_eligible;

/* What a class's tasks ask of a node; one a class, once the catalog is complete. */
typedef struct model_request {
    node_request ask;
    int64_t expected; /* tasks to be expected, as a share of the sum over classes */
    uint64_t groups;  /* bit set: what placement terms know its tasks by */
    uint32_t is_task; /* 1: the class's jobs are tasks */
    uint32_t reserved;
} model_request;

/* A pool whose nodes come and go; one a pool, once any was told of. */
typedef struct model_scale {
    node shape;                                 /* what a node of it will be like: up, and empty */
    int64_t least, most;                        /* nodes; most 0: its nodes, if any, stand as they are */
    int64_t committed;                          /* nodes that are paid for whether they are used or not */
    int64_t alive[SKY_PURCHASE_COUNT];          /* booting, up or draining */
    int64_t ordered[SKY_PURCHASE_COUNT];        /* ordered, and not answered yet */
    int64_t back_off_until[SKY_PURCHASE_COUNT]; /* a time_ns: not asked again before */
    int64_t back_off_ns[SKY_PURCHASE_COUNT];    /* the present length; 0: its last launch was a success */
} model_scale;

typedef struct model_quota {
    uint32_t provider, region; /* SKY_NONE: all regions of the provider together */
    uint32_t counts;           /* sky_quota */
    uint32_t reserved;
    int64_t most, used; /* used: by nodes that are ordered, booting, up or draining */
} model_quota;

/* What each start of a class's task reads from another region; one a class, once any was told of. */
typedef struct model_data {
    uint32_t region; /* where it lies */
    uint32_t reserved;
    int64_t bytes; /* 0: nothing */
} model_data;

typedef enum model_job_state { MODEL_JOB_WAITING, MODEL_JOB_RUNNING, MODEL_JOB_ENDED } model_job_state;

typedef struct model_job {
    uint32_t job_class;
    uint8_t state; /* model_job_state */
    uint8_t purchase;
    uint8_t guarded; /* 1: the deadline guard has taken over for good */
    uint8_t queued;  /* 1: in the list of jobs to look at */
    uint8_t alerted;
    uint8_t notice;    /* 1: its instance will be reclaimed at notice_ns */
    uint8_t together;  /* sky_together */
    uint8_t hold;      /* bit set of model_hold: of a task that waits, why it may not be tried */
    uint32_t pool;     /* where it runs; SKY_NONE */
    uint32_t instance; /* SKY_NONE; of a task: its node */
    uint32_t
        leader_pool;   /* where its checkpoint lies: where it worked last; SKY_NONE before the first start */
    uint32_t stopping; /* instance that was ordered to stop, SKY_NONE */
    uint32_t plan;     /* slot of the plan that is being carried out; SKY_NONE */
    uint32_t active_index;    /* place in the list of active jobs */
    uint32_t waiting_answers; /* orders not answered yet */
    uint32_t seen_pool;       /* where it ran when it was last looked at; SKY_NONE before */
    uint32_t work_fraction;   /* of work_ns, in 2^-16 ns */
    uint32_t devices;    /* of a task: what it holds of its node's (see node.h); of a gang: its first part */
    uint32_t tenant;     /* 0 where untold */
    uint32_t gang;       /* parts, at least 1 */
    uint32_t more_parts; /* of MODEL_PARTS: where the gang's other parts run; SKY_NONE */
    uint32_t life;       /* of MODEL_LIVES: what befalls it beyond one run; SKY_NONE: nothing told */
    uint32_t round;      /* how often the strategy has been asked about it at this instant, less one */
    uint32_t least_workers, most_workers; /* of a task that trains; 0: it does not */
    uint32_t share_mgpu; /* of each device that it holds, where that is not what its class asks for; else 0 */
    uint32_t partner;    /* the task that has the other half of its devices; SKY_NONE */
    int64_t submit_ns;
    int64_t work_ns;
    int64_t deadline_ns; /* a time; SKY_NEVER_NS */
    int64_t checkpoint_bytes;
    int64_t restart_ns;
    int64_t done_ns;          /* work that would survive a preemption now */
    int64_t overhead_left_ns; /* of the running instance's restart */
    int64_t started_ns;       /* when the running instance was launched */
    int64_t last_failed_ns;   /* when a whole plan last found no capacity; -1: never */
    int64_t decided_ns;       /* when the strategy was last asked; -1: ask again */
    int64_t notice_ns;
    int64_t priority;            /* of a task; 0 where untold */
    int64_t usteps, done_usteps; /* of a task that trains: millionths of a step, to do and done */
    int64_t weight_ppm;
} model_job;

/* Why a task that waits is not in the queue. */
typedef enum model_hold {
    MODEL_HOLD_STOPPING = 1, /* it was ordered to leave its nodes, and has not answered */
    MODEL_HOLD_FAILED = 2,   /* the order to try it again later is still to be given */
    MODEL_HOLD_BACK_OFF = 4, /* it was: the time has not come */
    MODEL_HOLD_SPENT = 8,    /* no retry is left: to be rejected */
    MODEL_HOLD_DOOMED = 16,  /* one of its array, or a predecessor, failed: to be rejected */
    MODEL_HOLD_ARRAY = 32,   /* as many of its array as may are at work */
    MODEL_HOLD_PREDECESSORS = 64,
} model_hold;

/* What befalls a task beyond one run: checkpoints, retries, its array, its predecessors. */
typedef struct model_life {
    int64_t checkpoint_interval_ns; /* of work; 0: all work survives */
    int64_t checkpoint_ns;          /* that writing one takes */
    int64_t back_off_ns, back_off_most_ns;
    uint32_t retries_most, failures;
    uint32_t first, members; /* of its array; SKY_NONE, 0: it is in none */
    uint32_t goes_on;        /* 1: others go on where it fails */
    uint32_t predecessors;   /* that have not ended */
    uint32_t successors;     /* of MODEL_EDGES; SKY_NONE */
    /* Of the first of an array: */
    uint32_t at_once;  /* members that may be at work at the same time; 0: any number */
    uint32_t admitted; /* that are at work: they wait for room, run, or wait for a retry */
    uint32_t next;     /* member not yet admitted */
} model_life;

typedef struct model_edge {
    uint32_t successor, next; /* next edge of the same predecessor; SKY_NONE */
} model_edge;

/* One part of a gang, beside its first, on its node. */
typedef struct model_part {
    uint32_t node;
    uint32_t devices;
    uint32_t next; /* part of the same gang, or free one; SKY_NONE */
    uint32_t reserved;
} model_part;

/* How fast tasks of a class train: SKY_EVENT_RATE, SKY_EVENT_PAIR_RATE. */
typedef struct model_rate {
    uint32_t job_class, model, workers;
    uint32_t partner; /* its class; SKY_NONE: alone */
    int64_t usteps, spread_usteps;
} model_rate;

/* A share of a type of accelerator's time, as last allocated, and what has come of it. See allocation/shares.h. */
typedef struct model_share {
    uint32_t job, partner; /* partner: SKY_NONE or a later job */
    uint32_t pool, model;  /* the type */
    int64_t share_ppm;
    int64_t owed_ppm; /* sum of share_ppm over the rounds so far: rounds that it should have had */
    int64_t rounds;   /* that it had */
} model_share;

typedef struct model_foresight {
    int64_t from_ns;
    int64_t spot_nusd;
    uint32_t pool;
    uint32_t available;
} model_foresight;

/* A candidate of a plan: run the job there, leave it where it is, let it wait; or have what it reads brought to the pool's
 * region, and go on with the next candidate. */
typedef enum plan_move { PLAN_RUN, PLAN_STAY, PLAN_IDLE, PLAN_BRING } plan_move;

typedef struct plan_candidate {
    uint32_t pool;
    uint16_t purchase;
    uint16_t move; /* plan_move */
    int64_t score;
    int64_t term[SKY_TERMS];
} plan_candidate;

#define PLAN_MAX 64

/* What a strategy returns: candidates in the order in which they are to be tried (a STAY or IDLE always
 * succeeds and so ends the plan; a plan that runs out leaves the job as it is), and pools to probe first.
 * A launch where the job runs already is no launch, unless leave_first has stopped it. */
typedef struct plan {
    uint32_t job;
    uint32_t next; /* candidate to try next */
    uint32_t count;
    uint32_t probe_count;
    uint32_t ask_again;   /* 1: when it has been carried out, with or without success, ask once more now */
    uint32_t leave_first; /* 1: stop what runs before the first candidate is tried */
    uint32_t reserved;
    uint32_t reason;    /* sky_reason of its first candidate */
    uint32_t overflow;  /* candidates that did not fit: only the best PLAN_MAX are tried */
    uint32_t free_next; /* free list of slots */
    uint32_t probe[PLAN_MAX];
    plan_candidate candidate[PLAN_MAX];
} plan;

typedef enum model_array_id {
    MODEL_PROVIDERS,
    MODEL_REGIONS,
    MODEL_POOLS,
    MODEL_CLASSES,
    MODEL_ELIGIBLE,
    MODEL_EGRESS,
    MODEL_JOBS,
    MODEL_ACTIVE,
    MODEL_QUEUE,
    MODEL_PLANS,
    MODEL_FORESIGHT,
    MODEL_MEMORY,
    MODEL_REQUESTS,    /* model_request */
    MODEL_NODES,       /* node */
    MODEL_CHIPS,       /* uint64_t: bitmaps of the pods' taken chips, one after the other */
    MODEL_PARTS,       /* model_part */
    MODEL_TENANTS,     /* queue_tenant; once a queue has been made of them, only in snapshots */
    MODEL_PROMISES,    /* reservation: of tasks that wait; likewise */
    MODEL_TERMS,       /* terms_term: in rising order of classes */
    MODEL_LIVES,       /* model_life */
    MODEL_EDGES,       /* model_edge */
    MODEL_RATES,       /* model_rate, in rising order of what they are of */
    MODEL_TRAINEES,    /* uint32_t: tasks that train and have not ended, in order of submission */
    MODEL_SHARES,      /* model_share, in rising order of (job, partner, pool, model) */
    MODEL_SCALES,      /* model_scale */
    MODEL_QUOTAS,      /* model_quota */
    MODEL_DATA,        /* model_data */
    MODEL_LINKS,       /* model_link; once any was told of */
    MODEL_TIERS,       /* model_tier; likewise */
    MODEL_DATASETS,    /* model_dataset */
    MODEL_COPIES,      /* model_copy */
    MODEL_READINGS,    /* model_reading */
    MODEL_WEIGHTS,     /* model_weight */
    MODEL_SERVICES,    /* model_service */
    MODEL_PLACES,      /* model_place */
    MODEL_POPULATIONS, /* model_population */
    MODEL_WAYS,        /* model_way */
    MODEL_STAGES,      /* model_stage */
    MODEL_STREAMS,     /* model_stream */
    MODEL_ARRAY_COUNT
} model_array_id;

typedef struct model_array {
    void *items;
    uint32_t count;
    uint32_t capacity;
} model_array;

/* Scalars of the state; part of a snapshot as they are. */
typedef struct model_scalars {
    int64_t now_ns;
    int64_t settled_ns; /* when growing last ordered nothing though tasks waited, plus 1; 0: never */
    int64_t interval_ns;
    int64_t probe_bill_ns;
    uint32_t strategy;
    uint32_t deadline_guard;
    uint32_t next_order;
    uint32_t free_plan; /* head of the free list of plan slots */
    uint32_t pending_probes;
    uint32_t asked; /* 1: memory of the strategy is set up; no more catalog facts */
    uint32_t drop_unplaceable;
    uint32_t free_part;  /* head of the free list of parts */
    uint32_t freed;      /* 1: room has come back, or nodes came or went, since the last round */
    uint32_t turn_due;   /* 1: a round of training begins at the next decision */
    uint32_t reallocate; /* 1: jobs or nodes came or went since shares were last allocated */
    uint32_t scaling;    /* 1: something has happened that may make pools grow or shrink */
    uint32_t weigh_due;  /* 1: copies of data are weighed at the next decision */
    uint32_t serving;    /* 1: something was measured that may make services scale, or route otherwise */
    uint32_t streaming;  /* 1: rates of pipelines were measured anew */
    uint32_t reserved;
    int64_t streaming_target_ppm;
    int64_t weighed_ns; /* when copies were last */
    uint64_t seed;
    int64_t carbon_nusd_per_ton; /* 0: it is worth nothing */
    int64_t saved_nusd;          /* of what services may have cost up to saved_ns */
    int64_t saved_ns;
    int64_t requests_nusd_per_hour; /* egress of services, as last planned */
    queue_amounts up;               /* what the nodes that are up have in all */
    queue_amounts capacity;         /* the same when the last round began: tenants' shares are of this */
    sky_queue_options queue_options;
    sky_scaling_options scaling_options;
    sky_data_options data_options;
    sky_serving_options serving_options;
} model_scalars;

/* Things that somebody is still to hear of; derived, and so in no snapshot. */
typedef struct model_list {
    uint32_t *of;
    size_t count, capacity;
} model_list;

struct model {
    model_scalars is;
    model_array array[MODEL_ARRAY_COUNT];
    model_list changed;   /* nodes whose room has changed since the packing's index last looked */
    model_list moved;     /* the same for who looks for victims; only with preemption */
    model_list arrived;   /* tasks that wait and are in no queue yet */
    model_list unsettled; /* tasks about which an order other than a placement is to be given */
    terms *terms;         /* who counts where, for placement terms; derived; NULL: no class has any */
};

static inline const model_pool *model_pools(const model *m)
{
    return m->array[MODEL_POOLS].items;
}
static inline const model_region *model_regions(const model *m)
{
    return m->array[MODEL_REGIONS].items;
}
static inline const model_job *model_job_at(const model *m, uint32_t job)
{
    return (const model_job *)m->array[MODEL_JOBS].items + job;
}
static inline const model_class *model_class_of(const model *m, const model_job *job)
{
    return (const model_class *)m->array[MODEL_CLASSES].items + job->job_class;
}
static inline const model_eligible *model_eligible_of(const model *m, const model_class *c)
{
    return (const model_eligible *)m->array[MODEL_ELIGIBLE].items + c->first;
}
static inline uint32_t model_pool_count(const model *m)
{
    return m->array[MODEL_POOLS].count;
}

static inline const model_request *model_request_of(const model *m, uint32_t job_class)
{
    return (const model_request *)m->array[MODEL_REQUESTS].items + job_class;
}
static inline const node *model_nodes(const model *m)
{
    return m->array[MODEL_NODES].items;
}
static inline const uint64_t *model_chips(const model *m)
{
    return m->array[MODEL_CHIPS].items;
}
static inline node_view model_node_view(const model *m, uint32_t index)
{
    return (node_view){ model_nodes(m) + index, model_chips(m) };
}
/* NULL: the pool's nodes, if any, stand as they are. */
static inline const model_scale *model_scale_of(const model *m, uint32_t pool)
{
    const model_scale *s = m->array[MODEL_SCALES].items;

    return pool < m->array[MODEL_SCALES].count && s[pool].most > 0 ? &s[pool] : NULL;
}
static inline uint32_t model_node_count(const model *m)
{
    return m->array[MODEL_NODES].count;
}
/* 1: the class's jobs are tasks that share nodes. */
static inline int model_is_task(const model *m, uint32_t job_class)
{
    return job_class < m->array[MODEL_REQUESTS].count && model_request_of(m, job_class)->is_task;
}

/* Price of one GB (1e9 bytes) from a region to another; 0 within one. */
int64_t model_egress_nusd_per_gb(const model *m, uint32_t from_region, uint32_t to_region);
/* From now on. SKY_ERROR_MEMORY. */
sky_status model_set_egress(model *m, uint32_t from_region, uint32_t to_region, int64_t nusd_per_gb);
/* What moving the job's checkpoint to a pool costs; 0 before its first start and within the region. */
int64_t model_egress_nusd(const model *m, const model_job *job, uint32_t to_pool);
/* Time that the checkpoint's move to a pool takes: see model_transfer_ns; 0 before its first start. */
int64_t model_move_ns(const model *m, const model_job *job, uint32_t to_pool);
/* Time from a launch there until work goes on: the checkpoint moves while the machine boots. SKY_NEVER_NS. */
int64_t model_start_ns(const model *m, const model_job *job, uint32_t pool);
/* The class's entry for a pool; NULL if it may not run there at all. */
const model_eligible *model_eligible_at(const model *m, const model_job *job, uint32_t pool);
const model_eligible *model_eligible_of_class(const model *m, uint32_t job_class, uint32_t pool);
/* 1: a machine there is one that the class can count on: see model_class.sure_ppm. */
int model_is_sure(const model *m, const model_class *c, const model_eligible *e);
/* Price per hour of running the job there: price × machines. */
int64_t model_job_price(const model *m, const model_eligible *e, sky_purchase purchase);

sky_status model_init(model *m, sky_error *error);
void model_free(model *m);
size_t model_item_size(model_array_id id);
/* Room for one more item at the end, zeroed; NULL: no memory. */
void *model_append(model *m, model_array_id id);
/* One more on a list. SKY_ERROR_MEMORY. */
sky_status model_note(model_list *list, uint32_t thing);
sky_status model_reserve(model *m, model_array_id id, uint32_t count);
/* Tells the model a fact. See sky_engine_observe. */
sky_status model_observe(model *m, const sky_event *event, sky_error *error);
/* What a node is worth to a class beside its packing: see terms_of. */
static inline int32_t model_points(const model *m, uint32_t job_class, uint32_t index)
{
    return m->terms != NULL ? terms_of(m->terms, job_class, index, &model_nodes(m)[index]) : 0;
}
/* Derives what follows from the catalog, once it is complete. */
void model_complete_catalog(model *m);
/* What classes can count on: see model_class.sure_ppm. */
void model_find_sure(model *m);
/* An event that can't be: says what is wrong with it. */
sky_status model_refuse(sky_error *error, const sky_event *event, const char *what, int64_t found);
sky_status model_no_memory(sky_error *error);
/* Puts a job on the list of those to look at. */
sky_status model_queue_job(model *m, uint32_t job);

#endif
