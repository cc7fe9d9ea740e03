/* The world: what really happens. Pools, spot markets, instances, jobs and money, moved by the events of
 * one queue. It knows nothing of the engine; twin.c carries facts one way and orders the other. */
#ifndef SKYTWIN_WORLD_H
#define SKYTWIN_WORLD_H

#include "../../output/rows.h"
#include "../kernel/queue.h"
#include "../kernel/random.h"
#include "../scenario.h"
#include "../../engine/model/arith.h"
#include "grid.h"
#include "market.h"
#include "network/network.h"
#include "storage/data.h"
#include "stock.h"

/* Events of the kernel's queue. Regions are the logical processes; the control plane is the last one, so
 * that at any instant it acts after the regions have. */
typedef enum world_event_kind {
    WORLD_MARKET = 1, /* subject = pool: its spot market changes */
    WORLD_FINISH,     /* subject = instance: its job's work is done, if it still runs */
    WORLD_RECLAIM,    /* subject = instance: the notice is over */
    WORLD_ARRIVAL,    /* subject = workload: its next job is submitted */
    WORLD_TICK,       /* the control interval */
    WORLD_TASK_END,  /* subject = job: its run on a node is over; a = the run, if that is still under way (the
                       * foretelling, of a task that trains) */
    WORLD_TASK_LEFT, /* subject = job: it has left its nodes, as ordered; a = the run */
    WORLD_TASK_BEGIN, /* subject = job: the room that it was to get should have been left; a = order to answer */
    WORLD_TASK_READY,   /* subject = job: it may be tried again */
    WORLD_NODE_FAIL,    /* subject = node */
    WORLD_NODE_BACK,    /* subject = node: it has been repaired */
    WORLD_NETWORK,      /* a transfer ends or is due, unless a is no longer world.network_next_ns */
    WORLD_GRID,         /* subject = region: carbon intensity or price of its energy changes */
    WORLD_FAULT,        /* subject = fault: it comes, or goes */
    WORLD_STORAGE = 24, /* something of a dataset begins that goes over the network */
    WORLD_STOCK = 20,   /* subject = pool: its stock of machines on demand changes */
    WORLD_NODE_READY,   /* subject = node: has booted, if a is its generation still */
    WORLD_NODE_RECLAIM, /* subject = node: its notice is over; likewise */
    WORLD_ASK = 36,     /* a slow control plane comes to decide */
    WORLD_TELEMETRY, /* subject = pool, other = sky_purchase whose price a was, or SKY_PURCHASE_COUNT: its capacity */
} world_event_kind;

typedef struct world_pool {
    market market;
    int64_t in_use;      /* machines, ours */
    uint32_t first_spot; /* list of live spot instances, SKY_NONE at its end */
    uint32_t live;       /* instances */
    int64_t compute_nusd[SKY_PURCHASE_COUNT];
    sky_int128 machine_ns[SKY_PURCHASE_COUNT];
    int64_t probe_nusd, egress_nusd;
    int64_t probed_ns; /* when it was last probed with success; -1: never */
    int64_t nodes_accrued_ns;
    int64_t energy_mj, ugco2, energy_nusd;
    int64_t idle_metered_ns;
    /* Where its nodes come and go. */
    stock stock;
    int64_t fleet, covered;  /* nodes that are ours; of them, those that the commitment covers */
    uint64_t launched;       /* so far */
    uint32_t free_node;      /* head of the list of places that its nodes have left; SKY_NONE */
    uint32_t first_rack;     /* of world.racks */
    int64_t commitment_nusd; /* billed so far */
    int64_t commitment_ns;   /* since when it has been what it is; 0: from the start */
    int64_t commitment_before_nusd;
    sky_int128 commitment_before_ns; /* what it came to before that: money, and machine time */
    sky_int128 covered_ns;           /* machine time that was covered */
    int64_t price_ppm;               /* of its prices, by shocks */
    int32_t outages, silences;       /* faults under way that meet it */
    int64_t telemetry_age_ns;        /* in a silence: what is told is so old; 0: nothing is */
} world_pool;

