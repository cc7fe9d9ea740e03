/* Datasets over regions: copies of them, who reads them and through which caches, what is written to them and how that
 * reaches the copies, and what all of it costs.
 *
 * A dataset is objects of one size. Its home takes what is written: new objects, one after the other at even distances,
 * and updates of objects, a Poisson process, each of an object at random. So long after (`lag`) it is sent to every
 * other copy; where objects are large and there is a network it takes as long as the flow takes. A read that is given
 * an older version than the home has is stale.
 *
 * A read asks the cache of its region; then the copy there; then the copy from where egress and retrieval together cost
 * least per GB, of equal ones that of the first region; only a copy that is ready, and has the object, counts. Nobody:
 * the read fails. What was fetched from a copy goes into the cache, if that lets it in. Caches hear of updates with the
 * same lag, and drop what is out of date.
 *
 * At every moment, of each dataset and region:
 *     reads = hits + local + remote + failed + under way
 * and of each copy: bytes held = bytes written − bytes deleted. data_check looks.
 *
 * What happens between two calls happens in the order of time when the second comes: one call or many, it is the same,
 * to the bit. Only what begins a flow of the network must not come late: data_next_ns says when. */
#ifndef SKYTWIN_STORAGE_DATA_H
#define SKYTWIN_STORAGE_DATA_H

#include "../../kernel/queue.h"
#include "../service/demand.h"
#include "../service/histogram.h"
#include "cache.h"
#include "storage.h"

#define DATA_MOST_OBJECTS (UINT32_C(1) << 22) /* of a dataset, grown ones included */
#define DATA_MOST_TIERS   8                   /* of a region */

/* ---- what there is ------------------------------------------------------------------------------------------------ */

typedef struct data_place {
    uint32_t region, tier; /* tier: of the region's */
} data_place;

typedef struct data_set_config {
    const char *name;
    uint32_t objects; /* at the start */
    int64_t object_bytes;
    data_place home;
    const data_place *replicas; /* at the start, ready */
    uint32_t replica_count;
    int64_t grows_every_ns; /* by an object; SKY_NEVER_NS */
    double updates_per_s;
    int64_t lag_ns;
    const unsigned char *forbidden; /* by region: 1: no copy may be there */
    const storage_rule *rules;      /* [region × DATA_MOST_TIERS], each region's with its own tiers */
    const uint32_t *rule_count;     /* by region */
} data_set_config;

typedef enum data_pattern {
    DATA_ZIPF, /* the object of rank i, the newest first, as likely as i^-exponent; as many ranks as at the start */
    DATA_SCAN,  /* one after the other, in the order in which they were written, round and round */
    DATA_STREAM /* each new one, once */
} data_pattern;

typedef struct data_reader_config {
    const char *name;
    uint32_t set, region;
    data_pattern pattern;
    double exponent;
    demand load;      /* zipf and scan */
    int64_t after_ns; /* stream: after the object was written */
} data_reader_config;

typedef struct data_cache_config { /* one a region at most */
    uint32_t region, tier;         /* how fast it is, and what its capacity costs */
    cache_config cache;
    uint32_t prefetch;     /* objects ahead of a scan; of a stream, above 0: each as it is written */
    int64_t nusd_per_hour; /* of its machine, on top */
} data_cache_config;

/* What jobs of a class read, straight from a copy. */
typedef struct data_job_config {
    uint32_t job_class, set;
    int64_t bytes;        /* at each start, before work goes on */
    int64_t hourly_bytes; /* in each hour of work */
} data_job_config;

typedef struct data_config {
    uint32_t region_count, set_count, reader_count, cache_count, job_count;
    const storage_tier *const *tiers; /* by region, from near to far */
    const uint32_t *tier_count;
    const data_set_config *sets;
    const data_reader_config *readers;
    const data_cache_config *caches;
    const data_job_config *jobs; /* rising class, then set */
    int64_t bulk_bytes;          /* what is at least so large moves as a flow of the network */
} data_config;

