/* skytwin engine: the scheduler core, as it runs in production and in the twin.
 *
 * The caller tells the engine facts (events) and asks it to decide; the engine answers with orders
 * (actions). It reads no clock, file, socket, environment variable or random source, starts no thread
 * and has no global state: the same events in the same order give the same actions, bit for bit.
 *
 *     sky_engine *engine;
 *     sky_engine_create(&config, &engine, &error);
 *     for (;;) {
 *         sky_engine_observe(engine, &event, &error);            // as facts arrive, in time order
 *         sky_engine_decide(engine, now_ns, &actions, &count, &error);
 *         ... carry the actions out, tell the engine what came of each, decide again until count is 0 ...
 *     }
 *
 * A launch is an order, not a fact: the world answers it with SKY_EVENT_INSTANCE_STARTED or
 * SKY_EVENT_LAUNCH_FAILED, and only then does the engine try the next candidate of its plan. Answers may
 * come at the same instant (a simulator) or seconds later (a cloud).
 *
 * Units stand in names: _ns nanoseconds since the run's origin, _nusd nano-dollars, _bytes, _ppm.
 * Indices (provider, region, pool, class, job, instance) are dense, count from 0 in the order in which
 * they are declared, and are SKY_NONE where a field has no meaning. Unused fields are 0. */
#ifndef SKYTWIN_ENGINE_H
#define SKYTWIN_ENGINE_H

#include <skytwin/solver.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SKY_ENGINE_VERSION_MAJOR 0
#define SKY_ENGINE_VERSION_MINOR 1
#define SKY_NONE                 UINT32_MAX
#define SKY_NEVER_NS             INT64_MAX
#define SKY_NS_PER_SECOND        INT64_C(1000000000)
#define SKY_NS_PER_HOUR          (3600 * SKY_NS_PER_SECOND)
#define SKY_NS_PER_MONTH         (730 * SKY_NS_PER_HOUR) /* of all bills: a twelfth of 365 days */

/* ---- errors ------------------------------------------------------------------------------------- */

typedef enum sky_status {
    SKY_OK = 0,
    SKY_ERROR_INPUT,   /* what the caller or user gave is wrong: exit code 2 */
    SKY_ERROR_MEMORY,  /* allocation failed: exit code 3 */
    SKY_ERROR_IO,      /* a file could not be read or written: exit code 3 (2 where the user named it) */
    SKY_ERROR_STOPPED, /* the user asked to stop: exit code 1 */
    SKY_ERROR_STATE,   /* calls in the wrong order, or a snapshot of another version: exit code 3 */
} sky_status;

/* One line that puts the finger on the spot: where, what was found, what was expected. */
typedef struct sky_error {
    char message[512];
} sky_error;

/* ---- events: facts that the engine hears -------------------------------------------------------- */

