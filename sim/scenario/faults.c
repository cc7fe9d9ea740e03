/* `faults`: what goes wrong, when, for how long, and whom it meets. */
#include "config.h"

#include "../world/pipeline/pipelines.h"
#include "../world/service/services.h"

#include <math.h>
#include <string.h>

#define FAULT_KEYS "name kind target rack at every shape lasts reach factor machines slow loss delay age"
#define KINDS                                                                                                \
    "outage price-shock quota-cut stale-telemetry control-plane link-outage brown-out rack-outage "          \
    "dns-failure"
#define MOST_RACKS 10000 /* that fail on their own, of all faults */

/* Keys that only some kinds have. */
static sky_status check_kind(loader *l, const config_setting_t *group, fault_kind kind)
{
    static const struct {
        const char *key;
        unsigned kinds; /* bits 1 << fault_kind */
    } only[] = {
        { "factor", 1u << FAULT_PRICE_SHOCK },
        { "machines", 1u << FAULT_QUOTA_CUT },
        { "slow", 1u << FAULT_BROWN_OUT },
        { "loss", 1u << FAULT_BROWN_OUT },
        { "reach", 1u << FAULT_OUTAGE | 1u << FAULT_RACK_OUTAGE },
        { "rack", 1u << FAULT_RACK_OUTAGE },
        { "delay", 1u << FAULT_CONTROL_PLANE },
        { "age", 1u << FAULT_STALE_TELEMETRY },
        { "target", (1u << FAULT_KIND_COUNT) - 1 - (1u << FAULT_CONTROL_PLANE) },
    };

    for (size_t i = 0; i < sizeof only / sizeof only[0]; i++)
        if (!(only[i].kinds & 1u << kind) && config_setting_get_member(group, only[i].key) != NULL)
            return config_fail(l, group, only[i].key, "a key that this kind of fault does not have", "none");
    return SKY_OK;
}

/* Is what stands there, and is called so, part of a provider, a region, a zone ("aws:us-east-1a"), or itself named?
 * zone: SKY_NONE: of no one zone. */
static int is_in(const scenario *s, uint32_t region, uint32_t zone, const char *name, const char *target)
{
    const scenario_region *r = &s->regions[region];
    size_t length = strlen(r->name);

    return strcmp(target, s->providers[r->provider].name) == 0 || strcmp(target, r->name) == 0 ||
           strcmp(target, name) == 0 ||
           (zone != SKY_NONE && strncmp(target, r->name, length) == 0 &&
            strcmp(target + length, r->zones[zone]) == 0);
}

/* A provider, region or zone: what stands there is out as a whole. */
static void find_whole(const scenario *s, const char *target, scenario_fault *f)
{
    f->provider = f->at_region = f->zone = SKY_NONE;
    for (uint32_t p = 0; p < s->provider_count; p++)
        if (strcmp(target, s->providers[p].name) == 0)
            f->provider = p;
    for (uint32_t r = 0; r < s->region_count; r++)
        for (uint32_t z = 0; z < s->regions[r].zone_count; z++)
            if (strcmp(target, s->providers[s->regions[r].provider].name) != 0 &&
                is_in(s, r, z, "", target)) {
                f->at_region = r;
                f->zone = strcmp(target, s->regions[r].name) == 0 ? SKY_NONE : z;
            }
}

static sky_status fail_target(loader *l, const config_setting_t *group, const char *target)
{
    const scenario *s = l->out;
    suggest_search search = suggest_for(target);

    for (size_t i = 0; i < s->provider_count; i++)
        suggest_offer(&search, s->providers[i].name, 0);
    for (size_t i = 0; i < s->region_count; i++)
        suggest_offer(&search, s->regions[i].name, 0);
    for (size_t i = 0; i < s->pool_count; i++)
        suggest_offer(&search, s->pools[i].name, 0);
    for (size_t i = 0; i < s->place_count; i++)
        suggest_offer(&search, s->place_names[i], 0);
    return config_fail_near(l, group, "target", target, "a provider, region, zone or pool of `pools`",
                            &search);
}

/* Where services answer: outages alone take them. */
static sky_status find_places(loader *l, const char *target, scenario_fault *f)
{
    const scenario *s = l->out;

    f->places = config_alloc(l, s->place_count + 1, sizeof *f->places);
    if (f->places == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < s->place_count && f->kind == FAULT_OUTAGE; i++)
        if (is_in(s, s->services->stations[i].region, s->place_zones[i], s->place_names[i], target))
            f->places[f->place_count++] = i;
    return SKY_OK;
}

/* Stages of pipelines: outages of regions as a whole take them. */
static int meets_stages(const scenario *s, const scenario_fault *f)
{
    for (uint32_t i = 0; s->pipelines != NULL && f->kind == FAULT_OUTAGE && i < s->pipelines->stage_count;
         i++) {
        uint32_t region = s->pipelines->stages[i].region;

        if ((f->at_region == region && f->zone == SKY_NONE) || f->provider == s->regions[region].provider)
            return 1;
    }
    return 0;
}