/* What the world knows of the ways between regions. */
typedef struct data_ways {
    void *context;
    uint64_t seed;
    uint32_t replication;
    int has_network; /* 0: send is never called */
    /* Per GB; SKY_NEVER_NS: there is no way. Asked by data_look. */
    int64_t (*price)(void *context, uint32_t from, uint32_t to);
    /* Bytes that are asked for and come at once, billed: how long it takes, there and back. */
    int64_t (*fetch)(void *context, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes, uint64_t count,
                     int64_t *nusd);
    /* Begins a flow; data_arrived ends it. SKY_ERROR_MEMORY. */
    sky_status (*send)(void *context, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes,
                       uint32_t fetch, uint32_t *transfer);
    /* Ends it before its time; data_arrived comes later. */
    void (*cut)(void *context, int64_t now_ns, uint32_t transfer);
} data_ways;

/* ---- what happens --------------------------------------------------------------------------------------------------- */

/* Of a dataset in a region, so far. */
typedef struct data_counts {
    int64_t reads, hits, local, remote, failed, stale;
    int64_t under_way;
    int64_t job_requests;
    int64_t cache_bytes, local_bytes, remote_bytes; /* read, by the way they took */
    int64_t prefetched_bytes;                       /* from other regions, into the cache */
    int64_t sent_bytes; /* to its copy: what was written at the home, and the copy itself */
    int64_t egress_nusd;
} data_counts;

enum { DATA_NONE, DATA_COMING, DATA_READY };

typedef struct data_copy {
    uint32_t state, tier; /* state: DATA_NONE …; tier: where its objects are written */
    uint32_t fetch;       /* with which it comes; SKY_NONE */
    uint32_t order;       /* that brings it; SKY_NONE */
    uint32_t takes_home;  /* 1: it is the home once it is ready */
    uint64_t *names;      /* by object, in the region's storage; 0: none */
    uint32_t *versions;   /* by object, from 1; 0: it has none */
} data_copy;

typedef struct data_set {
    uint32_t home;
    uint32_t objects, room; /* written so far */
    int64_t updates, updated;
    demand writes;
    demand_arrivals arrivals;
} data_set;

typedef struct data_reader {
    demand_arrivals arrivals;
    uint64_t *below; /* zipf: sums of whole weights */
    uint64_t drawn;
    uint32_t next; /* scan */
} data_reader;

typedef struct data_cache {
    const data_cache_config *config;
    cache cache;
    storage_usage usage; /* byte_ns is not kept: its capacity is there all the time */
    int64_t older_nusd;  /* as data.older_nusd */
    uint32_t **versions; /* by set and object, as it was fetched */
} data_cache;

typedef enum data_fetch_kind {
    DATA_FETCH_READ,
    DATA_FETCH_PREFETCH,
    DATA_FETCH_WRITTEN,
    DATA_FETCH_COPY,
    DATA_FETCH_JOB,
} data_fetch_kind;

/* Under way over the network. */
typedef struct data_fetch {
    int64_t start_ns, bytes;
    int64_t read_ns; /* that the copy it comes from takes */
    uint32_t kind, set, region, object, version;
    uint32_t from;
    uint32_t subject;  /* of a job: the caller's */
    uint32_t transfer; /* SKY_NONE: the place is free */
} data_fetch;

/* What has become of a copy that an order asked for. */
typedef struct data_news {
    uint32_t set, region, order;
    uint32_t old_home; /* of the dataset, until then */
    int cut;           /* 1: it did not come */
} data_news;

typedef struct data {
    const data_config *config;
    data_ways ways;
    storage *stores;         /* by region */
    storage_dataset *stored; /* [region × sets + set] */
    data_set *sets;
    data_copy *copies;   /* [set × regions + region] */
    data_counts *counts; /* likewise */
    histogram **latency; /* likewise; NULL: nobody reads there */
    int64_t *
        older_nusd; /* likewise: what its bill has beyond what its usage would cost at the prices now; 0 but in a run that
                          * was restored with others */
    int64_t *price; /* [from × regions + to], as of the last look */
    data_reader *readers;
    data_cache *caches;
    uint32_t *cache_at;       /* by region; SKY_NONE */
    kernel_queue small, bulk; /* what can wait for the next call, and what can't */
    data_fetch *fetches;
    uint32_t fetch_count, fetch_room;
    data_news *news;
    uint32_t news_count, news_room;
    uint64_t messages;
    int64_t now_ns, end_ns;
} data;