/* Numbers are written to records: each group has room to grow, so that they need never change. */
typedef enum sky_event_kind {
    SKY_EVENT_NONE = 0,
    /* Catalog facts, told once at the start, in dependency order. */
    SKY_EVENT_PROVIDER, /* other = provider; a = preemption notice_ns; b = 1 energy comes on top of what its
                          * machines cost, 0 it is in the price */
    SKY_EVENT_REGION,   /* region; other = provider; a = jurisdiction (index); b = grid carbon gCO2/MWh, until
                          * SKY_EVENT_GRID tells other */
    SKY_EVENT_POOL,     /* pool, region; other = zone within the region; detail = set of sky_purchase bits;
                          * a = capacity in machines (INT64_MAX: as much as is asked for);
                          * b = minimum billing_ns; c = billing increment_ns; d = boot_ns */
    SKY_EVENT_EGRESS,   /* region = from, other = to; a = nusd per GB (1e9 bytes) at the first tier */
    SKY_EVENT_CLASS,    /* other = job class: what a job may run on, see SKY_EVENT_ELIGIBLE */
    SKY_EVENT_ELIGIBLE, /* other = class, pool; a = machines of that pool a job needs; b = speed_ppm
                          * (1,000,000: the work's reference speed) */
    SKY_EVENT_FORBIDDEN, /* other = class, region: jobs of the class must not enter it; detail = rule */
    /* Classes whose jobs are tasks: they share nodes with others instead of having machines of their own. */
    SKY_EVENT_REQUEST,      /* other = class; a = cores_mcpu, b = memory_bytes, c = disk_bytes of each task;
                           * d = how many such tasks are to be expected, as a share of all classes' sum */
    SKY_EVENT_ACCELERATE,   /* other = class; a = devices (16 at most), b = thousandths of each (1000, or with
                           * one device less: a share); c = bit set of the models that will do (-1: any);
                           * detail = 1: all of one interconnect group */
    SKY_EVENT_SELECT,       /* other = class; a = bit set of labels a node must carry, b = of taints borne */
    SKY_EVENT_TENANT,       /* other = tenant (below 2^20); a = its weight among tenants, in ppm, above 0
                           * (1,000,000 untold) */
    SKY_EVENT_POWER,        /* pool; a = mW a machine draws idle, b = in full use, at the plug of the site */
    SKY_EVENT_CARBON_PRICE, /* a = nusd that a tonne of CO2 is worth to the company, beyond any bill */
    SKY_EVENT_PROFILE = 16, /* other = class; each task asks for one MIG instance: a = its profile on each MIG
                             * model, 4 bits each (mig_profile_id + 1; 0: that model has none); b = models */
    SKY_EVENT_SLICE,        /* other = class; each task asks for one slice of a TPU pod: a, b, c = chips along
                             * its axes, as documented (not turned); d = models */
    /* Placement terms of such classes, after their request and in rising order of classes, 64 a class at most. A term
     * with a weight (1 to 1000) is a preference, worth so many points; 0: it is required. See cluster/terms.h for what
     * each means. A node's score is its packing's (0 to 100 for the listed ones) plus the points of the class's terms:
     * 100 points weigh as much as all that packing can say. A packing at random heeds required terms only. */
    SKY_EVENT_GROUPS = 24, /* other = class; a = bit set of the groups that its tasks belong to */
    SKY_EVENT_PREFER,      /* other = class; detail = sky_preference; a = bit set of models or labels; pool;
                              * region; b = zone within the region; d = weight */
    SKY_EVENT_AFFINITY, /* other = class; detail = sky_level; a = bit set of groups: near tasks that belong to
                              * all of them; d = weight, for each of them in the preferred case */
    SKY_EVENT_ANTI_AFFINITY, /* the same: away from such tasks; where required, they are kept away from this class's
                              * as well */
    SKY_EVENT_SPREAD, /* other = class; detail = sky_level; a = bit set of groups; b = skew at most, from 1;
                              * d = weight, for each task beyond it */
    /* Classes whose tasks train: how fast, as measured. Told in rising order of (class, model, workers, partner). */
    SKY_EVENT_RATE =
        48, /* other = class, detail = model; a = millionths of a step per second that b = workers (one
                           * device each) make together on one node, c = when spread over nodes (0: they can't) */
    SKY_EVENT_PAIR_RATE, /* the same beside d = class of the job that has the other half of the devices */
    /* Pools whose nodes come and go. */
    SKY_EVENT_SCALE =
        40,          /* pool; a = least nodes, b = most; c = nodes that are committed: paid at the reserved
                           * price whether they are used or not, and used first by nodes on demand */
    SKY_EVENT_SHAPE, /* pool: what its nodes will be like; detail, other, a, b, c as in SKY_EVENT_NODE;
                      * d = devices with which an interconnect group begins (bits), and from bit 16 on
                      * mig_model_id + 1 where they are in MIG mode */
    SKY_EVENT_QUOTA, /* other = provider, region (SKY_NONE: all of its regions together); detail = sky_quota;
                           * a = the most that nodes that come and go may have */
    SKY_EVENT_DATA, /* other = class, region: what each start of one of its tasks reads lies there; a = bytes */
    SKY_EVENT_SHAPE_MARKS, /* pool: a, b as in SKY_EVENT_NODE_MARKS, of its nodes to come */
    /* Telemetry. */
    SKY_EVENT_PRICE = 64, /* pool; detail = sky_purchase; a = nusd per machine-hour from now on */
    SKY_EVENT_FORESIGHT,  /* pool; detail = 1 spot available from a_ns, 0 not; b = spot nusd per hour from
                          * a_ns: the future, told in advance, only to strategies marked as oracles */
    SKY_EVENT_GRID,       /* region; from now on: a = gCO2 per MWh, b = nusd per MWh of its energy */
    SKY_EVENT_CAPACITY,   /* pool; a = machines that may be had of it in all, from now on; 0: it is out */
    SKY_EVENT_FAULT, /* mark in a record (changes nothing): a = 1 a fault comes, 0 it goes; other = which;
                               * detail = its kind */
    /* Jobs. */
    SKY_EVENT_JOB_SUBMITTED =
        72,                 /* job; other = class; a = work_ns at reference speed; b = deadline_ns (time,
                              * or SKY_NEVER_NS); c = checkpoint_bytes; d = restart_ns (boot and restore);
                              * detail = fraction of a ns of work, in 2^-16 (work that is a quotient) */
    SKY_EVENT_JOB_PROGRESS, /* job; instance; a = work done_ns that survives a preemption now;
                              * b = restart overhead left_ns */
    SKY_EVENT_JOB_DONE,     /* job; instance; a = work done_ns */
    SKY_EVENT_JOB_FAILED,   /* job; a = work done_ns; detail = sky_failure: why it was given up */
    SKY_EVENT_NODE_REPAIRED = 76, /* instance = node that had gone: it is up again, and empty */
    /* Instances. */
    SKY_EVENT_INSTANCE_STARTED =
        80,                       /* job, instance, pool; detail = sky_purchase; other = order it answers */
    SKY_EVENT_LAUNCH_FAILED,      /* job, pool; detail = sky_purchase; other = order it answers */
    SKY_EVENT_PREEMPTION_NOTICE,  /* job, instance, pool; a = time_ns at which it will be reclaimed */
    SKY_EVENT_INSTANCE_RECLAIMED, /* job, instance, pool; a = work done_ns that survived */
    SKY_EVENT_INSTANCE_STOPPED,   /* job, instance, pool: our order to stop was carried out; a = done_ns */
    SKY_EVENT_PROBE_RESULT,       /* pool; detail = 1 there was spot capacity, 0 there was none;
                                   * other = order it answers */
    /* Nodes, and tasks on them. */
    SKY_EVENT_NODE =
        96, /* a machine that tasks share is up: instance = node, pool; detail = model of its devices
                     * (below 64), other = devices; a = cores_mcpu, b = memory_bytes, c = disk_bytes; d = its
                     * place in the order in which ties between nodes go (each its own) */
    SKY_EVENT_NODE_MARKS, /* instance = node; a = bit set of its labels, b = of its taints */
    SKY_EVENT_NODE_GONE,  /* instance = node: no task runs on it any more, SKY_EVENT_TASK_STOPPED
                             * has told of each; detail = 1: it was reclaimed;
                             * other = order it answers */
    /* More about a node that has just been told of, and is empty. */
    SKY_EVENT_NODE_LINKS, /* instance = node; a = bit set of the devices with which an interconnect group
                           * begins, device 0 among them */
    SKY_EVENT_NODE_MIG,   /* instance = node; detail = mig_model_id: its devices are in MIG mode */
    SKY_EVENT_NODE_POD,   /* instance = node without devices: it is a TPU pod; detail = torus_type,
                           * other = model (below 64), a, b, c = chips along its axes */
    SKY_EVENT_NODE_BOOTING =
        102, /* instance = node, a new one or one of the pool that has gone; pool; detail = sky_purchase;
                                   * other = order it answers; d = its place in the order of ties: ours, and billed,
                                   * from now on */
    SKY_EVENT_NODE_READY,  /* instance = node: has booted, tasks may run on it */
    SKY_EVENT_GROW_FAILED, /* pool; detail = sky_purchase; other = order it answers; a = 1: beyond a quota */
    SKY_EVENT_NODE_NOTICE, /* instance = node; a = time_ns at which it will be reclaimed; takes no more tasks */
    SKY_EVENT_NODE_DRAINING, /* instance = node: takes no more tasks, as ordered; other = order it answers */
    SKY_EVENT_TASK = 112,    /* job: more about a task just submitted: other = tenant; detail = sky_together;
                             * a = size of its gang (so many equal parts that start together; 1 untold);
                             * b = priority (higher first; 0 untold) */
    SKY_EVENT_TASK_STARTED,  /* job, instance = node, pool: all of its parts run; other = order it answers */
    SKY_EVENT_TASK_STOPPED =
        117, /* job, instance = its first node: it has left its nodes without having ended; detail =
                           * sky_stop; a = work done_ns that survives; other = order it answers, or SKY_NONE */
    SKY_EVENT_TASK_READY, /* job: the time named by a SKY_ACTION_RETRY has come */
    /* More about a task just submitted, as SKY_EVENT_TASK. */
    SKY_EVENT_TASK_SURVIVAL, /* job; a = work_ns between two checkpoints (0: all work survives), b = time_ns that
                              * writing one takes; detail = retries at most; c = back_off_ns before the first
                              * retry, twice as long before each further one, d at most */
    SKY_EVENT_TASK_MEMBER, /* job; other = first task of its array, whose members are numbered in a row; a = how
                              * many there are; b = how many of them may run at once (0: any number); detail = 1:
                              * the others, and its successors, go on where it fails */
    SKY_EVENT_TASK_AFTER, /* job; other = task of a lower number that must have ended before it may start */
    SKY_EVENT_TRAINING =
        122, /* job: more about a task just submitted (after SKY_EVENT_TASK): a = millionths of a step
                               * to do; b = its weight among jobs, in ppm (above 0); c, d = least and most workers */
    SKY_EVENT_TASK_PAUSED, /* job: our order to pause was carried out; other = order; a = millionths of a step done */
    SKY_EVENT_STEPS, /* job: a = millionths of a step done so far */
    /* The caller. */
    SKY_EVENT_TICK = 128, /* the control interval has passed: every job is looked at again */
    SKY_EVENT_DECIDE,     /* mark in a record: the caller asked for decisions here (changes nothing) */
    /* Data, and the ways that it takes. Datasets are indices like jobs; of all their events, instance = dataset. A copy
     * is what a region has of a dataset; that of its home is ready from the start. A read is served by the copy in its
     * region, where that is ready, else by the one of least egress and retrieval per GB; of equal ones by that of the
     * first region. Tiers of the regions come first. */
    SKY_EVENT_DATASET =
        136, /* instance, region = home, detail = tier of its copy there; a = bytes, b = version,
                                  * c = bytes per hour that are written to it, and sent to each copy; d = objects that it
                                  * is of: a copy takes so many requests. Told again: it has changed */
    SKY_EVENT_DATASET_FORBIDDEN, /* instance, region: no copy may be there; detail = rule */
    SKY_EVENT_STORAGE_TIER, /* region; detail = tier, counted within the region from near to far (8 at most); other =
                              * sky_storage; a = latency_ns; b = bytes_per_s of one reader; c = minimum retention_ns:
                              * what leaves earlier is billed so long; d = nusd of a request that writes */
    SKY_EVENT_STORAGE_PRICE, /* region; detail = tier; from now on: a = nusd per GB and month of 730 h, b = nusd of a
                              * request that reads, c = nusd per GB read, d = nusd of a request that moves an object
                              * in from another tier */
    SKY_EVENT_REPLICA, /* instance, region; detail = sky_replica; other = order it answers, or SKY_NONE; a = bytes,
                            * b = lag_ns behind the home, c = tier */
    SKY_EVENT_DATASET_READ, /* instance, region that reads; since the last one: a = requests, b = bytes, c = bytes of
                             * them from other regions */
    SKY_EVENT_CLASS_READS, /* instance, other = class: its jobs read a = bytes at each start, before work goes on, and
                            * b = bytes in each hour of work. In rising order of classes, then datasets */
    SKY_EVENT_DATA_FAILED, /* instance, region; detail = sky_data_failure; other = order it answers */
    SKY_EVENT_LINK, /* region = from, other = to; from now on: a = one-way latency_ns, b = bytes_per_s that one more
                     * transfer would get (0: there is no way), c = nusd per GB */
    /* Services: places where they have replicas, populations of users who ask them. Told in this order; how they are
     * measured is told each control interval, before the tick. Of all of them, instance = place. */
    SKY_EVENT_SERVICE =
        160, /* other = service; a request on a replica takes a = time_ns, mean, b = its squared coefficient
                            * of variation in ppm; c = requests that a replica works on at once; d = cold_start_ns */
    SKY_EVENT_PLACE, /* place, other = service, region; a = least replicas, b = most; c = bytes of a request, d = of
                      * an answer. After all services */
    SKY_EVENT_SERVICE_FORBIDDEN, /* other = service, region: no replicas there; detail = rule. After all places */
    SKY_EVENT_POPULATION, /* other = population, region, detail = service that it asks; its objective: the share b in
                           * ppm of all requests is served within a = time_ns. After all places */
    SKY_EVENT_POPULATION_WAY, /* other = population, place; from now on: a = there and back ns; detail = 1: closed */
    SKY_EVENT_PLACE_PRICE, /* place; a = nusd per hour of a replica from now on */
    SKY_EVENT_ASKED, /* other = population; since the last one: a = requests that came, b = that failed, c = 99th
                       * percentile in ns of the response times of those served */
    SKY_EVENT_SERVED, /* place; since the last one: a = requests that came, b = that were turned away, c = use of its
                       * replicas in ppm; d = requests that wait or are worked on now */
    SKY_EVENT_REPLICAS, /* place; a = replicas that work, b = those and the ones that start; other = order it answers,
                         * or SKY_NONE */
    SKY_EVENT_ROUTED, /* other = population, place; a = weight from now on; b = order it answers */
    /* Pipelines. instance = stage. Declared in order: stages, then streams. */
    SKY_EVENT_STAGE =
        176, /* region; detail = 1 a source, else 0; a = tasks, b = that it may have at most; c = nusd per task and hour */
    SKY_EVENT_STREAM, /* other = stage that it goes to, a later one */
    SKY_EVENT_STAGE_RATES, /* since the last one: a = records that it took up (of a source: that came into being), b =
                            * results that it made of them, c = time_ns that its tasks were at work in all; d = records
                            * that wait now */
    SKY_EVENT_STAGE_TASKS, /* a = tasks from now on; other = order it answers */
    SKY_EVENT_NODE_RACK =
        184, /* instance = node without tasks; a = its rack, numbered over all pools, below 2^24 */
    SKY_EVENT_KIND_COUNT
} sky_event_kind;

