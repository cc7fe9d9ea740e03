#include <skytwin/engine.h>

static const char *const event_names[SKY_EVENT_KIND_COUNT] = {
    [SKY_EVENT_NONE] = "none",
    [SKY_EVENT_PROVIDER] = "provider",
    [SKY_EVENT_REGION] = "region",
    [SKY_EVENT_POOL] = "pool",
    [SKY_EVENT_EGRESS] = "egress",
    [SKY_EVENT_CLASS] = "class",
    [SKY_EVENT_ELIGIBLE] = "eligible",
    [SKY_EVENT_FORBIDDEN] = "forbidden",
    [SKY_EVENT_REQUEST] = "request",
    [SKY_EVENT_ACCELERATE] = "accelerate",
    [SKY_EVENT_SELECT] = "select",
    [SKY_EVENT_TENANT] = "tenant",
    [SKY_EVENT_POWER] = "power",
    [SKY_EVENT_CARBON_PRICE] = "carbon-price",
    [SKY_EVENT_PROFILE] = "profile",
    [SKY_EVENT_SLICE] = "slice",
    [SKY_EVENT_GROUPS] = "groups",
    [SKY_EVENT_PREFER] = "prefer",
    [SKY_EVENT_AFFINITY] = "affinity",
    [SKY_EVENT_ANTI_AFFINITY] = "anti-affinity",
    [SKY_EVENT_SPREAD] = "spread",
    [SKY_EVENT_RATE] = "rate",
    [SKY_EVENT_PAIR_RATE] = "pair-rate",
    [SKY_EVENT_SCALE] = "scale",
    [SKY_EVENT_SHAPE] = "shape",
    [SKY_EVENT_QUOTA] = "quota",
    [SKY_EVENT_DATA] = "data",
    [SKY_EVENT_SHAPE_MARKS] = "shape-marks",
    [SKY_EVENT_PRICE] = "price",
    [SKY_EVENT_FORESIGHT] = "foresight",
    [SKY_EVENT_GRID] = "grid",
    [SKY_EVENT_CAPACITY] = "capacity",
    [SKY_EVENT_FAULT] = "fault",
    [SKY_EVENT_JOB_SUBMITTED] = "job-submitted",
    [SKY_EVENT_JOB_PROGRESS] = "job-progress",
    [SKY_EVENT_JOB_DONE] = "job-done",
    [SKY_EVENT_JOB_FAILED] = "job-failed",
    [SKY_EVENT_NODE_REPAIRED] = "node-repaired",
    [SKY_EVENT_INSTANCE_STARTED] = "instance-started",
    [SKY_EVENT_LAUNCH_FAILED] = "launch-failed",
    [SKY_EVENT_PREEMPTION_NOTICE] = "preemption-notice",
    [SKY_EVENT_INSTANCE_RECLAIMED] = "instance-reclaimed",
    [SKY_EVENT_INSTANCE_STOPPED] = "instance-stopped",
    [SKY_EVENT_PROBE_RESULT] = "probe-result",
    [SKY_EVENT_NODE] = "node",
    [SKY_EVENT_NODE_MARKS] = "node-marks",
    [SKY_EVENT_NODE_GONE] = "node-gone",
    [SKY_EVENT_NODE_LINKS] = "node-links",
    [SKY_EVENT_NODE_MIG] = "node-mig",
    [SKY_EVENT_NODE_POD] = "node-pod",
    [SKY_EVENT_NODE_RACK] = "node-rack",
    [SKY_EVENT_NODE_BOOTING] = "node-booting",
    [SKY_EVENT_NODE_READY] = "node-ready",
    [SKY_EVENT_GROW_FAILED] = "grow-failed",
    [SKY_EVENT_NODE_NOTICE] = "node-notice",
    [SKY_EVENT_NODE_DRAINING] = "node-draining",
    [SKY_EVENT_TASK] = "task",
    [SKY_EVENT_TASK_STARTED] = "task-started",
    [SKY_EVENT_TASK_STOPPED] = "task-stopped",
    [SKY_EVENT_TASK_READY] = "task-ready",
    [SKY_EVENT_TASK_SURVIVAL] = "task-survival",
    [SKY_EVENT_TASK_MEMBER] = "task-member",
    [SKY_EVENT_TASK_AFTER] = "task-after",
    [SKY_EVENT_TRAINING] = "training",
    [SKY_EVENT_TASK_PAUSED] = "task-paused",
    [SKY_EVENT_STEPS] = "steps",
    [SKY_EVENT_TICK] = "tick",
    [SKY_EVENT_DECIDE] = "decide",
    [SKY_EVENT_DATASET] = "dataset",
    [SKY_EVENT_DATASET_FORBIDDEN] = "dataset-forbidden",
    [SKY_EVENT_STORAGE_TIER] = "storage-tier",
    [SKY_EVENT_STORAGE_PRICE] = "storage-price",
    [SKY_EVENT_REPLICA] = "replica",
    [SKY_EVENT_DATASET_READ] = "dataset-read",
    [SKY_EVENT_CLASS_READS] = "class-reads",
    [SKY_EVENT_DATA_FAILED] = "data-failed",
    [SKY_EVENT_LINK] = "link",
    [SKY_EVENT_SERVICE] = "service",
    [SKY_EVENT_SERVICE_FORBIDDEN] = "service-forbidden",
    [SKY_EVENT_PLACE] = "place",
    [SKY_EVENT_PLACE_PRICE] = "place-price",
    [SKY_EVENT_POPULATION] = "population",
    [SKY_EVENT_POPULATION_WAY] = "population-way",
    [SKY_EVENT_ASKED] = "asked",
    [SKY_EVENT_SERVED] = "served",
    [SKY_EVENT_REPLICAS] = "replicas",
    [SKY_EVENT_ROUTED] = "routed",
    [SKY_EVENT_STAGE] = "stage",
    [SKY_EVENT_STREAM] = "stream",
    [SKY_EVENT_STAGE_RATES] = "stage-rates",
    [SKY_EVENT_STAGE_TASKS] = "stage-tasks",
};

