/* skytwin show: what a record holds. */
#include "command.h"
#include "mesh_results.h"
#include "pipeline_results.h"
#include "results.h"
#include "service_results.h"
#include "storage_results.h"
#include "sweep_results.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>

static runner_result *results_of(const record_file *file, size_t *count, sky_error *error)
{
    runner_result *results = calloc(record_run_count(file) + 1, sizeof *results);

    *count = 0;
    if (results == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for the record's runs");
        return NULL;
    }
    for (size_t i = 0; i < record_run_count(file); i++)
        if (record_run_info_of(file, i)->complete)
            results[(*count)++] = results_of_record(file, i);
    return results;
}

/* ---- one run in detail -------------------------------------------------------------------------------------- */

static sky_status print_costs(record_file *file, size_t run, sky_error *error)
{
    static const table_column columns[] = { { "pool", 1 },        { "purchase", 1 },   { "hours", 0 },
                                            { "compute USD", 0 }, { "egress USD", 0 }, { "storage USD", 0 },
                                            { "probes USD", 0 } };
    const record_names *names = &record_about_of(file)->names;
    size_t count = record_run_info_of(file, run)->rows[RECORD_COSTS];
    record_cost_row *rows = calloc(count + 1, sizeof *rows);
    table t = table_of(columns, sizeof columns / sizeof *columns);
    sky_status status = SKY_ERROR_MEMORY;
    int printed = 1;

    if (rows != NULL)
        status = record_read(file, run, RECORD_COSTS, 0, count, rows, error);
    for (size_t i = 0; i < count && status == SKY_OK; i++) {
        table_cell(&t, "%s",
                   rows[i].pool < names->pool_count       ? names->pools[rows[i].pool]
                   : rows[i].place < names->place_count   ? names->places[rows[i].place]
                   : rows[i].stage < names->stage_count   ? names->stages[rows[i].stage]
                   : rows[i].region < names->region_count ? names->regions[rows[i].region]
                                                          : "?");
        table_cell(&t, "%s",
                   rows[i].place != SKY_NONE               ? "replicas"
                   : rows[i].stage != SKY_NONE             ? "tasks"
                   : rows[i].pool == SKY_NONE              ? "network"
                   : rows[i].purchase < SKY_PURCHASE_COUNT ? sky_purchase_name(rows[i].purchase)
                                                           : "?");
        table_cell(&t, "%.1f", (double)rows[i].machine_us * RECORD_NS_PER_US / (double)SKY_NS_PER_HOUR);
        table_cell(&t, "%.2f", (double)rows[i].compute_nusd / 1e9);
        table_cell(&t, "%.2f", (double)rows[i].egress_nusd / 1e9);
        table_cell(&t, "%.2f", (double)rows[i].storage_nusd / 1e9);
        table_cell(&t, "%.2f", (double)rows[i].probe_nusd / 1e9);
    }
    if (status == SKY_OK)
        printed = table_print(&t, stdout);
    table_free(&t);
    if (rows == NULL || !printed) {
        snprintf(error->message, sizeof error->message, "out of memory for %zu rows of costs", count);
        status = SKY_ERROR_MEMORY;
    }
    free(rows);
    return status;
}

/* From which a branch may begin. */
static sky_status print_checkpoints(record_file *file, size_t run, sky_error *error)
{
    static const table_column columns[] = {
        { "checkpoint", 0 }, { "hours", 0 }, { "MB", 0 }, { "in the file", 0 }
    };
    size_t count = record_run_info_of(file, run)->checkpoints;
    table t = table_of(columns, sizeof columns / sizeof *columns);

    if (count == 0) {
        table_free(&t);
        return SKY_OK;
    }
    for (size_t i = 0; i < count; i++) {
        record_checkpoint c;

        table_cell(&t, "%zu", i);
        if (record_checkpoint_of(file, run, i, &c, error) == SKY_OK) {
            table_cell(&t, "%.2f", (double)c.time_ns / (double)SKY_NS_PER_HOUR);
            table_cell(&t, "%.3f", (double)c.bytes / 1e6);
            table_cell(&t, "%.3f", (double)c.stored_bytes / 1e6);
        } else {
            table_cell(&t, "damaged");
            table_cell(&t, "-");
            table_cell(&t, "-");
        }
    }
    putchar('\n');
    return table_finish(&t, "the checkpoints", error);
}

static sky_status print_one(record_file *file, size_t run, sky_error *error)
{
    static const char *const streams[RECORD_SUMMARY] = {
        [RECORD_EVENTS] = "events",         [RECORD_ACTIONS] = "actions",
        [RECORD_SERIES] = "series",         [RECORD_PRICES] = "prices",
        [RECORD_PLACEMENTS] = "placements", [RECORD_JOBS] = "jobs",
        [RECORD_COSTS] = "costs",           [RECORD_TRANSFERS] = "transfers",
        [RECORD_LINKS] = "links",           [RECORD_REQUESTS] = "requests",
        [RECORD_SERVICES] = "services",     [RECORD_SPANS] = "spans",
        [RECORD_EDGES] = "edges",           [RECORD_STORAGE] = "storage",
        [RECORD_PIPELINES] = "pipelines",   [RECORD_PIPELINE_TOTALS] = "pipeline totals",
    };
    const record_run_info *info = record_run_info_of(file, run);
    runner_result result = results_of_record(file, run);
    sky_status status;

    if (!info->complete)
        printf("The run is incomplete: what follows is what had been written.\n");
    status = results_print_run(&result, error);
    printf("rows");
    for (int i = 0; i < RECORD_SUMMARY; i++)
        printf("%s %zu %s", i == 0 ? "" : ",", info->rows[i], streams[i]);
    printf("\n\n");
    if (status == SKY_OK)
        status = print_costs(file, run, error);
    if (status == SKY_OK)
        status = service_results_print_run(file, run, error);
    if (status == SKY_OK)
        status = mesh_results_print_run(file, run, error);
    if (status == SKY_OK)
        status = storage_results_print_run(file, run, error);
    if (status == SKY_OK)
        status = pipeline_results_print_run(file, run, error);
    return status == SKY_OK ? print_checkpoints(file, run, error) : status;
}