/* Why a job was given up. */
typedef enum sky_failure {
    SKY_FAILURE_GIVEN_UP = 0, /* its deadline passed, or the engine rejected it for another reason */
    SKY_FAILURE_TIME_LIMIT,   /* it ran longer than its owner had estimated */
    SKY_FAILURE_RETRIES,      /* it failed more often than it may be tried again */
    SKY_FAILURE_MEMBER,       /* one of its array, or a predecessor, failed */
} sky_failure;

/* Why a task left its nodes without having ended. */
typedef enum sky_stop {
    SKY_STOP_PREEMPTED = 1, /* as ordered */
    SKY_STOP_FAILED,        /* of itself: counts against its retries */
    SKY_STOP_NODE_GONE,
    SKY_STOP_COUNT
} sky_stop;

/* What a region has of a dataset. */
typedef enum sky_replica {
    SKY_REPLICA_NONE,
    SKY_REPLICA_COMING, /* it is on its way: nobody reads it yet */
    SKY_REPLICA_READY,
    SKY_REPLICA_COUNT
} sky_replica;

/* Why an order about data was not carried out, or not to its end. */
typedef enum sky_data_failure {
    SKY_DATA_NO_WAY = 1,
    SKY_DATA_FORBIDDEN,
    SKY_DATA_NO_SOURCE, /* there is no such copy to start from */
    SKY_DATA_IS_SO,     /* it is so already, or about to be */
    SKY_DATA_CUT_OFF,
    SKY_DATA_FAILURE_COUNT
} sky_data_failure;

