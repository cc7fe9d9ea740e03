/* Section `network`: links between regions, how traffic is routed, and what is moved by schedule. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_RELAYS   14
#define NETWORK_KEYS  "routing streams window gateway relays public backbone private zones links transfers"
#define LINE_KEYS     "capacity loss jitter jitter_tail jitter_correlation jitter_memory source date"
#define LINK_KEYS     LINE_KEYS " name from to rtt price price_back port ordered"
#define TRANSFER_KEYS "name from to size first every goal most"

/* Where the scenario says nothing. Assumed figures: gateways of one machine (a cloud lets one send some 5 Gbit/s
 * to the Internet [Jain et al., "Skyplane", NSDI 2023, section 2]), loss of 1 packet in 10,000 on the Internet. */
static const scenario_line usual[LINK_KIND_COUNT] = {
    [LINK_PUBLIC] = { .bytes_per_s = 625000000,
                      .loss_ppb = 100000,
                      .jitter_ns = 1000000,
                      .jitter_memory_ns = 1250000000,
                      .jitter_tail = 2.5,
                      .jitter_correlation = 0.7 },
    [LINK_BACKBONE] = { .bytes_per_s = 1250000000,
                        .loss_ppb = 1000,
                        .jitter_ns = 100000,
                        .jitter_memory_ns = 1250000000 },
    [LINK_PRIVATE] = { .bytes_per_s = 1250000000,
                       .loss_ppb = 100,
                       .jitter_ns = 20000,
                       .jitter_memory_ns = 1250000000 },
};

static sky_status load_line(loader *l, const config_setting_t *group, scenario_line *line)
{
    double loss = (double)line->loss_ppb * 1e-9;
    sky_status status = config_get_quantity(l, group, "capacity", UNIT_BANDWIDTH, 0, &line->bytes_per_s);

    if (status == SKY_OK && (line->bytes_per_s < 1 || line->bytes_per_s > INT64_C(12500000000000)))
        status = config_fail(l, group, "capacity", "a bandwidth out of range",
                             "from \"1 kbit/s\" to \"100 Tbit/s\"");
    if (status == SKY_OK)
        status = config_get_real(l, group, "loss", 0, 0, 0.5, &loss);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "jitter", UNIT_TIME, 0, &line->jitter_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "jitter_memory", UNIT_TIME, 0, &line->jitter_memory_ns);
    if (status == SKY_OK && line->jitter_memory_ns == 0)
        status = config_fail(l, group, "jitter_memory", "0", "a time above 0");
    if (status == SKY_OK)
        status = config_get_real(l, group, "jitter_tail", 0, 0, 100, &line->jitter_tail);
    if (status == SKY_OK && line->jitter_tail > 0 && line->jitter_tail < 1.1)
        status = config_fail(l, group, "jitter_tail", "between 0 and 1.1",
                             "0 (exponential) or a shape of at least 1.1");
    if (status == SKY_OK)
        status = config_get_real(l, group, "jitter_correlation", 0, 0, 1, &line->jitter_correlation);
    line->loss_ppb = llround(loss * 1e9);
    return status;
}

/* "aws:us-east-1a": of one of its zones. */
static int find_zone(const scenario *s, const char *name, uint32_t *region, uint32_t *zone)
{
    for (uint32_t r = 0; r < s->region_count; r++) {
        size_t length = strlen(s->regions[r].name);

        for (uint32_t z = 0; z < s->regions[r].zone_count; z++)
            if (strncmp(name, s->regions[r].name, length) == 0 &&
                strcmp(name + length, s->regions[r].zones[z]) == 0) {
                *region = r;
                *zone = z;
                return 1;
            }
    }
    return 0;
}

/* zone: NULL: only a region will do. */
static sky_status get_site(loader *l, const config_setting_t *group, const char *key, uint32_t *region,
                           uint32_t *zone)
{
    const char *name = NULL;
    size_t found;
    sky_status status = config_get_string(l, group, key, 1, &name);

    if (status != SKY_OK)
        return status;
    found = scenario_find_region(l->out, name);
    if (found == l->out->region_count && zone != NULL && find_zone(l->out, name, region, zone))
        return SKY_OK;
    if (found == l->out->region_count)
        return load_fail_region(l, group, key, name);
    *region = (uint32_t)found;
    return SKY_OK;
}