/* What a node that comes and goes has beside the node. */
typedef struct world_machine {
    int64_t launched_ns, accrued_ns; /* billed up to there */
    int64_t priced_ns, billed_nusd;  /* since when its price has been what it is, and what was billed since */
    uint32_t purchase, live, covered, noticed;
    uint32_t generation, next_free;
    uint32_t rack, reserved; /* of world.racks; SKY_NONE */
} world_machine;

typedef struct world_rack {
    int32_t outages;  /* faults under way that meet it */
    uint32_t nodes;   /* that came and have not gone, in a pool where they do */
    uint32_t changed; /* 1: by the fault that comes or goes now */
} world_rack;

/* One of the scenario's faults. */
typedef struct world_fault {
    uint64_t count;  /* so many times it has come and gone */
    int64_t next_ns; /* when it comes, or goes, next */
    uint32_t active, reserved;
} world_fault;

typedef struct world_instance {
    uint32_t job, pool, purchase;
    uint32_t live; /* 1 from launch to stop */
    uint32_t next_spot, previous_spot;
    uint32_t noticed;
    uint32_t transfer; /* of its job's checkpoint, that it waits for; SKY_NONE */
    uint32_t reads;    /* of datasets, that are under way to it */
    uint32_t reserved;
    int64_t machines, speed_ppm;
    int64_t start_ns;     /* billed from here */
    int64_t run_ns;       /* work goes on from here; SKY_NEVER_NS: not known while its checkpoint moves */
    int64_t data_ns;      /* the copies that its job reads take until then */
    int64_t base_done_ns; /* work done when it started */
    int64_t accrued_ns;   /* billed up to here so far */
    int64_t metered_ns;   /* its energy is known up to here */
} world_instance;

typedef struct world_job {
    record_job_row row;
    const scenario_workload *workload; /* of row.workload: in no checkpoint */
    uint32_t instance;                 /* SKY_NONE: runs nowhere */
    uint32_t leader_pool;              /* where its checkpoint lies; SKY_NONE before the first start */
    int64_t read_ns;       /* of a task: that its data takes at its start, on top of the restart */
    int64_t read_until_ns; /* of its present run: what it reads as it works is read up to there */
    int64_t durable_ns;    /* work that survived when it last stopped */
    uint32_t node;         /* of a task that has been placed, its first part; SKY_NONE */
    uint32_t devices;      /* what it holds of that node's, see node.h */
    uint32_t gang;
    uint32_t parts;      /* placed */
    uint32_t more_parts; /* of world.parts: all but the first; SKY_NONE */
    uint32_t waits;      /* 1: its first part waits for its room */
    int64_t priority;
    int64_t estimate_ns;    /* what its owner says of its work: all that the engine hears */
    uint32_t first, member; /* of its submission: the first job, and its own number */
    uint32_t stage;
    uint32_t running_at; /* place in world.running_tasks; SKY_NONE */
    uint32_t training;   /* of world.trainings, of a task that trains; else SKY_NONE */
    uint8_t ends_as;     /* world_end of the run under way */
    uint8_t stopping;    /* 1: it was ordered to leave its nodes at stopped_ns, and writes a checkpoint */
    uint16_t reserved;
    uint32_t share_mgpu; /* of each of its devices, where it shares them; else 0 */
    uint32_t reserved_too;
    int64_t submission; /* so many of its workload came before */
    int64_t run_start_ns, stopped_ns;
    int64_t begin_ns;         /* when the last of its parts should have room */
    int64_t metered_ns;       /* of a task: its energy is known up to here */
    int64_t refused_decision; /* number of the decision in which it could not be placed; -1 */
} world_job;

