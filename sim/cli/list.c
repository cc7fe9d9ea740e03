/* skytwin list: what there is to choose from. */
#include "command.h"
#include "listing.h"
#include "results.h"
#include "share.h"
#include "suggest.h"
#include "table.h"
#include "trace/trace.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS 6

typedef struct list_about {
    const char *name;
    sky_status (*fill)(const options *options, json_t *rows, sky_error *error);
    const char *columns[COLUMNS]; /* keys that the table shows; JSON has all */
} list_about;

sky_status listing_add(json_t *rows, json_t *row, sky_error *error)
{
    if (row != NULL && json_array_append_new(rows, row) == 0)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "out of memory for the list");
    return SKY_ERROR_MEMORY;
}

static sky_status fill_strategies(const options *options, json_t *rows, sky_error *error)
{
    size_t count;
    const sky_strategy_info *const *all = sky_strategy_list(&count);
    sky_status status = SKY_OK;

    (void)options;
    for (size_t i = 0; i < count && status == SKY_OK; i++)
        status = listing_add(rows,
                             json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", all[i]->name, "published",
                                       all[i]->published != NULL ? all[i]->published : "", "about",
                                       all[i]->about, "source", all[i]->source != NULL ? all[i]->source : "",
                                       "oracle", all[i]->oracle),
                             error);
    return status;
}

static sky_status fill_queues(const options *options, json_t *rows, sky_error *error)
{
    static const char *const backfilling[] = { "none", "easy", "conservative" };
    const sky_queue_info *info;
    sky_status status = SKY_OK;

    (void)options;
    for (size_t i = 0; status == SKY_OK && (info = sky_queue_at(i)) != NULL; i++)
        status = listing_add(rows,
                             json_pack("{s:s, s:s, s:s, s:s}", "name", info->name, "about", info->about,
                                       "source", info->source, "backfilling", backfilling[info->backfill]),
                             error);
    return status;
}

static sky_status fill_scaling(const options *options, json_t *rows, sky_error *error)
{
    const sky_scaling_info *info;
    sky_status status = SKY_OK;

    (void)options;
    for (size_t i = 0; status == SKY_OK && (info = sky_scaling_at(i)) != NULL; i++)
        status = listing_add(
            rows,
            json_pack("{s:s, s:s, s:s}", "name", info->name, "about", info->about, "source", info->source),
            error);
    return status;
}

static sky_status fill_serving(const options *options, json_t *rows, sky_error *error)
{
    const sky_serving_info *info;
    sky_status status = SKY_OK;

    (void)options;
    for (size_t i = 0; status == SKY_OK && (info = sky_serving_at(i)) != NULL; i++)
        status = listing_add(
            rows,
            json_pack("{s:s, s:s, s:s}", "name", info->name, "about", info->about, "source", info->source),
            error);
    return status;
}

static sky_status fill_formats(const options *options, json_t *rows, sky_error *error)
{
    size_t count;
    const trace_format *const *all = trace_formats(&count);
    sky_status status = SKY_OK;

    (void)options;
    for (size_t i = 0; i < count && status == SKY_OK; i++)
        status = listing_add(rows, json_pack("{s:s, s:s}", "name", all[i]->name, "about", all[i]->about),
                             error);
    return status;
}

static sky_status fill_from_files(const options *options, listing_kind kind, json_t *rows, sky_error *error)
{
    char catalog[SHARE_PATH];
    sky_status status;

    if (options->scenario != NULL)
        return listing_of_scenario(options->scenario, kind, rows, error);
    status = share_find("scenarios/catalog/catalog.cfg", catalog, error);
    return status == SKY_OK ? listing_of_catalog(catalog, kind, rows, error) : status;
}

static sky_status fill_regions(const options *options, json_t *rows, sky_error *error)
{
    return fill_from_files(options, LISTING_REGIONS, rows, error);
}

static sky_status fill_machines(const options *options, json_t *rows, sky_error *error)
{
    return fill_from_files(options, LISTING_MACHINES, rows, error);
}

static sky_status fill_markets(const options *options, json_t *rows, sky_error *error)
{
    return fill_from_files(options, LISTING_MARKETS, rows, error);
}

static sky_status fill_links(const options *options, json_t *rows, sky_error *error)
{
    return fill_from_files(options, LISTING_LINKS, rows, error);
}

