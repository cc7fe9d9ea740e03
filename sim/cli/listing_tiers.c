/* Tiers of storage: the catalog's, or those of a scenario's regions. */
#include "listing.h"

#include "scenario.h"
#include "scenario/storage_catalog.h"
#include "world/storage/data.h"

#include <stdio.h>

static sky_status add_tier(const storage_tier *t, const char *where, json_t *rows, sky_error *error)
{
    static const char *const kinds[] = { "memory", "nvme", "hot", "cool", "archive" };
    double gb = 1e9 / (double)t->priced_bytes;
    char latency[48], held[48], retrieval[48];

    snprintf(latency, sizeof latency, "%.10g ms", (double)t->latency_ns / 1e6);
    snprintf(held, sizeof held, "%.6g USD/GB", (double)t->nusd_per_gb_month * gb / 1e9);
    snprintf(retrieval, sizeof retrieval, "%.6g USD/GB", (double)t->retrieval_nusd_per_gb * gb / 1e9);
    return listing_add(rows,
                       json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:f, s:f}", "where", where,
                                 "name", t->name, "kind", kinds[t->kind], "latency", latency, "held", held,
                                 "retrieval", retrieval, "throughput_mbit_s", (double)t->bytes_per_s * 8e-6,
                                 "write_usd", (double)t->write_nusd / 1e9, "read_usd",
                                 (double)t->read_nusd / 1e9, "move_usd", (double)t->move_nusd / 1e9,
                                 "retention_days",
                                 (double)t->retention_ns / (24.0 * (double)SKY_NS_PER_HOUR)),
                       error);
}

sky_status listing_of_tiers(const char *path, json_t *rows, sky_error *error)
{
    storage_catalog c;
    sky_status status = storage_catalog_load(path, &c, error);

    if (status != SKY_OK)
        return status;
    for (size_t i = 0; i < c.count && status == SKY_OK; i++)
        status = add_tier(&c.tiers[i], c.providers[i], rows, error);
    storage_catalog_free(&c);
    return status;
}

sky_status listing_of_scenario_tiers(const char *path, json_t *rows, sky_error *error)
{
    scenario s;
    sky_status status = scenario_load(path, NULL, 0, &s, error);

    if (status != SKY_OK)
        return status;
    for (uint32_t r = 0; s.storage != NULL && r < s.region_count; r++)
        for (uint32_t i = 0; i < s.storage->tier_count[r] && status == SKY_OK; i++)
            status = add_tier(&s.storage->tiers[r][i], s.regions[r].name, rows, error);
    scenario_free(&s);
    return status;
}
