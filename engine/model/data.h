/* What the engine believes of data: datasets and their copies in regions, tiers of storage, who reads what, and the
 * ways between regions. Included by model.h. */
#ifndef SKYTWIN_MODEL_DATA_H
#define SKYTWIN_MODEL_DATA_H

#include <skytwin/engine.h>

#define MODEL_TIERS_MOST   8 /* of a region */
#define MODEL_BYTES_PER_GB 1000000000

typedef struct model model;

/* Way from a region to another: [from × regions + to]. Its price is that of egress. */
typedef struct model_link {
    uint32_t told; /* 0: nothing was told: what goes there is there at once */
    uint32_t reserved;
    int64_t latency_ns;
    int64_t bytes_per_s; /* of one more transfer; 0: there is no way */
} model_link;

/* [region × MODEL_TIERS_MOST + tier] */
typedef struct model_tier {
    uint32_t told;
    uint32_t storage; /* sky_storage */
    int64_t latency_ns, bytes_per_s;
    int64_t retention_ns;
    int64_t month_nusd, retrieval_nusd;       /* per GB */
    int64_t write_nusd, read_nusd, move_nusd; /* per request */
} model_tier;

typedef struct model_dataset {
    uint32_t home;
    uint32_t reserved;
    int64_t bytes, version;
    int64_t written_bytes_per_hour;
    int64_t objects; /* at least 1 */
} model_dataset;

/* [dataset × regions + region] */
typedef struct model_copy {
    uint32_t state;   /* sky_replica */
    uint32_t tier;    /* where it is, or is to be */
    uint32_t rule;    /* 0: a copy may be there; else the rule that forbids it */
    uint32_t ordered; /* 1: an order about it has not been answered */
    uint32_t brought; /* 1: the engine ordered it */
    uint32_t reserved;
    int64_t bytes, lag_ns;
    int64_t since_ns; /* in this state and tier */
    int64_t requests, read_bytes,
        far_bytes; /* read there since copies were last weighed; far: from other regions */
} model_copy;

/* What has been weighed of it: see data/copies.h, data/work_function.h; as copies. */
typedef struct model_weight {
    uint32_t presence_began, tiers_began; /* 1: what follows counts */
    int64_t presence_nusd[2], tier_nusd[MODEL_TIERS_MOST];
    int64_t served_requests, served_bytes; /* by this copy, in the last interval */
} model_weight;

/* In rising order of classes, then datasets. */
typedef struct model_reading {
    uint32_t job_class, dataset;
    int64_t start_bytes, hour_bytes;
} model_reading;

/* Time that bytes take from a region to another: 0 within one, and where nothing was told of the way.
 * SKY_NEVER_NS: there is none. */
int64_t model_transfer_ns(const model *m, uint32_t from, uint32_t to, int64_t bytes);
/* 1: something was told of ways. */
int model_knows_links(const model *m);

uint32_t model_dataset_count(const model *m);
const model_dataset *model_dataset_at(const model *m, uint32_t dataset);
const model_copy *model_copy_at(const model *m, uint32_t dataset, uint32_t region);
/* NULL: it was not told of. */
const model_tier *model_tier_at(const model *m, uint32_t region, uint32_t tier);
/* The region whose copy serves reads of a region: see SKY_EVENT_DATASET. */
uint32_t model_source(const model *m, uint32_t dataset, uint32_t region);
/* The one that would, were there no copy in `but`; the home, if that is it. */
uint32_t model_source_but(const model *m, uint32_t dataset, uint32_t region, uint32_t but);
/* What the class reads: *count of them, side by side. */
const model_reading *model_readings_of(const model *m, uint32_t job_class, uint32_t *count);

/* The events of data and ways. See model_observe. */
sky_status data_observe(model *m, const sky_event *event, sky_error *error);

#endif