static const char *const action_names[SKY_ACTION_KIND_COUNT] = {
    [SKY_ACTION_NONE] = "none",           [SKY_ACTION_LAUNCH] = "launch",
    [SKY_ACTION_TERMINATE] = "terminate", [SKY_ACTION_PROBE] = "probe",
    [SKY_ACTION_REJECT] = "reject",       [SKY_ACTION_ALERT] = "alert",
    [SKY_ACTION_PLACE] = "place",         [SKY_ACTION_PREEMPT] = "preempt",
    [SKY_ACTION_RETRY] = "retry",         [SKY_ACTION_PLACE_HALF] = "place-half",
    [SKY_ACTION_PAUSE] = "pause",         [SKY_ACTION_RESIZE] = "resize",
    [SKY_ACTION_GROW] = "grow",           [SKY_ACTION_DRAIN] = "drain",
    [SKY_ACTION_RELEASE] = "release",     [SKY_ACTION_REPLICATE] = "replicate",
    [SKY_ACTION_MOVE_DATA] = "move-data", [SKY_ACTION_SET_TIER] = "set-tier",
    [SKY_ACTION_EVICT] = "evict",         [SKY_ACTION_SCALE_SERVICE] = "scale-service",
    [SKY_ACTION_ROUTE] = "route",         [SKY_ACTION_SCALE_STAGE] = "scale-stage",
};

static const char *const reason_names[SKY_REASON_KIND_COUNT] = {
    [SKY_REASON_NONE] = "none",
    [SKY_REASON_STRATEGY] = "strategy",
    [SKY_REASON_NEXT_BEST] = "next-best",
    [SKY_REASON_SAFETY_NET] = "safety-net",
    [SKY_REASON_REPLACED] = "replaced",
    [SKY_REASON_IDLE] = "idle",
    [SKY_REASON_LEARN] = "learn",
    [SKY_REASON_RULE] = "rule",
    [SKY_REASON_LATE] = "late",
    [SKY_REASON_NO_ROOM] = "no-room",
    [SKY_REASON_PROMISED] = "promised",
    [SKY_REASON_RETRIES] = "retries",
    [SKY_REASON_MEMBER] = "member",
    [SKY_REASON_PRIORITY] = "priority",
    [SKY_REASON_SHARE] = "share",
    [SKY_REASON_NOT_ITS_TURN] = "not-its-turn",
    [SKY_REASON_GAIN] = "gain",
    [SKY_REASON_DEMAND] = "demand",
    [SKY_REASON_LEAST] = "least",
    [SKY_REASON_UNUSED] = "unused",
    [SKY_REASON_DRAINED] = "drained",
    [SKY_REASON_READS] = "reads",
    [SKY_REASON_UNREAD] = "unread",
    [SKY_REASON_TIER] = "tier",
    [SKY_REASON_WORK] = "work",
    [SKY_REASON_LOAD] = "load",
    [SKY_REASON_SEASON] = "season",
    [SKY_REASON_NEAR] = "near",
    [SKY_REASON_USERS_WAIT] = "users-wait",
    [SKY_REASON_SOURCES] = "sources",
};

static const char *const purchase_names[SKY_PURCHASE_COUNT] = {
    [SKY_ON_DEMAND] = "on-demand",
    [SKY_SPOT] = "spot",
    [SKY_RESERVED] = "reserved",
};

const char *sky_event_kind_name(unsigned kind)
{
    return kind < SKY_EVENT_KIND_COUNT ? event_names[kind] : NULL;
}

const char *sky_action_kind_name(unsigned kind)
{
    return kind < SKY_ACTION_KIND_COUNT ? action_names[kind] : NULL;
}

const char *sky_reason_name(unsigned reason)
{
    return reason < SKY_REASON_KIND_COUNT ? reason_names[reason] : NULL;
}

const char *sky_purchase_name(unsigned purchase)
{
    return purchase < SKY_PURCHASE_COUNT ? purchase_names[purchase] : NULL;
}
