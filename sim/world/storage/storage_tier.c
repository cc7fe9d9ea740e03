#include "storage_tier.h"

static int is_price(int64_t nusd)
{
    return nusd >= 0 && nusd <= STORAGE_MOST_PRICE;
}

int storage_tier_is_sane(const storage_tier *tier)
{
    return tier->latency_ns >= 0 && tier->bytes_per_s >= 1 && tier->retention_ns >= 0 &&
           tier->least_bytes >= 0 && tier->priced_bytes >= 1 && tier->priced_bytes <= INT64_C(1) << 30 &&
           is_price(tier->nusd_per_gb_month) && is_price(tier->retrieval_nusd_per_gb) &&
           is_price(tier->write_nusd) && is_price(tier->read_nusd) && is_price(tier->move_nusd);
}

static int64_t narrow(sky_int128 value)
{
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

int64_t storage_price_held(const storage_tier *tier, sky_int128 byte_ns)
{
    sky_int128 unit = (sky_int128)tier->priced_bytes *
                      SKY_NS_PER_MONTH; /* below 2^82, a price at most 2^44 */
    sky_int128 whole = byte_ns / unit;

    if (whole > INT64_MAX)
        return INT64_MAX;
    return narrow(whole * tier->nusd_per_gb_month + byte_ns % unit * tier->nusd_per_gb_month / unit);
}

storage_bill storage_bill_of(const storage_tier *tier, const storage_usage *usage)
{
    sky_int128 requests = (sky_int128)usage->writes * tier->write_nusd +
                          (sky_int128)usage->reads * tier->read_nusd +
                          (sky_int128)usage->moves * tier->move_nusd;

    return (storage_bill){ .held_nusd = storage_price_held(tier, usage->byte_ns),
                           .early_nusd = storage_price_held(tier, usage->early_byte_ns),
                           .requests_nusd = narrow(requests),
                           .retrieval_nusd = muldiv_floor_i64(
                               usage->retrieved_bytes, tier->retrieval_nusd_per_gb, tier->priced_bytes) };
}

int64_t storage_bill_total(const storage_bill *bill)
{
    return add_sat_i64(add_sat_i64(bill->held_nusd, bill->early_nusd),
                       add_sat_i64(bill->requests_nusd, bill->retrieval_nusd));
}

int64_t storage_tier_read_ns(const storage_tier *tier, int64_t bytes)
{
    return add_sat_i64(tier->latency_ns, muldiv_ceil_i64(bytes, SKY_NS_PER_SECOND, tier->bytes_per_s));
}

int64_t storage_billed_bytes(const storage_tier *tier, int64_t bytes)
{
    return bytes > tier->least_bytes ? bytes : tier->least_bytes;
}
