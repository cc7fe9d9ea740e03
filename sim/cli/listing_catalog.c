/* The catalog, read straight from its files: it is no scenario, and can't be loaded as one. */
#include "listing.h"

#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const config_setting_t *group, const char *key)
{
    const char *text = "";

    config_setting_lookup_string(group, key, &text);
    return text;
}

static json_int_t whole_of(const config_setting_t *group, const char *key)
{
    int number = 0;

    config_setting_lookup_int(group, key, &number);
    return number;
}

static json_t *texts_of(const config_setting_t *group, const char *key)
{
    config_setting_t *list = config_setting_get_member(group, key);
    json_t *texts = json_array();

    for (unsigned i = 0; list != NULL && i < (unsigned)config_setting_length(list); i++) {
        const char *text = config_setting_get_string_elem(list, (int)i);

        if (json_array_append_new(texts, json_string(text != NULL ? text : "")) != 0) {
            json_decref(texts);
            return NULL;
        }
    }
    return texts;
}

static sky_status add_region(const char *provider, const config_setting_t *region, json_t *rows,
                             sky_error *error)
{
    json_t *row = json_pack("{s:s+, s:s, s:s, s:o, s:o, s:s}", "name", provider, text_of(region, "name"),
                            "title", text_of(region, "title"), "country", text_of(region, "country"),
                            "jurisdictions", texts_of(region, "jurisdictions"), "zones",
                            texts_of(region, "zones"), "carbon", text_of(region, "carbon"));

    return listing_add(rows, row, error);
}

static sky_status add_machine(const char *provider, const config_setting_t *machine, json_t *rows,
                              sky_error *error)
{
    config_setting_t *prices = config_setting_get_member(machine, "prices");
    json_t *row = json_pack("{s:s+, s:I, s:s, s:s, s:I, s:I}", "name", provider, text_of(machine, "name"),
                            "cpus", whole_of(machine, "cpus"), "memory", text_of(machine, "memory"),
                            "accelerator", text_of(machine, "accelerator"), "accelerators",
                            whole_of(machine, "accelerators"), "regions",
                            (json_int_t)(prices != NULL ? config_setting_length(prices) : 0));

    return listing_add(rows, row, error);
}

static sky_status add_markets(const char *provider, const config_setting_t *machine, json_t *rows,
                              sky_error *error)
{
    config_setting_t *prices = config_setting_get_member(machine, "prices");
    sky_status status = SKY_OK;

    for (unsigned i = 0; prices != NULL && i < (unsigned)config_setting_length(prices) && status == SKY_OK;
         i++) {
        const config_setting_t *price = config_setting_get_elem(prices, i);

        status = listing_add(
            rows,
            json_pack("{s:s+, s:s+, s:s, s:s, s:s}", "region", provider, text_of(price, "region"), "machine",
                      provider, text_of(machine, "name"), "on_demand", text_of(price, "on_demand"), "spot",
                      text_of(price, "spot"), "reserved", text_of(price, "reserved")),
            error);
    }
    return status;
}

static sky_status add_provider(const config_setting_t *group, listing_kind kind, json_t *rows,
                               sky_error *error)
{
    static sky_status (*const add[])(const char *, const config_setting_t *, json_t *, sky_error *) = {
        [LISTING_REGIONS] = add_region, [LISTING_MACHINES] = add_machine, [LISTING_MARKETS] = add_markets
    };
    config_setting_t *list = config_setting_get_member(group,
                                                       kind == LISTING_REGIONS ? "regions" : "machines");
    char provider[128];
    sky_status status = SKY_OK;

    snprintf(provider, sizeof provider, "%s:", config_setting_name(group));
    for (unsigned i = 0; list != NULL && i < (unsigned)config_setting_length(list) && status == SKY_OK; i++)
        status = add[kind](provider, config_setting_get_elem(list, i), rows, error);
    return status;
}

static sky_status add_links(const config_setting_t *links, json_t *rows, sky_error *error)
{
    sky_status status = SKY_OK;

    for (unsigned i = 0; i < (unsigned)config_setting_length(links) && status == SKY_OK; i++) {
        const config_setting_t *link = config_setting_get_elem(links, i);

        status = listing_add(rows,
                             json_pack("{s:s, s:s, s:s, s:s, s:s}", "from", text_of(link, "from"), "to",
                                       text_of(link, "to"), "rtt", text_of(link, "rtt"), "source",
                                       text_of(link, "source"), "date", text_of(link, "date")),
                             error);
    }
    return status;
}

static sky_status add_all(const config_t *config, const char *path, listing_kind kind, json_t *rows,
                          sky_error *error)
{
    config_setting_t *catalog = config_lookup(config, "catalog");
    sky_status status = SKY_OK;

    if (catalog == NULL || !config_setting_is_group(catalog)) {
        snprintf(error->message, sizeof error->message,
                 "%.300s: found no group 'catalog', expected a catalog", path);
        return SKY_ERROR_INPUT;
    }
    for (unsigned i = 0; i < (unsigned)config_setting_length(catalog) && status == SKY_OK; i++) {
        const config_setting_t *member = config_setting_get_elem(catalog, i);

        if (config_setting_is_group(member) != (kind == LISTING_LINKS)) /* the links are a list */
            status = kind == LISTING_LINKS ? add_links(member, rows, error)
                                           : add_provider(member, kind, rows, error);
    }
    return status;
}

sky_status listing_of_catalog(const char *path, listing_kind kind, json_t *rows, sky_error *error)
{
    char *directory = strdup(path), *slash = directory != NULL ? strrchr(directory, '/') : NULL;
    sky_status status;
    config_t config;

    if (directory == NULL)
        return listing_add(rows, NULL, error);
    if (slash != NULL)
        *slash = '\0';
    config_init(&config);
    config_set_include_dir(&config, slash != NULL ? directory : ".");
    if (config_read_file(&config, path)) {
        status = add_all(&config, path, kind, rows, error);
    } else {
        const char *file = config_error_file(&config);

        snprintf(error->message, sizeof error->message, "%.300s:%d: %s", file != NULL ? file : path,
                 config_error_line(&config), config_error_text(&config));
        status = config_error_type(&config) == CONFIG_ERR_FILE_IO ? SKY_ERROR_IO : SKY_ERROR_INPUT;
    }
    config_destroy(&config);
    free(directory);
    return status;
}