/* What a task that trains has beside its job. */
typedef struct world_training {
    uint32_t least_workers, most_workers;
    uint32_t partner; /* the job that has the other half of its devices; SKY_NONE */
    uint32_t reserved;
    int64_t usteps, done_usteps, rate_usteps; /* millionths of a step: to do, done, a second now */
    int64_t weight_ppm;
    int64_t progress_ns; /* done_usteps is as of then: later than now while it restores its state */
    int64_t foretold;    /* counts what its end was foretold by: older foretellings are stale */
} world_training;

/* One part of a gang on its node. */
typedef struct world_part {
    uint32_t node, devices, next; /* next: of the same gang, or free; SKY_NONE */
    uint32_t waits;               /* 1: for those who leave the node */
} world_part;

typedef struct world {
    const scenario *scenario;
    uint64_t seed;
    unsigned replication;
    int64_t now_ns, end_ns;
    kernel_queue queue;
    world_pool *pools;
    world_instance *instances;
    size_t instance_count, instance_capacity;
    world_job *jobs;
    size_t job_count, job_capacity;
    world_training *trainings;
    size_t training_count, training_capacity;
    uint32_t first_open;                /* all jobs before it have ended */
    int64_t *workload_arrived;          /* jobs so far, by workload */
    int64_t *workload_sum;              /* of its unit gaps up to the next arrival, in 2^-32 */
    transfer_meter *meters;             /* of what goes to the Internet, by provider */
    network network;                    /* where the scenario has one */
    int64_t network_next_ns;            /* for when an event of it is in the queue */
    data data;                          /* where the scenario has some */
    int64_t storage_next_ns;            /* likewise: for when an event of it is in the queue */
    int64_t storage_nusd;               /* so far billed */
    uint32_t reading_job, reading_pool; /* whose reading is billed, and where it runs; SKY_NONE: nobody's */
    int64_t *network_nusd;              /* of what moves by schedule and of datasets, by region that sends */
    int64_t ports_nusd;                 /* of private links, so far */
    int64_t cost_nusd;                  /* everything billed so far */
    int64_t egress_total_nusd;
    int64_t rate_nusd_per_hour; /* of all live instances */
    world_fault *faults;
    world_rack *racks;         /* of all pools, in their order */
    int32_t *place_outages;    /* by place of the services: faults under way that meet it */
    int32_t deaf;              /* outages of the control plane under way */
    int64_t decision_delay_ns; /* it is slow by so much */
    int64_t asks_ns;           /* then: when the engine is asked next; in the past: when it was */
    int64_t energy_mj, ugco2;  /* so far, as far as meters were read */
    grid *grids;               /* by region; NULL: no pool's machines have known power */
    uint32_t running, pending, done, failed;
    node *nodes;             /* as they really are: first those that stand */
    world_machine *machines; /* of each node */
    uint32_t node_count, node_capacity;
    uint32_t booting, up; /* nodes that come and go */
    int64_t *quota_used;  /* by quota of the scenario */
    uint64_t *chips;      /* bitmaps of the pods' taken chips, one after the other */
    terms *terms;         /* who runs where, for placement terms; NULL: no class has any */
    world_part *parts;
    size_t part_count, part_capacity;
    uint32_t free_part;
    uint32_t *running_tasks; /* on nodes, in no particular order */
    size_t running_task_count, running_task_capacity;
    uint32_t pending_tasks;  /* of those pending */
    uint32_t awaited;        /* things to come that may let tasks run which wait */
    int64_t *node_left_ns;   /* by node: when the last of those that leave it will have */
    uint32_t *node_failures; /* by node, so far */
    uint8_t *node_broken;    /* by node that stands from the start; 1: it failed, and is not repaired yet */
    int64_t busy_mcpu, busy_mgpu, nodes_mcpu, nodes_mgpu; /* in use now; that nodes have that are up */
    sky_int128 nodes_mcpu_ns, nodes_mgpu_ns;
    int64_t busy_since_ns;
    sky_int128 busy_mcpu_ns, busy_mgpu_ns;
    uint32_t *task_list; /* of ARRIVAL_SHUFFLED: the tasks of this run, in their order */
    int64_t task_list_count;
    record_summary summary;
} world;