/* zones: of both ends, SKY_NONE where these are regions; or NULL: they are. */
static sky_status get_ends(loader *l, const config_setting_t *group, char **name, uint32_t *from,
                           uint32_t *to, uint32_t zones[2])
{
    const char *own = NULL;
    sky_status status = config_get_name(l, group, &own);

    if (status == SKY_OK)
        status = get_site(l, group, "from", from, zones);
    if (status == SKY_OK)
        status = get_site(l, group, "to", to, zones != NULL ? &zones[1] : NULL);
    if (status == SKY_OK && *from == *to && (zones == NULL || zones[0] == zones[1]))
        status = config_fail(l, group, "to", l->out->regions[*to].name, "another region than `from`");
    if (status != SKY_OK)
        return status;
    *name = config_strdup(l, own);
    return *name != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static sky_status load_link(loader *l, const config_setting_t *group, scenario_network *n)
{
    scenario_link *link = &n->links[n->link_count];
    int ordered = 1;
    sky_status status = config_check_keys(l, group, LINK_KEYS);

    link->line = n->line[LINK_PRIVATE];
    link->there.up_to_bytes = link->back.up_to_bytes = INT64_MAX;
    if (status == SKY_OK)
        status = get_ends(l, group, &link->name, &link->from, &link->to, NULL);
    if (status != SKY_OK)
        return status;
    for (size_t i = 0; i < n->link_count; i++)
        if (strcmp(n->links[i].name, link->name) == 0)
            return config_fail(l, group, "name", link->name, "a name of its own");
    link->rtt_ns = l->out->rtt_ns[link->from * l->out->region_count + link->to];
    status = config_get_quantity(l, group, "rtt", UNIT_TIME, 0, &link->rtt_ns);
    if (status == SKY_OK && link->rtt_ns == 0)
        status = config_fail(l, group, "rtt", "0", "a round-trip time above 0");
    if (status == SKY_OK)
        status = load_line(l, group, &link->line);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "price", UNIT_USD_PER_GB, 0, &link->there.nusd_per_gb);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "price_back", UNIT_USD_PER_GB, 0, &link->back.nusd_per_gb);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "port", UNIT_USD_PER_HOUR, 0, &link->port_nusd_per_hour);
    if (status == SKY_OK)
        status = config_get_flag(l, group, "ordered", &ordered);
    n->link_count += status == SKY_OK && ordered; /* one that isn't ordered isn't there, and costs nothing */
    return status;
}

static sky_status load_transfer(loader *l, const config_setting_t *group, const scenario_network *n,
                                scenario_transfer *t)
{
    uint32_t zones[2] = { SKY_NONE, SKY_NONE };
    sky_status status = config_check_keys(l, group, TRANSFER_KEYS);

    t->every_ns = SKY_NEVER_NS;
    if (status == SKY_OK)
        status = get_ends(l, group, &t->name, &t->from, &t->to, zones);
    if (status == SKY_OK && (zones[0] != SKY_NONE || zones[1] != SKY_NONE) &&
        (!n->has_zones || t->from != t->to || zones[0] == SKY_NONE || zones[1] == SKY_NONE))
        status = config_fail(l, group, zones[0] != SKY_NONE ? "from" : "to", "a zone",
                             "two regions; or two zones of one, and `zones` in `network`");
    t->from_zone = zones[0];
    t->to_zone = zones[1];
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "size", UNIT_BYTES, 1, &t->bytes);
    if (status == SKY_OK && t->bytes == 0)
        status = config_fail(l, group, "size", "0", "at least \"1 B\"");
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "first", UNIT_TIME, 0, &t->first_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "every", UNIT_TIME, 0, &t->every_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "goal", UNIT_BANDWIDTH, 0, &t->goal_bytes_per_s);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "most", UNIT_USD_PER_GB, 0, &t->most_nusd_per_gb);
    if (status == SKY_OK && t->goal_bytes_per_s > 0 && t->most_nusd_per_gb > 0)
        status = config_fail(l, group, "most", "a price beside a goal", "one of them");
    if (status == SKY_OK && zones[0] != SKY_NONE && t->goal_bytes_per_s + t->most_nusd_per_gb > 0)
        status = config_fail(l, group, t->goal_bytes_per_s > 0 ? "goal" : "most",
                             "a plan between zones of a region", "none: there are no relays");
    if (status == SKY_OK && t->every_ns < SKY_NS_PER_SECOND)
        status = config_fail(l, group, "every", "less than a second", "a time of at least \"1 s\"");
    return status;
}

static sky_status load_relays(loader *l, const config_setting_t *group, scenario_network *n)
{
    char **names = NULL;
    size_t count = 0;
    sky_status status = config_get_strings(l, group, "relays", 0, &names, &count);

    if (status != SKY_OK)
        return status;
    n->relays = config_alloc(l, count + 1, sizeof *n->relays);
    if (n->relays == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        size_t region = scenario_find_region(l->out, names[i]);

        if (region == l->out->region_count)
            return load_fail_region(l, group, "relays", names[i]);
        if (i == MOST_RELAYS)
            return config_fail(l, group, "relays", "too many", "14 regions at most");
        n->relays[n->relay_count++] = (uint32_t)region;
    }
    return SKY_OK;
}