static sky_status find_pools(loader *l, const config_setting_t *group, const char *target, scenario_fault *f)
{
    const scenario *s = l->out;

    find_whole(s, target, f);
    f->pools = config_alloc(l, s->pool_count + 1, sizeof *f->pools);
    if (f->pools == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t p = 0; p < s->pool_count; p++)
        if (is_in(s, s->pools[p].region, s->pools[p].zone, s->pools[p].name, target))
            f->pools[f->pool_count++] = p;
    if (find_places(l, target, f) != SKY_OK)
        return SKY_ERROR_MEMORY;
    return f->pool_count + f->place_count > 0 || meets_stages(s, f) ? SKY_OK : fail_target(l, group, target);
}

/* A region, or all of a provider: whose users ask its resolver. */
static sky_status find_resolvers(loader *l, const config_setting_t *group, const char *target,
                                 scenario_fault *f)
{
    const scenario *s = l->out;
    suggest_search search = suggest_for(target);

    if (s->services == NULL)
        return config_fail(l, group, "kind", "a fault of names", "a scenario with `services`");
    find_whole(s, target, f);
    if ((f->provider != SKY_NONE || f->at_region != SKY_NONE) && f->zone == SKY_NONE)
        return SKY_OK;
    for (size_t i = 0; i < s->provider_count; i++)
        suggest_offer(&search, s->providers[i].name, 0);
    for (size_t i = 0; i < s->region_count; i++)
        suggest_offer(&search, s->regions[i].name, 0);
    return config_fail_near(l, group, "target", target, "a provider or region", &search);
}

/* Racks of the target's pools that have any: one of the only pool, or all. */
static sky_status find_racks(loader *l, const config_setting_t *group, scenario_fault *f)
{
    const scenario *s = l->out;
    size_t kept = 0;
    int64_t rack = 0;
    sky_status status;

    for (size_t i = 0; i < f->pool_count; i++)
        if (s->pools[f->pools[i]].rack_nodes > 0)
            f->pools[kept++] = f->pools[i];
    f->pool_count = kept;
    if (kept == 0)
        return config_fail(l, group, "target", "pools without racks", "pools with nodes_per_rack");
    if (config_setting_get_member(group, "rack") == NULL)
        return SKY_OK;
    if (kept > 1)
        return config_fail(l, group, "rack", "a rack of several pools", "one pool as target");
    status = config_get_integer(l, group, "rack", 1, 0, scenario_racks(&s->pools[f->pools[0]]) - 1, &rack);
    f->rack = (uint32_t)rack;
    return status;
}

/* A private link by name, or a region: its links to the Internet. */
static sky_status find_link(loader *l, const config_setting_t *group, const char *target, scenario_fault *f)
{
    const scenario *s = l->out;
    size_t i = 0;
    suggest_search search = suggest_for(target);

    f->link = f->region = SKY_NONE;
    if (s->network == NULL && s->services == NULL)
        return config_fail(l, group, "kind", "a fault of links",
                           "a scenario with a section `network`, or with `services`");
    while (s->network != NULL && i < s->network->link_count && strcmp(s->network->links[i].name, target) != 0)
        suggest_offer(&search, s->network->links[i++].name, 0);
    if (s->network != NULL && i < s->network->link_count) {
        f->link = (uint32_t)i;
        return SKY_OK;
    }
    for (i = 0; i < s->region_count && strcmp(s->regions[i].name, target) != 0; i++)
        suggest_offer(&search, s->regions[i].name, 0);
    f->region = (uint32_t)i;
    return i < s->region_count
               ? SKY_OK
               : config_fail_near(l, group, "target", target,
                                  "a private link, or a region whose Internet it is", &search);
}

static sky_status load_times(loader *l, const config_setting_t *group, scenario_fault *f)
{
    int has_at = config_setting_get_member(group, "at") != NULL;
    int has_every = config_setting_get_member(group, "every") != NULL;
    sky_status status = config_get_quantity(l, group, "lasts", UNIT_TIME, 1, &f->lasts_ns);

    f->shape = 1;
    if (status == SKY_OK && has_at == has_every)
        return config_fail(l, group, has_at ? "every" : "at",
                           has_at ? "both at and every" : "neither at nor every", "one of them");
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "at", UNIT_TIME, has_at, &f->at_ns);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "every", UNIT_TIME, has_every, &f->every_ns);
    if (status == SKY_OK)
        status = config_get_real(l, group, "shape", 0, 0.1, 10, &f->shape);
    if (status == SKY_OK && !has_every && config_setting_get_member(group, "shape") != NULL)
        status = config_fail(l, group, "shape", "a shape without every", "every, a mean time between faults");
    if (status == SKY_OK &&
        (f->lasts_ns < SKY_NS_PER_SECOND || (has_every && f->every_ns < SKY_NS_PER_SECOND)))
        status = config_fail(l, group, f->lasts_ns < SKY_NS_PER_SECOND ? "lasts" : "every",
                             "less than a second", "a time of at least \"1 s\"");
    return status;
}

