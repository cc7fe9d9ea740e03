/* A tier of storage: how fast it is and what it costs; and the bill of what was used of it, in nano-dollars.
 *
 * Prices are as providers quote them: of a "GB" that some of them mean as 2^30 bytes (priced_bytes), and of a month
 * of 730 hours. Usage is counted exactly, bytes × time in 128 bits; only the bill is rounded, each of its parts
 * down, once. So a bill is a function of usage alone: what is added between two moments is the difference of two
 * bills, and it does not matter when one is asked for. */
#ifndef SKYTWIN_STORAGE_TIER_H
#define SKYTWIN_STORAGE_TIER_H

#include <skytwin/engine.h>

#include "../../../engine/model/arith.h"

#define STORAGE_MOST_PRICE (INT64_C(1) << 44) /* nano-dollars per GB and month, per GB, per request */

/* From near to far. */
typedef enum storage_kind {
    STORAGE_MEMORY,
    STORAGE_NVME,
    STORAGE_HOT,
    STORAGE_COOL,
    STORAGE_ARCHIVE,
    STORAGE_KIND_COUNT,
} storage_kind;

typedef struct storage_tier {
    const char *name;
    int64_t latency_ns;   /* until the first byte */
    int64_t bytes_per_s;  /* of one reader; at least 1 */
    int64_t priced_bytes; /* the "GB" of its prices: 10^9 or 2^30 */
    int64_t nusd_per_gb_month;
    int64_t retrieval_nusd_per_gb; /* of bytes read */
    int64_t write_nusd, read_nusd; /* a request */
    int64_t move_nusd;             /* a request that moves an object here from a nearer tier */
    int64_t retention_ns;          /* an object that leaves earlier is billed as if it had stayed */
    int64_t least_bytes;           /* a smaller object is billed as if it had so many */
    storage_kind kind;
} storage_tier;

typedef struct storage_usage {
    sky_int128 byte_ns;       /* bytes held × time, as billed */
    sky_int128 early_byte_ns; /* what was lacking to the retention of those that left */
    int64_t writes, reads, moves;
    int64_t retrieved_bytes;
} storage_usage;

typedef struct storage_bill {
    int64_t held_nusd, early_nusd, requests_nusd, retrieval_nusd;
} storage_bill;

/* 1: its figures are in range. */
int storage_tier_is_sane(const storage_tier *tier);

/* Price of bytes × time, rounded down; saturates. */
int64_t storage_price_held(const storage_tier *tier, sky_int128 byte_ns);
storage_bill storage_bill_of(const storage_tier *tier, const storage_usage *usage);
int64_t storage_bill_total(const storage_bill *bill);

int64_t storage_tier_read_ns(const storage_tier *tier, int64_t bytes);
/* What an object of so many bytes is billed as. */
int64_t storage_billed_bytes(const storage_tier *tier, int64_t bytes);

#endif