/* From near to far. */
typedef enum sky_storage {
    SKY_STORAGE_MEMORY,
    SKY_STORAGE_NVME,
    SKY_STORAGE_HOT,
    SKY_STORAGE_COOL,
    SKY_STORAGE_ARCHIVE,
    SKY_STORAGE_COUNT
} sky_storage;

typedef enum sky_purchase {
    SKY_ON_DEMAND = 0,
    SKY_SPOT = 1,
    SKY_RESERVED = 2,
    SKY_PURCHASE_COUNT
} sky_purchase;

/* What a quota counts. */
typedef enum sky_quota {
    SKY_QUOTA_MACHINES = 0,
    SKY_QUOTA_MCPU = 1,
    SKY_QUOTA_ACCELERATORS = 2,
    SKY_QUOTA_COUNT
} sky_quota;

/* How close to each other the parts of a gang must be: a bound on the latency between them. */
typedef enum sky_together {
    SKY_ANYWHERE = 0,
    SKY_IN_ONE_REGION = 1,
    SKY_IN_ONE_POOL = 2, /* which is within one zone */
    SKY_ON_ONE_NODE = 3,
    SKY_TOGETHER_COUNT
} sky_together;

/* How far a placement term looks: what is on one node, in one zone, in one region is together. */
typedef enum sky_level {
    SKY_LEVEL_NODE,
    SKY_LEVEL_ZONE,
    SKY_LEVEL_REGION,
    SKY_LEVEL_RACK, /* where a node's is not told, it stands alone */
    SKY_LEVEL_COUNT
} sky_level;