/* ---- all runs ------------------------------------------------------------------------------------------------ */

static sky_status print_json(const record_file *file, const runner_result *results, size_t count,
                             sky_error *error)
{
    const record_about *about = record_about_of(file);
    char digest[RECORD_DIGEST_CHARS];
    sky_status status = runner_digest(results, count, digest, error);
    json_t *object;

    if (status != SKY_OK)
        return status;
    object = results_json(about->scenario_name, digest, results, count);
    if (object != NULL &&
        (json_object_set_new(object, "complete", json_boolean(record_is_complete(file))) != 0 ||
         json_object_set_new(object, "build", json_string(about->build_id)) != 0 ||
         json_object_set_new(object, "command_line", json_string(about->command_line)) != 0)) {
        json_decref(object);
        object = NULL;
    }
    return results_print_json(object, error);
}

static void print_branch(const record_branch *b)
{
    if (b->of == NULL)
        return;
    printf("branch    of run %u of %s (%s, digest %s); from %.1f h on", b->run, b->of, b->strategy,
           b->digest[0] != '\0' ? b->digest : "none: it had not ended",
           (double)b->at_ns / (double)SKY_NS_PER_HOUR);
    for (size_t i = 0; i < b->set_count; i++)
        printf(", %s", b->sets[i]);
    putchar('\n');
}

static void print_checkpoint_count(const record_file *file)
{
    size_t count = 0;

    for (size_t i = 0; i < record_run_count(file); i++)
        count += record_run_info_of(file, i)->checkpoints;
    if (count > 0)
        printf("checkpoints  %zu; --run N lists those of a run\n", count);
}

static sky_status print_all(const record_file *file, const runner_result *results, size_t count,
                            sky_error *error)
{
    const record_about *about = record_about_of(file);

    printf("scenario  %s (%s)\ncommand   %s\nbuild     %s\nstate     %s\nruns      %zu of %zu complete\n",
           about->scenario_name, about->scenario_path, about->command_line, about->build_id,
           record_is_complete(file) ? "complete" : "incomplete", count, record_run_count(file));
    print_branch(&about->branch);
    print_checkpoint_count(file);
    putchar('\n');
    return count > 0 ? results_print_comparison(results, count, error) : SKY_OK;
}

static command_exit show(const options *options, record_file *file, sky_error *error)
{
    size_t count;
    runner_result *results = results_of(file, &count, error);
    sky_status status;

    if (results == NULL)
        return COMMAND_OURS;
    if (options->run >= 0 && (size_t)options->run >= record_run_count(file)) {
        snprintf(error->message, sizeof error->message,
                 "--run: found %d, expected less than the record's %zu runs", options->run,
                 record_run_count(file));
        free(results);
        return COMMAND_INPUT;
    }
    if (options->run >= 0 && !options->json) {
        status = print_one(file, (size_t)options->run, error);
    } else if (options->run >= 0) {
        runner_result one = results_of_record(file, (size_t)options->run);

        status = print_json(file, &one, 1, error);
    } else {
        status = options->json ? print_json(file, results, count, error)
                               : print_all(file, results, count, error);
    }
    free(results);
    return command_exit_of(status);
}

/* A digest that differs is what --verify is there to find: exit 1, not bad input. */
static command_exit verify(const options *options, record_file *file, sky_error *error)
{
    sky_status status = record_verify(file, error);

    if (status == SKY_ERROR_INPUT)
        return COMMAND_FOUND;
    if (status != SKY_OK)
        return command_exit_of(status);
    if (!record_is_complete(file)) {
        snprintf(error->message, sizeof error->message, "%s: the record is incomplete",
                 options->arguments[0]);
        return COMMAND_FOUND;
    }
    if (!options->json)
        printf("verified: the digest of every run is that of its rows\n");
    return COMMAND_DONE;
}

/* ---- the record of a sweep ------------------------------------------------------------------------------------ */

static command_exit show_sweep(const options *options, sky_error *error)
{
    sweep_file *file;
    command_exit code = command_exit_of_named_file(sweep_record_open(options->arguments[0], &file, error));

    if (code != COMMAND_DONE)
        return code;
    if (options->run >= 0) {
        snprintf(error->message, sizeof error->message,
                 "--run: found %d, expected none: this is a sweep's record", options->run);
        code = COMMAND_INPUT;
    } else {
        code = command_exit_of(sweep_results(file, options->json, error));
    }
    if (code == COMMAND_DONE && options->verify) {
        code = sweep_record_verify(file, error) == SKY_OK ? COMMAND_DONE : COMMAND_FOUND;
        if (code == COMMAND_DONE && !options->json)
            printf("verified: the digest is that of the points and runs\n");
    }
    sweep_record_close(file);
    return code;
}

command_exit command_show(const options *options, sky_error *error)
{
    record_file *file;
    command_exit code;

    if (sweep_record_is(options->arguments[0]))
        return show_sweep(options, error);
    code = command_exit_of_named_file(record_open(options->arguments[0], &file, error));

    if (code != COMMAND_DONE)
        return code;
    code = show(options, file, error);
    if (code == COMMAND_DONE && options->verify)
        code = verify(options, file, error);
    record_close(file);
    return code;
}
