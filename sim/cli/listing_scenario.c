/* What a scenario holds: its regions, machines, and pools as markets. */
#include "listing.h"

#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>

#define QUANTITY 48

static const char *price(char text[QUANTITY], int64_t nusd_per_hour)
{
    if (nusd_per_hour == 0)
        return "";
    snprintf(text, QUANTITY, "%.10g USD/h", (double)nusd_per_hour / 1e9);
    return text;
}

static json_t *texts_of(char *const *texts, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(array, json_string(texts[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *region_row(const scenario *s, size_t i)
{
    const scenario_region *r = &s->regions[i];
    char carbon[QUANTITY];

    snprintf(carbon, sizeof carbon, "%.10g gCO2/kWh", (double)r->carbon_gco2_per_mwh / 1000);
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s}", "name", r->name, "title", r->title, "country",
                     r->country, "jurisdictions", texts_of(r->jurisdictions, r->jurisdiction_count), "zones",
                     texts_of(r->zones, r->zone_count), "carbon", carbon);
}

static json_t *machine_row(const scenario *s, size_t i)
{
    const scenario_machine *m = &s->machines[i];
    char memory[QUANTITY];
    json_int_t pools = 0;

    snprintf(memory, sizeof memory, "%.10g GiB", (double)m->memory_bytes / (1024.0 * 1024 * 1024));
    for (size_t p = 0; p < s->pool_count; p++)
        pools += s->pools[p].machine == i;
    return json_pack("{s:s, s:f, s:s, s:s, s:I, s:I}", "name", m->name, "cpus", (double)m->mcpu / 1000,
                     "memory", memory, "accelerator", m->accelerator, "accelerators",
                     (json_int_t)m->accelerators, "regions", pools);
}

static json_t *market_row(const scenario *s, size_t i)
{
    const scenario_pool *p = &s->pools[i];
    char on_demand[QUANTITY], spot[QUANTITY], reserved[QUANTITY];

    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "pool", p->name, "region", s->regions[p->region].name,
        "machine", p->machine < s->machine_count ? s->machines[p->machine].name : "", "on_demand",
        price(on_demand, p->on_demand_nusd_per_hour), "spot", price(spot, p->spot_mean_nusd_per_hour),
        "reserved", price(reserved, p->reserved_nusd_per_hour), "replayed", p->replay != NULL);
}

/* Its private links; then round trips between the regions of its pools. */
static sky_status add_links(const scenario *s, json_t *rows, sky_error *error)
{
    sky_status status = SKY_OK;
    char rtt[QUANTITY], capacity[QUANTITY], port[QUANTITY];
    unsigned char *used = calloc(s->region_count + 1, 1);

    for (size_t p = 0; used != NULL && p < s->pool_count; p++)
        if (s->rtt_ns != NULL)
            used[s->pools[p].region] = 1;
    for (size_t i = 0; s->network != NULL && i < s->network->link_count && status == SKY_OK; i++) {
        const scenario_link *l = &s->network->links[i];

        snprintf(rtt, sizeof rtt, "%.10g ms", (double)l->rtt_ns / 1e6);
        snprintf(capacity, sizeof capacity, "%.10g Gbit/s", (double)l->line.bytes_per_s * 8e-9);
        status = listing_add(rows,
                             json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "from", s->regions[l->from].name,
                                       "to", s->regions[l->to].name, "rtt", rtt, "name", l->name, "capacity",
                                       capacity, "port", price(port, l->port_nusd_per_hour)),
                             error);
    }
    for (size_t from = 0; used != NULL && from < s->region_count; from++)
        for (size_t to = from + 1; to < s->region_count && status == SKY_OK; to++) {
            if (!used[from] || !used[to])
                continue;
            snprintf(rtt, sizeof rtt, "%.10g ms", (double)s->rtt_ns[from * s->region_count + to] / 1e6);
            status = listing_add(rows,
                                 json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "from", s->regions[from].name,
                                           "to", s->regions[to].name, "rtt", rtt, "name", "", "capacity", "",
                                           "port", ""),
                                 error);
        }
    free(used);
    return used != NULL ? status : listing_add(rows, NULL, error);
}

sky_status listing_of_scenario(const char *path, listing_kind kind, json_t *rows, sky_error *error)
{
    static json_t *(*const row_of[])(const scenario *, size_t) = {
        [LISTING_REGIONS] = region_row, [LISTING_MACHINES] = machine_row, [LISTING_MARKETS] = market_row
    };
    scenario s;
    sky_status status = scenario_load(path, NULL, 0, &s, error);
    size_t count;

    if (status != SKY_OK)
        return status;
    if (kind == LISTING_LINKS) {
        status = add_links(&s, rows, error);
        scenario_free(&s);
        return status;
    }
    count = kind == LISTING_REGIONS    ? s.region_count
            : kind == LISTING_MACHINES ? s.machine_count
                                       : s.pool_count;
    for (size_t i = 0; i < count && status == SKY_OK; i++)
        status = listing_add(rows, row_of[kind](&s, i), error);
    scenario_free(&s);
    return status;
}