/* What a class may prefer in a node. */
typedef enum sky_preference {
    SKY_PREFER_MODELS, /* its devices are of one of the models */
    SKY_PREFER_LABELS, /* it carries all of the labels */
    SKY_PREFER_POOL,
    SKY_PREFER_ZONE,
    SKY_PREFER_REGION,
    SKY_PREFERENCE_COUNT
} sky_preference;

/* 64 bytes, no padding: written to records as it is. */
typedef struct sky_event {
    int64_t time_ns;
    uint16_t kind;   /* sky_event_kind */
    uint16_t detail; /* by kind */
    uint32_t region;
    uint32_t pool;
    uint32_t job;
    uint32_t instance;
    uint32_t other; /* by kind */
    int64_t a, b, c, d;
} sky_event;

/* ---- actions: orders that the engine gives ------------------------------------------------------- */

typedef enum sky_action_kind {
    SKY_ACTION_NONE = 0,
    SKY_ACTION_LAUNCH,    /* job, pool, purchase: start the machines the job needs and run it there */
    SKY_ACTION_TERMINATE, /* job, instance */
    SKY_ACTION_PROBE,     /* pool: is there spot capacity? */
    SKY_ACTION_REJECT,    /* job: no pool may run it; rule = the rule that forbade the last candidate */
    SKY_ACTION_ALERT,     /* job: its deadline can no longer be met */
    SKY_ACTION_PLACE, /* job, instance = node, pool; devices = what it gets of the node's accelerators: the bit
                       * set of devices; of a MIG instance also its first memory slice, from bit 16 on; of a
                       * slice of a pod the number of its first chip, and from bit 16 on how it is turned
                       * (torus_slice_pack). One for each part of a gang, one after the other */
    SKY_ACTION_PREEMPT =
        8, /* job, instance = its first node, pool: it is to leave its nodes; term 0 = the priority of
                             * the task that gets the room, term 1 = that task */
    SKY_ACTION_RETRY,     /* job: tell when until_ns has come */
    SKY_ACTION_GROW = 12, /* pool, purchase: one more node */
    SKY_ACTION_DRAIN,     /* instance = node, pool: no more tasks on it */
    SKY_ACTION_RELEASE,   /* instance = node, pool: give the machine back; tasks still on it wait again */
    SKY_ACTION_PLACE_HALF = 16, /* as a PLACE, but half of each device: another job has the other half */
    SKY_ACTION_PAUSE,           /* job: keep its state and leave its nodes; it waits */
    SKY_ACTION_RESIZE, /* job that waits: devices = workers that it runs with from its next start on */
    /* Answered by SKY_EVENT_REPLICA, when a copy is on its way and when it is ready, or by SKY_EVENT_DATA_FAILED. */
    SKY_ACTION_REPLICATE = 24, /* dataset, from, region, tier: one more copy */
    SKY_ACTION_MOVE_DATA, /* the same; once it is ready that region is the home, and the former has no copy */
    SKY_ACTION_SET_TIER,  /* dataset, region, tier */
    SKY_ACTION_EVICT,     /* dataset, region (not its home): the copy is deleted */
    /* Answered by SKY_EVENT_REPLICAS and SKY_EVENT_ROUTED. */
    SKY_ACTION_SCALE_SERVICE =
        32,           /* place; devices = replicas from now on. The first takes the place over from the
                                    * service's own autoscaler */
    SKY_ACTION_ROUTE, /* population, place; devices = weight, in millionths of its requests. The first replaces how
                       * the population routes by itself */
    SKY_ACTION_SCALE_STAGE = 40, /* instance = stage, region; devices = tasks from now on. Answered by
                                  * SKY_EVENT_STAGE_TASKS */
    SKY_ACTION_KIND_COUNT
} sky_action_kind;