static sky_status fill_tiers(const options *options, json_t *rows, sky_error *error)
{
    char catalog[SHARE_PATH];
    sky_status status;

    if (options->scenario != NULL)
        return listing_of_scenario_tiers(options->scenario, rows, error);
    status = share_find("scenarios/catalog/storage.cfg", catalog, error);
    return status == SKY_OK ? listing_of_tiers(catalog, rows, error) : status;
}

static const list_about lists[] = {
    { "strategies", fill_strategies, { "name", "published", "about" } },
    { "queues", fill_queues, { "name", "backfilling", "about" } },
    { "scaling", fill_scaling, { "name", "about" } },
    { "serving", fill_serving, { "name", "about" } },
    { "regions", fill_regions, { "name", "title", "country", "jurisdictions", "zones", "carbon" } },
    { "machines", fill_machines, { "name", "cpus", "memory", "accelerator", "accelerators", "regions" } },
    { "markets", fill_markets, { "region", "machine", "on_demand", "spot", "reserved", "replayed" } },
    { "links", fill_links, { "from", "to", "rtt", "name", "capacity", "port" } },
    { "tiers", fill_tiers, { "where", "name", "kind", "latency", "held", "retrieval" } },
    { "formats", fill_formats, { "name", "about" } },
};
#define LIST_COUNT (sizeof lists / sizeof *lists)

static const list_about *find(const char *name, sky_error *error)
{
    suggest_search search = suggest_for(name);
    const char *close;

    for (size_t i = 0; i < LIST_COUNT; i++) {
        if (strcmp(name, lists[i].name) == 0)
            return &lists[i];
        suggest_offer(&search, lists[i].name, 0);
    }
    close = suggest_best(&search);
    if (close != NULL)
        snprintf(error->message, sizeof error->message, "list: found '%.100s'; did you mean %s?", name,
                 close);
    else
        snprintf(error->message, sizeof error->message,
                 "list: found '%.100s', expected strategies, queues, scaling, serving, regions, machines, "
                 "markets, "
                 "links, tiers or formats",
                 name);
    return NULL;
}

static void put_value(table *t, const json_t *value, int starred)
{
    char text[256] = "";
    size_t length = 0;

    if (json_is_string(value)) {
        table_cell(t, "%s%s", json_string_value(value), starred ? "*" : "");
    } else if (json_is_boolean(value)) {
        table_cell(t, "%s", json_is_true(value) ? "yes" : "");
    } else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value) && length < sizeof text; i++)
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", i > 0 ? "," : "",
                                       json_string_value(json_array_get(value, i)));
        table_cell(t, "%s", text);
    } else {
        table_cell(t, "%.10g", json_number_value(value));
    }
}

/* The columns that the rows have: a catalog's markets, say, are not replayed. */
static size_t columns_of(const list_about *list, const json_t *rows, table_column columns[COLUMNS])
{
    const json_t *first = json_array_get(rows, 0);
    size_t count = 0;

    for (size_t i = 0; i < COLUMNS && list->columns[i] != NULL; i++) {
        const json_t *value = json_object_get(first, list->columns[i]);

        if (value != NULL)
            columns[count++] = (table_column){ list->columns[i], !json_is_number(value) };
    }
    return count;
}

static sky_status print(const list_about *list, const json_t *rows, sky_error *error)
{
    table_column columns[COLUMNS];
    table t = table_of(columns, columns_of(list, rows, columns));
    int printed, starred = 0;

    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        int star = json_is_true(json_object_get(row, "oracle"));

        starred |= star;
        for (size_t c = 0; c < t.column_count; c++)
            put_value(&t, json_object_get(row, columns[c].title), star && c == 0);
    }
    printed = table_print(&t, stdout);
    table_free(&t);
    if (starred)
        printf("* is told the future: a bound to measure by, not a strategy to run\n");
    if (printed)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "out of memory for the table");
    return SKY_ERROR_MEMORY;
}

command_exit command_list(const options *options, sky_error *error)
{
    const list_about *list = find(options->arguments[0], error);
    json_t *rows = json_array();
    sky_status status;

    if (list == NULL || rows == NULL) {
        json_decref(rows);
        return list == NULL ? COMMAND_INPUT : command_exit_of(listing_add(NULL, NULL, error));
    }
    status = list->fill(options, rows, error);
    if (status != SKY_OK) {
        json_decref(rows);
        return options->scenario != NULL ? command_exit_of_named_file(status) : command_exit_of(status);
    }
    if (options->json)
        return command_exit_of(results_print_json(json_pack("{s:o}", list->name, rows), error));
    status = json_array_size(rows) > 0 ? print(list, rows, error) : SKY_OK;
    json_decref(rows);
    return command_exit_of(status);
}