/* Refers to the config. SKY_ERROR_MEMORY; data_free frees what is there. */
sky_status data_init(data *d, const data_config *config, const data_ways *ways, int64_t end_ns);
void data_free(data *d);

/* When something begins that goes over the network; SKY_NEVER_NS. */
int64_t data_next_ns(const data *d);
/* All that happens up to a time that never goes back. SKY_ERROR_MEMORY. */
sky_status data_advance(data *d, int64_t now_ns);
/* Looks at what ways cost, and which there are, now: until the next look copies are chosen by that. */
void data_look(data *d);
/* A flow has ended: with all of its bytes, or cut off. *job: of a job's read, its subject; else SKY_NONE.
 * SKY_ERROR_MEMORY. */
sky_status data_arrived(data *d, int64_t now_ns, uint32_t fetch, int cut, int64_t moved_bytes, int64_t nusd,
                        uint32_t *job);

/* ---- jobs --------------------------------------------------------------------------------------------------------- */

typedef struct data_job_read {
    int64_t ns; /* that the copy takes, and the message there and back: before then the bytes are not there */
    int64_t nusd;   /* egress */
    uint32_t from;  /* region; SKY_NONE: no copy could be read */
    uint32_t fetch; /* under way; SKY_NONE: it is not, or no longer */
} data_job_read;

/* Bytes of a dataset, from its first object on, round and round; after data_advance. subject: for data_arrived; SKY_NONE:
 * all at once, whatever its size. Where no copy can be reached a flow waits for a way; else nothing is read.
 * SKY_ERROR_MEMORY. */
sky_status data_read_for_job(data *d, uint32_t set, uint32_t region, int64_t bytes, uint32_t subject,
                             data_job_read *read);
/* The job no longer waits. */
void data_cut_job(data *d, uint32_t subject);

/* ---- orders ------------------------------------------------------------------------------------------------------- */

typedef enum data_answer {
    DATA_DONE,
    DATA_BEGUN, /* news will come */
    DATA_NO_WAY,
    DATA_FORBIDDEN,
    DATA_NO_SOURCE, /* there is no such copy to start from */
    DATA_IS_SO,     /* already, or about to be */
} data_answer;

/* Another copy, in a tier of the region; takes_home: it is the home from then on, and the old home has none. After
 * data_advance, as all of these. SKY_ERROR_MEMORY. */
sky_status data_replicate(data *d, uint32_t set, uint32_t from, data_place to, int takes_home, uint32_t order,
                          data_answer *answer);
sky_status data_set_tier(data *d, uint32_t set, data_place place, data_answer *answer);
/* Not the home. */
sky_status data_evict(data *d, uint32_t set, uint32_t region, data_answer *answer);

/* ---- what there is ------------------------------------------------------------------------------------------------ */

static inline data_copy *data_copy_of(const data *d, uint32_t set, uint32_t region)
{
    return &d->copies[set * d->config->region_count + region];
}

int64_t data_held_bytes(const data *d, uint32_t set, uint32_t region, storage_kind kind);
/* Storage of a copy; of a region's cache; of all. */
int64_t data_cost(const data *d, uint32_t set, uint32_t region);
int64_t data_cache_cost(const data *d, uint32_t region);
int64_t data_total_cost(const data *d);
/* NULL: all that must hold does; else what does not. */
const char *data_check(const data *d);

/* ---- checkpoints (data_state.c) ------------------------------------------------------------------------------------ */
/* Saves or restores all of it, but for the ways. The one that is restored was just made, of a configuration with as many
 * things; bills go on from what they were, at the prices of that. */
void data_state(data *d, state *s);

#endif