/* Why: which part of the engine spoke. */
typedef enum sky_reason {
    SKY_REASON_NONE = 0,
    SKY_REASON_STRATEGY,     /* the strategy's best candidate that the gatekeeper let pass */
    SKY_REASON_NEXT_BEST,    /* a better candidate had just failed to launch */
    SKY_REASON_SAFETY_NET,   /* the deadline guard has taken over */
    SKY_REASON_REPLACED,     /* the job runs elsewhere now */
    SKY_REASON_IDLE,         /* the strategy chose to wait */
    SKY_REASON_LEARN,        /* a probe, to know more */
    SKY_REASON_RULE,         /* a rule forbade it */
    SKY_REASON_LATE,         /* the deadline can't be met */
    SKY_REASON_NO_ROOM,      /* no node has room for it */
    SKY_REASON_PROMISED,     /* its promised place: backfilling */
    SKY_REASON_RETRIES = 16, /* it failed: it is tried again later, or has failed too often */
    SKY_REASON_MEMBER,       /* one of its array, or a predecessor, failed */
    SKY_REASON_PRIORITY,     /* a task of higher priority gets the room */
    SKY_REASON_DEMAND = 20,  /* tasks wait that fit on no node that there is or will be */
    SKY_REASON_LEAST,        /* the pool is below its least size */
    SKY_REASON_UNUSED,       /* too little has run on the node for too long */
    SKY_REASON_DRAINED,      /* it is empty, or had its time to become so */
    SKY_REASON_SHARE = 24,   /* its turn: it is owed more of this accelerator's time than others */
    SKY_REASON_NOT_ITS_TURN, /* others are owed more, or it moves to another accelerator */
    SKY_REASON_GAIN,         /* workers go where one more brings the most */
    SKY_REASON_READS = 32,   /* what was read from afar would have paid for a copy */
    SKY_REASON_UNREAD,       /* what the copy costs is no longer saved by it */
    SKY_REASON_TIER,         /* in another tier it would have cost less, with the way there and back */
    SKY_REASON_WORK,         /* a job that reads it is to run there */
    SKY_REASON_LOAD = 40,    /* of services: what was measured asks for it */
    SKY_REASON_SEASON,       /* the same hours of yesterday do */
    SKY_REASON_NEAR,         /* it is the nearest place to users */
    SKY_REASON_USERS_WAIT,   /* so users wait least for what it costs */
    SKY_REASON_SOURCES = 48, /* of pipelines: so many tasks as what their sources bring asks for */
    SKY_REASON_KIND_COUNT
} sky_reason;

#define SKY_TERMS 4

/* 128 bytes, no padding: written to records as it is. Score and terms are in nano-dollars unless the
 * strategy's documentation says otherwise; lower is better. */
typedef struct sky_action {
    int64_t time_ns;
    uint32_t order;  /* counts up from 0: the world's answer names it */
    uint16_t kind;   /* sky_action_kind */
    uint16_t reason; /* sky_reason */
    uint32_t job;
    uint32_t instance;
    uint32_t pool;
    uint16_t purchase;       /* sky_purchase */
    uint16_t rule;           /* of a REJECT; else 0 */
    uint32_t runner_up_pool; /* SKY_NONE: there was none */
    uint16_t runner_up_purchase;
    uint16_t candidates; /* how many were weighed */
    int64_t score;
    int64_t runner_up_score;
    int64_t term[SKY_TERMS]; /* of the winner: named by the strategy, see sky_strategy_info */
    int64_t devices;         /* of a PLACE; of orders about services how many */
    int64_t until_ns;        /* of a RETRY: a time; else 0 */
    uint32_t dataset;        /* of orders about data, and SKY_NONE else */
    uint32_t region, from;
    uint32_t tier;              /* of the region */
    uint32_t place, population; /* of orders about services, and SKY_NONE else */
} sky_action;

