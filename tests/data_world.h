/* Three regions with two tiers each, and ways between them at a price, for tests of datasets without a world. */
#ifndef SKYTWIN_TESTS_DATA_WORLD_H
#define SKYTWIN_TESTS_DATA_WORLD_H

#include "world/storage/data.h"

#define REGIONS 3
#define GB      INT64_C(1000000000)
#define RTT_NS  INT64_C(80000000)

static const storage_tier tiers[] = {
    { .name = "hot",
      .kind = STORAGE_HOT,
      .latency_ns = 10000000,
      .bytes_per_s = 100000000,
      .priced_bytes = GB,
      .nusd_per_gb_month = 20000000,
      .write_nusd = 5000,
      .read_nusd = 400 },
    { .name = "cool",
      .kind = STORAGE_COOL,
      .latency_ns = 20000000,
      .bytes_per_s = 100000000,
      .priced_bytes = GB,
      .nusd_per_gb_month = 10000000,
      .retrieval_nusd_per_gb = 10000000,
      .write_nusd = 10000,
      .read_nusd = 1000,
      .move_nusd = 10000,
      .retention_ns = 30 * 24 * SKY_NS_PER_HOUR },
};
static const storage_tier *const tiers_of[REGIONS] = { tiers, tiers, tiers };
static const uint32_t tier_count[REGIONS] = { 2, 2, 2 };
static const unsigned char forbidden[REGIONS] = { 0, 0, 0 };
static const unsigned char not_in_2[REGIONS] = { 0, 0, 1 };
static const storage_rule no_rules[REGIONS * DATA_MOST_TIERS];
static const uint32_t no_rule[REGIONS];

/* What went over the ways. */
typedef struct ways_seen {
    int64_t bytes, nusd;
    int64_t flow_bytes[64]; /* of those that were begun */
    uint32_t flow_fetch[64], flows;
    int cut[64];
    int no_way; /* 1: to region 2 */
} ways_seen;

/* From region 0 it costs more than from region 1. */
static int64_t ways_price(void *context, uint32_t from, uint32_t to)
{
    const ways_seen *seen = context;

    if (seen->no_way && (from == 2 || to == 2))
        return SKY_NEVER_NS;
    return from == 0 ? 20000000 : 10000000 * (1 + (from == 2));
}

static int64_t ways_fetch(void *context, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes,
                          uint64_t count, int64_t *nusd)
{
    ways_seen *seen = context;

    (void)now_ns;
    (void)count;
    if (ways_price(context, from, to) == SKY_NEVER_NS)
        return SKY_NEVER_NS;
    *nusd = muldiv_i64(bytes, ways_price(context, from, to), GB);
    seen->bytes += bytes;
    seen->nusd += *nusd;
    return RTT_NS;
}

static sky_status ways_send(void *context, int64_t now_ns, uint32_t from, uint32_t to, int64_t bytes,
                            uint32_t fetch, uint32_t *transfer)
{
    ways_seen *seen = context;

    (void)now_ns;
    (void)from;
    (void)to;
    if (seen->flows == 64)
        return SKY_ERROR_MEMORY;
    seen->flow_bytes[seen->flows] = bytes;
    seen->flow_fetch[seen->flows] = fetch;
    *transfer = seen->flows++;
    return SKY_OK;
}

static void ways_cut(void *context, int64_t now_ns, uint32_t transfer)
{
    (void)now_ns;
    ((ways_seen *)context)->cut[transfer] = 1;
}

static data_ways ways_of(ways_seen *seen, int has_network)
{
    return (data_ways){ .context = seen,
                        .seed = 5,
                        .has_network = has_network,
                        .price = ways_price,
                        .fetch = ways_fetch,
                        .send = ways_send,
                        .cut = ways_cut };
}

#endif