static sky_status load_lines(loader *l, const config_setting_t *group, scenario_network *n)
{
    static const char *const kinds[] = { "public", "backbone", "private" };
    sky_status status = SKY_OK;

    for (int k = 0; k < LINK_KIND_COUNT && status == SKY_OK; k++) {
        const config_setting_t *line = NULL;

        n->line[k] = usual[k];
        status = config_get_group(l, group, kinds[k], 0, &line);
        if (status == SKY_OK && line != NULL)
            status = config_check_keys(l, line, LINE_KEYS);
        if (status == SKY_OK && line != NULL)
            status = load_line(l, line, &n->line[k]);
    }
    return status;
}

/* How far the zones of each region are from each other. Assumed where nothing is said: 1 ms there and back between zones,
 * 0.3 ms within one (0.9 to 1.1 and 0.2 to 0.5 ms were measured between and within those of us-east-1, https://orensol.com/
 * 2009/05/24/network-latency-inside-and-across-amazon-ec2-availability-zones/; 0.5 to 1.5 between those of today, says
 * https://www.flashgrid.io, 2023), 100 Gbit/s out of a zone. */
static sky_status load_zones(loader *l, const config_setting_t *group, scenario_network *n)
{
    const config_setting_t *zones = NULL;
    sky_status status = config_get_group(l, group, "zones", 0, &zones);

    n->has_zones = zones != NULL;
    n->zone_line = usual[LINK_PRIVATE];
    n->zone_line.bytes_per_s = INT64_C(12500000000);
    n->zone_rtt_ns = 1000000;
    n->within_zone_rtt_ns = 300000;
    if (status == SKY_OK && zones != NULL)
        status = config_check_keys(l, zones, LINE_KEYS " rtt within");
    if (status == SKY_OK && zones != NULL)
        status = load_line(l, zones, &n->zone_line);
    if (status == SKY_OK && zones != NULL)
        status = config_get_quantity(l, zones, "rtt", UNIT_TIME, 0, &n->zone_rtt_ns);
    if (status == SKY_OK && zones != NULL)
        status = config_get_quantity(l, zones, "within", UNIT_TIME, 0, &n->within_zone_rtt_ns);
    if (status == SKY_OK && zones != NULL && n->zone_rtt_ns == 0)
        status = config_fail(l, zones, "rtt", "0", "a round-trip time above 0");
    return status;
}

static sky_status load_lists(loader *l, const config_setting_t *group, scenario_network *n)
{
    const config_setting_t *links = NULL, *transfers = NULL;
    sky_status status = config_get_list(l, group, "links", 0, &links);

    if (status == SKY_OK)
        status = config_get_list(l, group, "transfers", 0, &transfers);
    if (status != SKY_OK)
        return status;
    n->links = config_alloc(l, links != NULL ? (size_t)config_setting_length(links) + 1 : 1,
                            sizeof *n->links);
    n->transfers = config_alloc(l, transfers != NULL ? (size_t)config_setting_length(transfers) + 1 : 1,
                                sizeof *n->transfers);
    if (n->links == NULL || n->transfers == NULL)
        return SKY_ERROR_MEMORY;
    for (int i = 0; links != NULL && i < config_setting_length(links) && status == SKY_OK; i++)
        status = load_link(l, config_setting_get_elem(links, (unsigned)i), n);
    for (int i = 0; transfers != NULL && i < config_setting_length(transfers) && status == SKY_OK;
         i++, n->transfer_count += status == SKY_OK)
        status = load_transfer(l, config_setting_get_elem(transfers, (unsigned)i), n,
                               &n->transfers[n->transfer_count]);
    return status;
}

sky_status load_network(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    const config_setting_t *group = NULL;
    scenario_network *n;
    int routing = ROUTE_LEAST_LATENCY;
    int64_t streams = 16;
    sky_status status = config_get_group(l, root, "network", 0, &group);

    if (status != SKY_OK || group == NULL)
        return status;
    n = config_alloc(l, 1, sizeof *n);
    if (n == NULL)
        return SKY_ERROR_MEMORY;
    n->window_bytes = INT64_C(16) << 20;
    status = config_check_keys(l, group, NETWORK_KEYS);
    if (status == SKY_OK)
        status = config_get_choice(l, group, "routing", 0, "least-latency least-cost private-first",
                                   &routing);
    if (status == SKY_OK)
        status = config_get_integer(l, group, "streams", 0, 1, 10000, &streams);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "window", UNIT_BYTES, 0, &n->window_bytes);
    if (status == SKY_OK && n->window_bytes < 1500)
        status = config_fail(l, group, "window", "less than a packet", "at least \"1500 B\"");
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "gateway", UNIT_USD_PER_HOUR, 0, &n->gateway_nusd_per_hour);
    if (status == SKY_OK)
        status = load_relays(l, group, n);
    if (status == SKY_OK)
        status = load_lines(l, group, n);
    if (status == SKY_OK)
        status = load_zones(l, group, n);
    if (status == SKY_OK)
        status = load_lists(l, group, n);
    n->routing = (network_routing)routing;
    n->streams = (uint32_t)streams;
    s->network = n;
    return status;
}