/* ---- queues: the order in which tasks that wait are tried ------------------------------------------------ */

/* Whether tasks may pass one that finds no room, where they do not delay it. */
typedef enum sky_backfilling {
    SKY_BACKFILL_NONE,
    SKY_BACKFILL_EASY,         /* the first that finds no room is promised a place */
    SKY_BACKFILL_CONSERVATIVE, /* each that finds no room is */
} sky_backfilling;

/* What a queue's discipline says of itself, for listings. */
typedef struct sky_queue_info {
    const char *name;
    const char *about;
    const char *source; /* paper and section, or manual */
    sky_backfilling backfill;
} sky_queue_info;

/* All fields 0: the defaults. */
typedef struct sky_queue_options {
    uint32_t strict; /* 1: the first task that finds no room holds up all behind it */
    uint32_t depth;  /* conservative backfilling: promises held at most; 0: as many as tasks wait */
    uint32_t
        preempt; /* 1: tasks of higher priority go first, whatever the discipline says, and stop others of
                           * lower priority where there is no room else */
    uint32_t reserved;
    int64_t half_life_ns; /* of past use; 0: only what is held now counts */
    /* multifactor: priority = sum of weight × factor, each factor in ppm; weights from 0 to 10^12. */
    int64_t age_weight, size_weight, priority_weight, fair_share_weight;
    int64_t age_saturates_ns;   /* from this age on a task gains no more; 0: 7 days, as in Slurm */
    int64_t highest_priority;   /* entry.priority of factor 1; 0: the priority is in ppm itself */
    int64_t fair_share_damping; /* of the fair-share factor, at least 1; 0: 1 */
} sky_queue_options;

/* The disciplines in listing order; NULL beyond the last. */
const sky_queue_info *sky_queue_at(size_t index);
/* NULL: there is none of that name. */
const sky_queue_info *sky_queue_find(const char *name);

/* ---- scaling: when pools grow and shrink ------------------------------------------------------------------- */

/* What a scaling policy says of itself, for listings. */
typedef struct sky_scaling_info {
    const char *name;
    const char *about;
    const char *source;
} sky_scaling_info;

/* All fields 0: a node goes as soon as it is empty, no back-off, waiting costs nothing. */
typedef struct sky_scaling_options {
    int64_t idle_ns;  /* so long at most `drain_below` in use, and a node is drained */
    int64_t drain_ns; /* a draining node that is not empty by then is given back all the same */
    int64_t
        back_off_ns; /* after a launch failed, before the pool is asked again; doubles with each failure */
    int64_t back_off_most_ns;   /* up to so much; 0: it does not double */
    int64_t wait_nusd_per_hour; /* what it is worth that one task waits one hour less */
    int64_t
        drain_below_ppm; /* of a node's cores or accelerators, whichever are used more; 0: it must be empty */
    int64_t
        target_ppm; /* policy utilisation: share of a pool's nodes that is to be in use, above 0; 0: 80 % */
} sky_scaling_options;

/* The policies in listing order; NULL beyond the last. */
const sky_scaling_info *sky_scaling_at(size_t index);
/* NULL: there is none of that name. */
const sky_scaling_info *sky_scaling_find(const char *name);

/* ---- data: where copies are kept, and in which tiers --------------------------------------------------------- */

typedef enum sky_replication {
    SKY_REPLICATE_NEVER,     /* but where a strategy brings data to a job */
    SKY_REPLICATE_BREAK_EVEN /* see engine/data/copies.h */
} sky_replication;

typedef enum sky_tiering {
    SKY_TIERS_STAY,
    SKY_TIERS_BY_READS /* likewise */
} sky_tiering;

/* All fields 0: data stays as and where it is. */
typedef struct sky_data_options {
    uint32_t replication;       /* sky_replication */
    uint32_t tiering;           /* sky_tiering */
    int64_t time_nusd_per_hour; /* what it is worth that a job ends an hour earlier */
} sky_data_options;

/* ---- serving: how many replicas services have, and who asks which --------------------------------------------- */

/* What a serving policy says of itself, for listings. */
typedef struct sky_serving_info {
    const char *name;
    const char *about;
    const char *source;
} sky_serving_info;

/* All fields 0: the defaults. */
typedef struct sky_serving_options {
    int64_t target_ppm;         /* of the replicas' capacity that is to be in use; 0: 70 % */
    int64_t most_nusd_per_hour; /* latency-cost: what all services may cost on average; 0:
                                 * there is no limit */
    int64_t
        wait_nusd_per_hour; /* latency-cost: what it is worth that one user waits one hour less; 0: 10 USD */
} sky_serving_options;

/* The policies in listing order; NULL beyond the last. */
const sky_serving_info *sky_serving_at(size_t index);
/* NULL: there is none of that name. */
const sky_serving_info *sky_serving_find(const char *name);