/* All memory is freed by world_free, also after a failure. */
sky_status world_init(world *w, const scenario *scenario, unsigned replication, uint64_t seed,
                      sky_error *error);
void world_free(world *w);

/* What a world is in the middle of, at the end of an instant; see kernel/state.h. It is restored into one that world_init has
 * just made, of the same scenario or of another one of as many things of each kind, whose values count from then on
 * (world_state.c says which of them are values). */
void world_state(world *w, state *s);

/* Billing increment and minimum of a pool, as the scenario has it. */
int64_t world_billing_increment(const world *w, uint32_t pool);
int64_t world_billing_minimum(const world *w, uint32_t pool);

/* ---- instances (instances.c) ------------------------------------------------------------------------------ */
/* 1: capacity (and for spot the market) would let a launch succeed now. */
int world_can_launch(const world *w, uint32_t pool, sky_purchase purchase, int64_t machines);
/* Launches a job that runs nowhere; *instance is its index. Only after world_can_launch. */
sky_status world_launch(world *w, uint32_t job, uint32_t pool, sky_purchase purchase,
                        const scenario_eligible *eligible, uint32_t *instance, sky_error *error);
typedef enum world_end {
    WORLD_END_DONE,
    WORLD_END_PREEMPTED,
    WORLD_END_MOVED,
    WORLD_END_RUN_OVER,
    WORLD_END_FAILED,
    WORLD_END_NODE_GONE,
    WORLD_END_TIME_LIMIT,
    WORLD_END_OUTAGE,
} world_end;
/* Ends an instance: settles its job's progress, bills it to the end of its increment. */
/* Returns why, as it goes into the record: a job that moves on notice has been preempted. */
world_end world_stop(world *w, uint32_t instance, world_end why);
/* Enqueues the end of its job's work, if nothing stops it before. SKY_ERROR_MEMORY. */
sky_status world_expect_finish(world *w, uint32_t instance, sky_error *error);
/* Work done by an instance's job at a time while it runs there. */
int64_t world_done_ns(const world *w, const world_instance *i, int64_t at_ns);
/* 1: after a preemption notice there is time for a last checkpoint. */
int world_notice_suffices(const world *w, const world_job *job, uint32_t pool);
/* The part of that which a preemption now would leave. */
int64_t world_durable_ns(const world *w, const world_instance *i, int64_t at_ns);

/* ---- where tasks may be (terms.c) ----------------------------------------------------------------------------- */
/* After the nodes: what required terms need to know. */
sky_status world_start_terms(world *w, sky_error *error);
/* A node goes, or is back. SKY_ERROR_MEMORY. */
sky_status world_node_is(world *w, uint32_t node, node_state state, sky_error *error);
/* 1: the class may enter the node's pool, and no required term keeps it away from the node as things stand. */
int world_may_be_on(const world *w, uint32_t job_class, uint32_t node);

/* ---- nodes that tasks share (cluster.c) ---------------------------------------------------------------------- */
/* An empty node; a pod's bitmap starts at that word. */
void world_make_node(const scenario_node *from, uint32_t rank, uint32_t first_word, node *n);
/* The scenario's nodes, empty, in this run's order of ranks. */
sky_status world_start_nodes(world *w, sky_error *error);
/* The run's tasks, where they come shuffled. */
sky_status world_shuffle_tasks(world *w, sky_error *error);
typedef enum world_placed {
    WORLD_REFUSED, /* there is no room, or the class may not be there, and what had been placed of its gang has left again */
    WORLD_PART,    /* more parts are to come */
    WORLD_STARTED, /* all of it runs */
    WORLD_BEGINS,  /* all of it has a place, but others are still leaving: it may begin at begin_ns */
} world_placed;
/* Puts one more part of a waiting task on a node and on those devices (see node.h). SKY_ERROR_MEMORY. */
sky_status world_place_part(world *w, uint32_t job, uint32_t node, uint32_t devices, world_placed *placed,
                            sky_error *error);
