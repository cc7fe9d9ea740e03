#include "storage_catalog.h"

#include "../trace/text.h"
#include "config.h"

#include <string.h>

#define TIER_KEYS "name kind latency throughput gb held retrieval write read move retention least source date"

static sky_status load_speed(loader *l, const config_setting_t *group, storage_tier *t)
{
    sky_status status = config_get_quantity(l, group, "latency", UNIT_TIME, 1, &t->latency_ns);

    if (status == SKY_OK)
        status = config_get_quantity(l, group, "throughput", UNIT_BANDWIDTH, 1, &t->bytes_per_s);
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

static sky_status load_prices(loader *l, const config_setting_t *group, storage_tier *t)
{
    sky_status status = config_get_quantity(l, group, "gb", UNIT_BYTES, 0, &t->priced_bytes);

    if (status == SKY_OK && t->priced_bytes != 1000000000 && t->priced_bytes != INT64_C(1) << 30)
        status = config_fail(l, group, "gb", "another size",
                             "\"1 GB\" or \"1 GiB\", what prices per GB mean");
    if (status == SKY_OK)
        status = load_price(l, group, "held", UNIT_USD_PER_GB, 1, &t->nusd_per_gb_month);
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

static sky_status load_tier(loader *l, const config_setting_t *group, storage_catalog *c)
{
    const char *name = NULL, *source = NULL, *date = NULL;
    storage_tier *t = &c->tiers[c->count];
    int kind = 0;
    sky_status status = config_check_keys(l, group, TIER_KEYS);

    t->priced_bytes = 1000000000;
    if (status == SKY_OK)
        status = config_get_string(l, group, "name", 1, &name);
    if (status == SKY_OK && storage_catalog_find(c, name) != NULL)
        status = config_fail(l, group, "name", name, "a name of its own");
    if (status == SKY_OK)
        status = config_get_choice(l, group, "kind", 1, "memory nvme hot cool archive", &kind);
    if (status == SKY_OK)
        status = load_speed(l, group, t);
    if (status == SKY_OK)
        status = load_prices(l, group, t);
    if (status == SKY_OK)
        status = config_get_string(l, group, "source", 1, &source);
    if (status == SKY_OK)
        status = config_get_string(l, group, "date", 1, &date);
    if (status != SKY_OK)
        return status;
    t->kind = (storage_kind)kind;
    t->name = config_strdup(l, name);
    c->count++;
    return t->name != NULL ? SKY_OK : SKY_ERROR_MEMORY;
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
    if (status != SKY_OK)
        return status;
    c->tiers = config_alloc(l, (size_t)config_setting_length(list) + 1, sizeof *c->tiers);
    if (c->tiers == NULL)
        return SKY_ERROR_MEMORY;
    for (int i = 0; i < config_setting_length(list) && status == SKY_OK; i++)
        status = load_tier(l, config_setting_get_elem(list, (unsigned)i), c);
    return status;
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
