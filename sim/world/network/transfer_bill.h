/* What moving bytes costs: tiers by the month's total, as providers bill, and port-hours. In nano-dollars; the
 * parts of a month add up to what the whole costs, but for the rounding of each part to a nano-dollar. */
#ifndef SKYTWIN_NETWORK_TRANSFER_BILL_H
#define SKYTWIN_NETWORK_TRANSFER_BILL_H

#include "../../kernel/state.h"
#include "../../scenario.h"

/* A provider's traffic to the Internet this month. */
typedef struct transfer_meter {
    const scenario_egress_tier *tiers; /* rising */
    size_t tier_count;                 /* 0: free */
    int64_t month, month_bytes;
    int64_t bytes, nusd; /* all that passed, and what it cost */
} transfer_meter;

/* Counts the bytes at a time (that of the last byte) and returns their price: each byte at its tier's. */
int64_t transfer_bill(transfer_meter *meter, int64_t now_ns, int64_t bytes);
/* The same at one price, whatever was sent before. */
int64_t transfer_bill_flat(int64_t bytes, int64_t nusd_per_gb);
/* Price of the next byte, per GB (10^9 bytes). */
int64_t transfer_price(const transfer_meter *meter, int64_t now_ns);

/* What it has counted so far, saved or restored; its tiers are those of the scenario. */
void transfer_meter_state(transfer_meter *meter, state *s);

#endif