/* Its begin_ns has come: *placed is WORLD_STARTED or WORLD_REFUSED. SKY_ERROR_MEMORY. */
sky_status world_begin_task(world *w, uint32_t job, world_placed *placed, sky_error *error);
/* The task, all parts of it, leaves its nodes, or gives up the places that it was to get. */
void world_leave_nodes(world *w, uint32_t job);
/* What each part of the task takes of its node: what its class asks for, or half of each device. */
node_request world_request_of(const world *w, const world_job *job);
/* Half of each device from the next placement on: another job has the other half. */
void world_take_half(world *w, uint32_t job);
/* The task that waits runs with so many workers from its next start on. 0: not with that number, or it runs. */
int world_resize(world *w, uint32_t job, uint32_t workers);
/* Counts what is in use, up to now. */
void world_accrue_use(world *w);
/* Bills the nodes up to now: standing machines, reserved where the pool sells that, else on demand. */
void world_accrue_nodes(world *w);
/* Allocation and fragmentation of the nodes' devices as they are now, into the summary. */
sky_status world_measure_nodes(world *w, sky_error *error);

/* ---- runs of tasks, and what ends them (lives.c) -------------------------------------------------------------- */
/* A task runs from now on: when that run is over, and as what (job.ends_as); SKY_NEVER_NS: not before the end. */
int64_t world_start_run(world *w, uint32_t job);
/* When the run under way of one that does not train is over. */
int64_t world_run_ends_ns(const world *w, uint32_t job);
/* The run under way is over: settles what was done, what of it survives, and what is lost. */
void world_end_run(world *w, uint32_t job, world_end why);
/* A running task is ordered to leave. How long it takes to write a checkpoint: 0 where it has no time to. */
int64_t world_order_to_leave(world *w, uint32_t job);
/* Draws when each node fails first. SKY_ERROR_MEMORY. */
sky_status world_start_failures(world *w, sky_error *error);
/* From now to the next failure, or to the end of the repair; SKY_NEVER_NS: never. */
int64_t world_node_lasts_ns(const world *w, uint32_t node);
int64_t world_node_repair_ns(const world *w, uint32_t node);
/* The tasks with a part on a node, in the order of their numbers: *jobs is freed with free(). SKY_ERROR_MEMORY. */
sky_status world_tasks_on(const world *w, uint32_t node, uint32_t **jobs, size_t *count, sky_error *error);

/* ---- tasks that train (training.c) ---------------------------------------------------------------------------- */
static inline int world_trains(const world_job *job)
{
    return job->training != SKY_NONE;
}
/* It runs from now on. Whoever has the other half of its devices is its partner from now on; SKY_NONE: nobody. */
uint32_t world_start_training(world *w, uint32_t job);
/* Its run ends now, before it leaves its nodes: settles its steps and its partner's, and bills its accelerators: their
 * part of machines that are paid for anyway. Its partner so far; SKY_NONE: it had none. */
uint32_t world_stop_training(world *w, uint32_t job);
/* Steps up to now, at the rate so far. */
void world_settle_training(world *w, uint32_t job);
/* The part of its work that they are, at the reference speed. */
int64_t world_training_done_ns(const world *w, const world_job *job);
/* Looks at what the job runs on and beside whom, and foretells its end: SKY_NEVER_NS: not like this. Settle first. */
int64_t world_training_end_ns(world *w, uint32_t job);

/* ---- money (billing.c) -------------------------------------------------------------------------------------- */
/* Bills a live instance up to a time not before what is billed already, at its pool's price now. */
void world_accrue(world *w, world_instance *i, int64_t to_ns);
void world_accrue_pool_spot(world *w, uint32_t pool);
/* Brings first_open up to date. */
void world_pass_over_ended(world *w);
void world_accrue_all(world *w);
/* Price per machine-hour now. */
int64_t world_price(const world *w, uint32_t pool, sky_purchase purchase);
/* Bills successful probes of this instant, but for pools where something of ours is alive. */
void world_bill_probes(world *w);
/* A job that can't meet its deadline even if it runs on demand from the start is not run where the scenario
 * gives late jobs up, but quoted: (work + restart) at the cheapest on-demand price. */
