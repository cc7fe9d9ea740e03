#include "transfer_bill.h"

#include "../../../engine/model/arith.h"

#define BYTES_PER_GB 1000000000

static size_t tier_at(const transfer_meter *meter, int64_t bytes)
{
    size_t tier = 0;

    while (tier + 1 < meter->tier_count && bytes >= meter->tiers[tier].up_to_bytes)
        tier++;
    return tier;
}

int64_t transfer_bill(transfer_meter *meter, int64_t now_ns, int64_t bytes)
{
    int64_t month = now_ns / SKY_NS_PER_MONTH, cost = 0;

    if (month != meter->month)
        meter->month_bytes = 0;
    meter->month = month;
    meter->bytes = add_sat_i64(meter->bytes, bytes);
    while (bytes > 0 && meter->tier_count > 0) {
        size_t tier = tier_at(meter, meter->month_bytes);
        int64_t room = tier + 1 < meter->tier_count ? meter->tiers[tier].up_to_bytes - meter->month_bytes
                                                    : INT64_MAX;
        int64_t part = bytes < room ? bytes : room;

        cost += transfer_bill_flat(part, meter->tiers[tier].nusd_per_gb);
        meter->month_bytes = add_sat_i64(meter->month_bytes, part);
        bytes -= part;
    }
    meter->nusd += cost;
    return cost;
}

int64_t transfer_bill_flat(int64_t bytes, int64_t nusd_per_gb)
{
    return muldiv_i64(bytes, nusd_per_gb, BYTES_PER_GB);
}

int64_t transfer_price(const transfer_meter *meter, int64_t now_ns)
{
    int64_t sent = now_ns / SKY_NS_PER_MONTH == meter->month ? meter->month_bytes : 0;

    return meter->tier_count > 0 ? meter->tiers[tier_at(meter, sent)].nusd_per_gb : 0;
}

void transfer_meter_state(transfer_meter *meter, state *s)
{
    int64_t counted[] = { meter->month, meter->month_bytes, meter->bytes, meter->nusd };

    state_bytes(s, counted, sizeof counted);
    state_check_amounts(s, counted, 4);
    meter->month = counted[0];
    meter->month_bytes = counted[1];
    meter->bytes = counted[2];
    meter->nusd = counted[3];
}
