#include "storage_catalog.h"

#include "../trace/text.h"
#include "storage_tiers.h"

#include <string.h>

#define TIER_KEYS                                                                                            \
    "name provider kind latency throughput gb held retrieval write read move retention least source date"

static sky_status load_speed(loader *l, const config_setting_t *group, int required, storage_tier *t)
{
    sky_status status = config_get_quantity(l, group, "latency", UNIT_TIME, required, &t->latency_ns);

    if (status == SKY_OK)
        status = config_get_quantity(l, group, "throughput", UNIT_BANDWIDTH, required, &t->bytes_per_s);
    if (status == SKY_OK && t->bytes_per_s < 1)
        status = config_fail(l, group, "throughput", "0", "a bandwidth of at least \"1 kbit/s\"");
    return status;
}

static sky_status load_price(loader *l, const config_setting_t *group, const char *key, unit_kind unit,
                             int required, int64_t *nusd)
{
    sky_status status = config_get_quantity(l, group, key, unit, required, nusd);

    if (status == SKY_OK && *nusd > STORAGE_MOST_PRICE)
        return config_fail(l, group, key, "a price out of range", "less than 17,592 USD");
    return status;
}

static sky_status load_prices(loader *l, const config_setting_t *group, int required, storage_tier *t)
{
    sky_status status = config_get_quantity(l, group, "gb", UNIT_BYTES, 0, &t->priced_bytes);

    if (status == SKY_OK && t->priced_bytes != 1000000000 && t->priced_bytes != INT64_C(1) << 30)
        status = config_fail(l, group, "gb", "another size",
                             "\"1 GB\" or \"1 GiB\", what prices per GB mean");
    if (status == SKY_OK)
        status = load_price(l, group, "held", UNIT_USD_PER_GB, required, &t->nusd_per_gb_month);
    if (status == SKY_OK)
        status = load_price(l, group, "retrieval", UNIT_USD_PER_GB, 0, &t->retrieval_nusd_per_gb);
    if (status == SKY_OK)
        status = load_price(l, group, "write", UNIT_USD_PER_REQUEST, 0, &t->write_nusd);
    if (status == SKY_OK)
        status = load_price(l, group, "read", UNIT_USD_PER_REQUEST, 0, &t->read_nusd);
    if (status == SKY_OK)
        status = load_price(l, group, "move", UNIT_USD_PER_REQUEST, 0, &t->move_nusd);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "retention", UNIT_TIME, 0, &t->retention_ns);
    return status == SKY_OK ? config_get_quantity(l, group, "least", UNIT_BYTES, 0, &t->least_bytes) : status;
}

/* Source and date of a figure: what a catalog must say of each. */
static sky_status check_source(loader *l, const config_setting_t *group, int required)
{
    const char *source = NULL, *date = NULL;
    sky_status status = config_get_string(l, group, "source", required, &source);

    return status == SKY_OK ? config_get_string(l, group, "date", required, &date) : status;
}

/* known: the place of a tier of that name, some figures of which are others; else the count. */
static sky_status load_tier(loader *l, const config_setting_t *group, const char *name, size_t known,
                            storage_catalog *c)
{
    storage_tier *t = &c->tiers[known];
    const char *provider = known < c->count ? c->providers[known] : "";
    int kind = (int)t->kind, required = known == c->count;
    sky_status status = config_get_string(l, group, "provider", 0, &provider);

    if (required)
        t->priced_bytes = 1000000000;
    if (status == SKY_OK)
        status = config_get_choice(l, group, "kind", required, "memory nvme hot cool archive", &kind);
    if (status == SKY_OK)
        status = load_speed(l, group, required, t);
    if (status == SKY_OK)
        status = load_prices(l, group, required, t);
    if (status != SKY_OK)
        return status;
    t->kind = (storage_kind)kind;
    t->name = config_strdup(l, name);
    c->providers[known] = config_strdup(l, provider);
    c->count += (size_t)required;
    return t->name != NULL && c->providers[known] != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

sky_status storage_tiers_load(loader *l, const config_setting_t *list, storage_catalog *c)
{
    sky_status status = SKY_OK;

    for (int i = 0; i < config_setting_length(list) && status == SKY_OK; i++) {
        const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);
        const char *name = NULL;

        status = config_check_keys(l, group, TIER_KEYS);
        if (status == SKY_OK)
            status = config_get_string(l, group, "name", 1, &name);
        if (status == SKY_OK && storage_catalog_find(c, name) != NULL)
            status = config_fail(l, group, "name", name, "a name of its own");
        if (status == SKY_OK)
            status = load_tier(l, group, name, c->count, c);
        if (status == SKY_OK)
            status = check_source(l, group, 1);
    }
    return status;
}

sky_status storage_tiers_change(loader *l, const config_setting_t *list, storage_catalog *c)
{
    sky_status status = SKY_OK;

    for (int i = 0; i < config_setting_length(list) && status == SKY_OK; i++) {
        const config_setting_t *group = config_setting_get_elem(list, (unsigned)i);
        const storage_tier *known = NULL;
        const char *name = NULL;

        status = config_check_keys(l, group, TIER_KEYS);
        if (status == SKY_OK)
            status = config_get_string(l, group, "name", 1, &name);
        if (status == SKY_OK)
            known = storage_catalog_find(c, name);
        if (status == SKY_OK)
            status = load_tier(l, group, name, known != NULL ? (size_t)(known - c->tiers) : c->count, c);
        if (status == SKY_OK)
            status = check_source(l, group, 0);
    }
    return status;
}

sky_status storage_tiers_room(loader *l, size_t most, storage_catalog *c)
{
    c->tiers = config_alloc(l, most + 1, sizeof *c->tiers);
    c->providers = config_alloc(l, most + 1, sizeof *c->providers);
    return c->tiers != NULL && c->providers != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

static sky_status load_all(loader *l, const char *path, storage_catalog *c)
{
    const config_setting_t *list = NULL, *root;
    sky_status status = config_read_sources(l, path, NULL, 0);

    root = config_root_setting(&l->config);
    if (status == SKY_OK)
        status = config_check_keys(l, root, "tiers");
    if (status == SKY_OK)
        status = config_get_list(l, root, "tiers", 1, &list);
    if (status == SKY_OK)
        status = storage_tiers_room(l, (size_t)config_setting_length(list), c);
    return status == SKY_OK ? storage_tiers_load(l, list, c) : status;
}

sky_status storage_catalog_load(const char *path, storage_catalog *out, sky_error *error)
{
    scenario text = { 0 }; /* holds what was read, no more */
    loader l = { .out = &text, .error = error };
    sky_status status;

    *out = (storage_catalog){ 0 };
    config_init(&l.config);
    status = load_all(&l, path, out);
    config_destroy(&l.config);
    source_free(&l.source);
    out->owned = l.arena;
    if (status != SKY_OK) {
        text_one_line(error);
        storage_catalog_free(out);
    }
    return status;
}

void storage_catalog_free(storage_catalog *c)
{
    config_free_arena(c->owned);
    *c = (storage_catalog){ 0 };
}

const storage_tier *storage_catalog_find(const storage_catalog *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->tiers[i].name, name) == 0)
            return &c->tiers[i];
    return NULL;
}