void world_bill_quote(world *w, world_job *job);

/* ---- data that moves (moves.c) -------------------------------------------------------------------------------- */
/* Moves a job's checkpoint to where it was launched, if it lies in another region: at once, and billed, where there
 * is no network; else the instance waits for it. SKY_ERROR_MEMORY. */
sky_status world_move_checkpoint(world *w, uint32_t instance, sky_error *error);
/* Its instance stops: what has moved of the checkpoint is billed, and lost. */
void world_cut_move(world *w, uint32_t instance);
/* How long until an instance's work goes on; of one that waits for its checkpoint or data, at the present rate. */
int64_t world_start_left_ns(world *w, uint32_t instance);
/* Transfers end and start that are due. SKY_ERROR_MEMORY. */
sky_status world_network_goes_on(world *w, sky_error *error);
/* *taken: 1: *transfer is the next of those that ended, now billed; its job, if any, goes on. SKY_ERROR_MEMORY. */
sky_status world_take_transfer(world *w, uint32_t *transfer, int *taken, sky_error *error);
/* Sees to it that the queue has an event for what happens next in the network. SKY_ERROR_MEMORY. */
sky_status world_watch_network(world *w, sky_error *error);
void world_accrue_ports(world *w);
/* 1: its job can't go on yet, as something moves to it. */
static inline int world_waits(const world_instance *i)
{
    return i->transfer != SKY_NONE || i->reads > 0;
}
/* It waits for nothing: sets when its work goes on. */
void world_may_run(world *w, uint32_t instance);
/* A task starts on a node there: its checkpoint, and the data of its class, which each start fetches, are billed at
 * once, network or not. */
void world_bill_task_egress(world *w, world_job *job, uint32_t to_pool);
/* Requests or answers that went from one region to another: bills them, and returns their price. */
int64_t world_bill_messages(world *w, uint32_t from, uint32_t to, int64_t bytes);

/* Bytes of a dataset that moved at a time: billed, and their price. */
int64_t world_bill_data(world *w, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes);

/* ---- datasets (datasets.c) -------------------------------------------------------------------------------------- */
/* SKY_ERROR_MEMORY, as all of these. */
sky_status world_start_storage(world *w, sky_error *error);
/* All that happened up to now. Before anything else of an instant. */
sky_status world_store(world *w, sky_error *error);
/* Sees to it that the queue has an event for what begins next. */
sky_status world_watch_storage(world *w, sky_error *error);
void world_accrue_storage(world *w);
/* An instance, or a task, starts: its job reads what it needs. */
sky_status world_read_data(world *w, uint32_t instance, sky_error *error);
sky_status world_read_for_task(world *w, uint32_t job, sky_error *error);
/* Until the data that is under way to an instance is there, at the present rate. */
int64_t world_data_left_ns(world *w, uint32_t instance);
/* What a job that runs reads as it works, up to now. */
void world_read_along(world *w, uint32_t job);
/* From the start of a task's run until its work goes on. */
static inline int64_t world_setup_ns(const world_job *job)
{
    return add_sat_i64(job->workload->restart_ns, job->read_ns);
}

