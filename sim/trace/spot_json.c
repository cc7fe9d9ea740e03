/* Spot availability and price, sampled every gap_seconds: {"metadata": {"gap_seconds", "zone", "price_info":
 * {"on_demand_price", "price", "machine_type", "region"}}, "data": [0 | 1 …], "prices": [USD/h …]}.
 * In "spot-json" a 1 says that spot is unavailable, in "spot-json-available" that it is available. */
#include "json_file.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_TICKS 50000000

/* A price in USD per hour, to nano-dollars; an absent one is 0. Returns 0 if it is none. */
static int is_price(const json_t *value, int64_t *out)
{
    double usd = json_number_value(value);

    *out = 0;
    if (value == NULL || json_is_null(value))
        return 1;
    if (!json_is_number(value) || !isfinite(usd) || usd < 0 || usd > 1e6)
        return 0;
    *out = llround(usd * 1e9);
    return 1;
}

static sky_status read_price(const json_t *value, const char *path, const char *key, int64_t *out,
                             sky_error *error)
{
    if (is_price(value, out))
        return SKY_OK;
    return json_file_fail_shown(error, path, key, value, "a price in USD per hour from 0 to 1000000");
}

static void add_tick(trace_market *m, size_t tick, int available, int64_t price)
{
    trace_change *last = m->change_count > 0 ? &m->changes[m->change_count - 1] : NULL;

    if (last != NULL && last->available == available && last->spot_nusd_per_hour == price)
        return;
    m->changes[m->change_count++] = (trace_change){ .at_ns = (int64_t)tick * m->tick_ns,
                                                    .spot_nusd_per_hour = price,
                                                    .available = available };
}

static sky_status read_ticks(const json_t *root, const char *path, int one_is_available, int64_t flat_price,
                             trace_market *m, sky_error *error)
{
    const json_t *data = json_object_get(root, "data"), *prices = json_object_get(root, "prices");
    size_t ticks = json_array_size(data);
    char key[64], found[64];

    if (!json_is_array(data) || ticks == 0)
        return json_file_fail_shown(error, path, "data", data, "an array of 0 and 1");
    if (ticks > MAX_TICKS)
        return json_file_fail(error, path, "data", "too many samples", "at most 50 million");
    if (prices != NULL && !json_is_array(prices))
        return json_file_fail_shown(error, path, "prices", prices, "an array");
    if (prices != NULL && json_array_size(prices) != ticks) {
        snprintf(found, sizeof found, "%zu", json_array_size(prices));
        return json_file_fail(error, path, "prices", found, "as many as there are in `data`");
    }
    m->changes = malloc(ticks * sizeof *m->changes);
    if (m->changes == NULL)
        return json_file_no_memory(error, path);
    for (size_t i = 0; i < ticks; i++) {
        const json_t *sample = json_array_get(data, i);
        int64_t price = flat_price;

        if (!json_is_integer(sample) || json_integer_value(sample) < 0 || json_integer_value(sample) > 1) {
            snprintf(key, sizeof key, "data[%zu]", i);
            return json_file_fail_shown(error, path, key, sample, "0 or 1");
        }
        if (prices != NULL && !is_price(json_array_get(prices, i), &price)) {
            snprintf(key, sizeof key, "prices[%zu]", i);
            return read_price(json_array_get(prices, i), path, key, &price, error);
        }
        add_tick(m, i, json_integer_value(sample) == one_is_available, price);
    }
    m->span_ns = (int64_t)ticks * m->tick_ns;
    return SKY_OK;
}

static sky_status read_metadata(const json_t *root, const char *path, trace_market *m, int64_t *price,
                                sky_error *error)
{
    const json_t *metadata = json_object_get(root, "metadata"),
                 *info = json_object_get(metadata, "price_info");
    const json_t *gap = json_object_get(metadata, "gap_seconds");
    const char *zone = json_string_value(json_object_get(metadata, "zone"));
    const char *machine = json_string_value(json_object_get(info, "machine_type"));
    double seconds = json_number_value(gap);
    char folder[4096], region[256], *slash;
    sky_status status;

    if (!json_is_number(gap) || !(seconds >= 1) || seconds > 1e7 || seconds != floor(seconds))
        return json_file_fail_shown(error, path, "metadata.gap_seconds", gap,
                                    "whole seconds between two samples, at least 1");
    m->tick_ns = (int64_t)seconds * SKY_NS_PER_SECOND;
    status = read_price(json_object_get(info, "on_demand_price"), path, "metadata.price_info.on_demand_price",
                        &m->on_demand_nusd_per_hour, error);
    if (status == SKY_OK)
        status = read_price(json_object_get(info, "price"), path, "metadata.price_info.price", price, error);
    if (status != SKY_OK)
        return status;
    snprintf(folder, sizeof folder, "%s",
             path); /* a trace that doesn't name its zone is named by its folder */
    slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
    if (zone == NULL)
        zone = strrchr(folder, '/') != NULL ? strrchr(folder, '/') + 1 : folder;
    trace_region_of_zone(zone, region, sizeof region);
    m->zone = strdup(zone);
    m->region = strdup(region);
    m->machine = strdup(machine != NULL ? machine : "");
    return m->zone != NULL && m->region != NULL && m->machine != NULL ? SKY_OK
                                                                      : json_file_no_memory(error, path);
}

static sky_status read_file(const char *path, trace_set *set, int one_is_available, sky_error *error)
{
    json_t *root;
    trace_market *m;
    int64_t price = 0;
    sky_status status = json_file_load(path, &root, error);

    if (status != SKY_OK)
        return status;
    m = text_grow((void **)&set->markets, &set->market_count, sizeof *m);
    status = m != NULL ? read_metadata(root, path, m, &price, error) : json_file_no_memory(error, path);
    if (status == SKY_OK)
        status = read_ticks(root, path, one_is_available, price, m, error);
    json_decref(root);
    return status;
}

static sky_status read_path(const char *path, trace_set *set, int one_is_available, sky_error *error)
{
    struct stat info;
    char full[4096];
    int folder = stat(path, &info) == 0 && S_ISDIR(info.st_mode);

    snprintf(full, sizeof full, folder ? "%.4000s/full.json" : "%.4000s", path);
    return read_file(full, set, one_is_available, error);
}

static sky_status read_unavailable(const char *path, trace_set *set, sky_error *error)
{
    return read_path(path, set, 0, error);
}

static sky_status read_available(const char *path, trace_set *set, sky_error *error)
{
    return read_path(path, set, 1, error);
}

const trace_format trace_spot_json = {
    .name = "spot-json",
    .about =
        "spot availability and price of a zone, data 1 = unavailable; a file, or a folder with full.json",
    .read = read_unavailable,
};

const trace_format trace_spot_json_available = {
    .name = "spot-json-available",
    .about = "the same with data 1 = available",
    .read = read_available,
};