/* ---- the engine ----------------------------------------------------------------------------------- */

typedef struct sky_engine sky_engine;

typedef struct sky_engine_config {
    const char
        *strategy; /* a name of sky_strategy_list; NAME+QUEUE: with that queue, whatever `queue` is (so do
                           * strategies that have a queue of their own); NAME+SERVING, NAME+QUEUE+SERVING: with that
                           * serving policy, whatever `serving` is */
    int64_t control_interval_ns; /* the caller's: how often it will send SKY_EVENT_TICK and ask */
    int64_t probe_bill_ns;       /* what a successful probe costs: so long at the spot price */
    int deadline_guard;   /* 1: switch a job to on-demand for good when nothing else meets its deadline */
    int drop_unplaceable; /* 1: a task for which no node has room is rejected; 0: it waits */
    uint64_t seed;        /* for strategies that choose at random: the same seed, the same choices */
    const char *queue;    /* a name of sky_queue_at, for tasks that share nodes; NULL: "fcfs" */
    sky_queue_options queue_options;
    const sky_solver
        *solver;         /* for strategies that decide by linear programs; outlives the engine. NULL: none */
    const char *scaling; /* a name of sky_scaling_at, for pools whose nodes come and go; NULL: "demand" */
    sky_scaling_options scaling_options;
    sky_data_options data_options;
    const char *serving; /* a name of sky_serving_at, for services; NULL: "as-declared" */
    sky_serving_options serving_options;
    int64_t
        streaming_target_ppm; /* of their time that tasks of pipelines are to be at work, at most 1,000,000; 0: stages
                                   * keep the tasks that they have */
} sky_engine_config;

/* What a strategy says of itself, for listings. */
typedef struct sky_strategy_info {
    const char *name;
    const char *published; /* the name that published runs carry, accepted as well; NULL: none */
    const char *about;
    const char *source;          /* paper and section, or where it is derived */
    const char *term[SKY_TERMS]; /* names of the score's terms; NULL where unused */
    int oracle;                  /* 1: it is told the future (SKY_EVENT_FORESIGHT); marked in every listing */
} sky_strategy_info;

/* All strategies, in listing order; *count is how many. Never fails. */
const sky_strategy_info *const *sky_strategy_list(size_t *count);
/* By name or published name, with or without +QUEUE and +SERVING; NULL if there is none. */
const sky_strategy_info *sky_strategy_find(const char *name);

/* SKY_ERROR_INPUT: no such strategy or queue, interval not positive, options out of range. SKY_ERROR_MEMORY. */
sky_status sky_engine_create(const sky_engine_config *config, sky_engine **engine, sky_error *error);
void sky_engine_destroy(sky_engine *engine);

/* Goes on under another configuration with all that it knows; orders that are not answered yet keep their meaning. The same
 * one changes nothing. Another strategy begins with an empty memory, another queue without promises. SKY_ERROR_INPUT: as
 * from sky_engine_create, or an oracle takes over from a strategy that is none; the engine is unchanged. SKY_ERROR_MEMORY: it is to be
 * destroyed. */
sky_status sky_engine_reconfigure(sky_engine *engine, const sky_engine_config *config, sky_error *error);

/* Tells the engine a fact. Time must not go back; indices must be declared before use.
 * SKY_ERROR_INPUT: an impossible event (the engine is unchanged). SKY_ERROR_MEMORY. */
sky_status sky_engine_observe(sky_engine *engine, const sky_event *event, sky_error *error);

/* SKY_ERROR_STATE: the strategy wants a solver, and there is none.
 * Asks what to do now. *actions points into the engine and stays valid until the next
 * sky_engine_decide. Call again after the answers to these actions have been observed, until *count is 0. */
sky_status sky_engine_decide(sky_engine *engine, int64_t now_ns, const sky_action **actions, size_t *count,
                             sky_error *error);

/* The engine's whole state as bytes: versioned, checksummed, the same bytes for the same state.
 * Free *bytes with free(). Restore needs nothing else and gives an engine that goes on identically.
 * SKY_ERROR_INPUT: bytes that are truncated, altered, or of another version. */
sky_status sky_engine_snapshot(const sky_engine *engine, unsigned char **bytes, size_t *size,
                               sky_error *error);
sky_status sky_engine_restore(const unsigned char *bytes, size_t size, sky_engine **engine, sky_error *error);
/* A solver is in no snapshot: an engine whose strategy needs one wants it again before it decides. */
void sky_engine_use_solver(sky_engine *engine, const sky_solver *solver);

const char *sky_event_kind_name(unsigned kind); /* "job-submitted"; NULL if out of range */
const char *sky_action_kind_name(unsigned kind);
const char *sky_reason_name(unsigned reason);
const char *sky_purchase_name(unsigned purchase); /* "on-demand", "spot", "reserved" */

#ifdef __cplusplus
}
#endif
#endif