/* ---- faults (faults.c) ------------------------------------------------------------------------------------------ */
/* SKY_ERROR_MEMORY. */
sky_status world_start_faults(world *w);
/* The next coming or going of any; SKY_NEVER_NS. */
int64_t world_next_fault_ns(const world *w);
/* When it comes next, from now, and when the one under way goes; SKY_NEVER_NS. */
int64_t world_fault_begins_ns(const world *w, uint32_t fault);
int64_t world_fault_ends_ns(const world *w, uint32_t fault);
/* 1: this time it meets the pool. The same from its coming to its going. */
int world_fault_meets(const world *w, uint32_t fault, uint32_t pool);
/* The same of a place of a service. */
int world_fault_meets_place(const world *w, uint32_t fault, uint32_t place);
/* The way between a population and a place, by the faults of links that are under way. */
struct services_way world_way(const world *w, uint32_t population, uint32_t place);
/* 1: the fault is of a kind that takes whole regions, and takes this one. */
int world_fault_takes_region(const world *w, uint32_t fault, uint32_t region);
/* 1: an outage takes the region as a whole now. */
int world_region_is_out(const world *w, uint32_t region);
/* Machines that may be had of a pool now. */
int64_t world_capacity(const world *w, uint32_t pool);
/* Sets what faults that are under way make of decisions, and of a pool's telemetry. */
void world_delay_decisions(world *w);
void world_delay_telemetry(world *w, uint32_t pool);
/* Of a pool's prices, by the shocks that are under way. */
int64_t world_price_factor_ppm(const world *w, uint32_t pool);
/* A shock has come or gone: what live instances of the pool cost an hour follows. After all was accrued. */
void world_shock_price(world *w, uint32_t pool);
/* Its prices were these until now, by purchase, and are others: likewise. */
void world_reprice(world *w, uint32_t pool, const int64_t *before);
/* A fault of links has come or gone. SKY_ERROR_MEMORY. */
sky_status world_fault_links(world *w, uint32_t fault);
void world_faults_state(world *w, state *s);

/* ---- racks (racks.c) ---------------------------------------------------------------------------------------------- */
/* Standing nodes fill them in the order of their numbers. After the nodes. SKY_ERROR_MEMORY. */
sky_status world_start_racks(world *w);
/* Where the pool's next node that comes goes: the first rack that is not out and has room. SKY_NONE: there is none, or
 * the pool has no racks. */
uint32_t world_rack_with_room(const world *w, uint32_t pool);
/* Nodes that the pool's racks have room for which are not out; INT64_MAX: of its racks nothing is known. */
int64_t world_rack_room(const world *w, uint32_t pool);
/* 1: this time the fault meets the rack, of all racks. */
int world_fault_meets_rack(const world *w, uint32_t fault, uint32_t rack);
/* 1: the node's pool is out, or its rack. */
int world_is_out(const world *w, uint32_t node);

/* ---- energy (energy.c) ---------------------------------------------------------------------------------------- */
/* SKY_ERROR_MEMORY. */
sky_status world_start_grids(world *w);
void world_free_grids(world *w);
/* Charges so much power from *since_ns until now to a pool, and to a job (NULL: to none). */
void world_read_meter(world *w, uint32_t pool, int64_t power_mw, int64_t *since_ns, record_job_row *job);
void world_meter_instance(world *w, world_instance *i);
/* Of a task all of whose parts run. */
void world_meter_task(world *w, world_job *job);
/* What so many machines of a pool draw whether they are used or not. */
void world_meter_idle(world *w, uint32_t pool, int64_t machines, int64_t *since_ns);
/* All that runs. */
void world_meter_all(world *w);

/* ---- jobs (workload.c) --------------------------------------------------------------------------------------- */
/* Draws a workload's first gap. */
void world_start_workload(world *w, uint32_t workload);
/* Time at which a workload's next job arrives; SKY_NEVER_NS: none any more. */
int64_t world_next_arrival(const world *w, uint32_t workload);
/* Room for so many more. SKY_ERROR_MEMORY. */
sky_status world_reserve_jobs(world *w, size_t more, sky_error *error);
/* Submits it: all tasks of it, numbered in a row; *job is the index of the first, *count how many. */
sky_status world_submit(world *w, uint32_t workload, uint32_t *job, uint32_t *count, sky_error *error);
/* The stage that a task is of; NULL: its submission has none. */
const scenario_stage *world_stage_of(const world_job *job);
/* How far each workload has come. */
void world_arrivals_state(world *w, state *s);

#endif