static sky_status load_strength(loader *l, const config_setting_t *group, scenario_fault *f)
{
    double factor = 1, slow = 1, loss = 0;
    int is_brown = f->kind == FAULT_BROWN_OUT;
    sky_status status = config_get_real(l, group, "factor", f->kind == FAULT_PRICE_SHOCK, 0.01, 1000,
                                        &factor);

    f->reach = 1;
    if (status == SKY_OK)
        status = config_get_integer(l, group, "machines", f->kind == FAULT_QUOTA_CUT, 0, 1000000000,
                                    &f->machines);
    if (status == SKY_OK)
        status = config_get_real(l, group, "slow", 0, 1, 1000, &slow);
    if (status == SKY_OK)
        status = config_get_real(l, group, "loss", 0, 0, 0.5, &loss);
    if (status == SKY_OK)
        status = config_get_real(l, group, "reach", 0, 0, 1, &f->reach);
    if (status == SKY_OK && is_brown && slow <= 1 && loss <= 0)
        status = config_fail(l, group, "slow", "neither slow nor loss", "one of them, or both");
    f->factor_ppm = llround(factor * 1e6);
    f->slow_ppm = llround((slow - 1) * 1e6);
    f->loss_ppb = llround(loss * 1e9);
    return status;
}

/* By how much things are late. */
static sky_status load_delay(loader *l, const config_setting_t *group, scenario_fault *f)
{
    const char *key = f->kind == FAULT_CONTROL_PLANE ? "delay" : "age";
    sky_status status = config_get_quantity(l, group, key, UNIT_TIME, 0, &f->delay_ns);

    if (status == SKY_OK && config_setting_get_member(group, key) != NULL && f->delay_ns < SKY_NS_PER_SECOND)
        status = config_fail(l, group, key, "less than a second", "a time of at least \"1 s\"");
    return status;
}

static sky_status load_fault(loader *l, const config_setting_t *group, scenario_fault *f)
{
    const char *name = "", *target = "";
    int kind = 0;
    sky_status status = config_check_keys(l, group, FAULT_KEYS);

    if (status == SKY_OK)
        status = config_get_choice(l, group, "kind", 1, KINDS, &kind);
    f->kind = (fault_kind)kind;
    if (status == SKY_OK)
        status = check_kind(l, group, f->kind);
    if (status == SKY_OK)
        status = config_get_string(l, group, "name", 0, &name);
    if (status == SKY_OK)
        status = config_get_string(l, group, "target", f->kind != FAULT_CONTROL_PLANE, &target);
    if (status == SKY_OK)
        status = load_times(l, group, f);
    if (status == SKY_OK)
        status = load_strength(l, group, f);
    if (status == SKY_OK)
        status = load_delay(l, group, f);
    if (status != SKY_OK)
        return status;
    f->name = config_strdup(l, name);
    if (f->name == NULL)
        return SKY_ERROR_MEMORY;
    if (f->kind == FAULT_LINK_OUTAGE || f->kind == FAULT_BROWN_OUT)
        return find_link(l, group, target, f);
    if (f->kind == FAULT_DNS)
        return find_resolvers(l, group, target, f);
    f->rack = SKY_NONE;
    status = f->kind == FAULT_CONTROL_PLANE ? SKY_OK : find_pools(l, group, target, f);
    return status == SKY_OK && f->kind == FAULT_RACK_OUTAGE ? find_racks(l, group, f) : status;
}

/* Racks that fail again and again, and not together, are a fault each. */
static int is_one_a_rack(const config_setting_t *group, const scenario_fault *f)
{
    return f->kind == FAULT_RACK_OUTAGE && f->every_ns > 0 && f->rack == SKY_NONE &&
           config_setting_get_member(group, "reach") == NULL;
}

static sky_status add_one_a_rack(loader *l, const config_setting_t *group, const scenario_fault *like,
                                 size_t room)
{
    scenario *s = l->out;

    for (size_t i = 0; i < like->pool_count; i++)
        for (uint32_t rack = 0; rack < scenario_racks(&s->pools[like->pools[i]]); rack++) {
            scenario_fault *f = &s->faults[s->fault_count];

            if (s->fault_count == room)
                return config_fail(l, group, "target", "too many racks",
                                   "10000 at most that fail on their own");
            *f = *like;
            f->pools = &like->pools[i];
            f->pool_count = 1;
            f->rack = rack;
            s->fault_count++;
        }
    return SKY_OK;
}

sky_status load_faults(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    const config_setting_t *list = NULL;
    size_t room;
    sky_status status = config_get_list(l, root, "faults", 0, &list);

    if (status != SKY_OK || list == NULL)
        return status;
    room = (size_t)config_setting_length(list) + MOST_RACKS;
    s->faults = config_alloc(l, room, sizeof *s->faults);
    if (s->faults == NULL)
        return SKY_ERROR_MEMORY;
    for (int i = 0; i < config_setting_length(list) && status == SKY_OK; i++) {
        const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);
        scenario_fault f = { 0 };

        status = load_fault(l, group, &f);
        if (status == SKY_OK && is_one_a_rack(group, &f))
            status = add_one_a_rack(l, group, &f, room - (size_t)(config_setting_length(list) - 1 - i));
        else if (status == SKY_OK)
            s->faults[s->fault_count++] = f;
    }
    return status;
}
