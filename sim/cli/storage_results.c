#include "storage_results.h"

#include "results.h"

#include <stdio.h>
#include <stdlib.h>

static double usd(int64_t nusd)
{
    return (double)nusd / 1e9;
}

static double gb(int64_t bytes)
{
    return (double)bytes / 1e9;
}

int storage_results_has(const record_summary *s)
{
    return s->storage_nusd > 0 || s->data_reads > 0 || s->data_read_bytes > 0;
}

int storage_results_json(json_t *run, const record_summary *s)
{
    return json_object_set_new(run, "storage_usd", json_real(usd(s->storage_nusd))) |
           json_object_set_new(run, "data_reads", json_integer(s->data_reads)) |
           json_object_set_new(run, "data_hits", json_integer(s->data_hits)) |
           json_object_set_new(run, "data_stale", json_integer(s->data_stale)) |
           json_object_set_new(run, "data_failed", json_integer(s->data_failed)) |
           json_object_set_new(run, "data_read_gb", json_real(gb(s->data_read_bytes))) |
           json_object_set_new(run, "data_far_gb", json_real(gb(s->data_far_bytes))) |
           json_object_set_new(run, "data_p50_ms", json_real((double)s->data_p50_ns / 1e6)) |
           json_object_set_new(run, "data_p99_ms", json_real((double)s->data_p99_ns / 1e6));
}

void storage_results_put(table *t, const record_summary *s)
{
    table_cell(t, "storage");
    table_cell(t, "%.2f USD", usd(s->storage_nusd));
    table_cell(t, "data read");
    table_cell(t, "%.2f GB, %.2f of it from other regions", gb(s->data_read_bytes), gb(s->data_far_bytes));
    if (s->data_reads == 0)
        return;
    table_cell(t, "reads");
    table_cell(t, "%lld: %lld from caches, %lld stale, %lld failed", (long long)s->data_reads,
               (long long)s->data_hits, (long long)s->data_stale, (long long)s->data_failed);
    table_cell(t, "median read");
    table_time(t, (double)s->data_p50_ns);
    table_cell(t, "99 %% read");
    table_time(t, (double)s->data_p99_ns);
}

/* ---- strategies side by side -------------------------------------------------------------------------------- */

static void put_strategy(table *t, const runner_result *results, size_t runs)
{
    double storage = 0, egress = 0, read = 0, far = 0, reads = 0, hits = 0, stale = 0, p50 = 0, p99 = 0;
    double n = (double)runs;

    for (size_t i = 0; i < runs; i++) {
        const record_summary *s = &results[i].summary;

        storage += usd(s->storage_nusd) / n;
        egress += usd(s->egress_nusd) / n;
        read += gb(s->data_read_bytes) / n;
        far += gb(s->data_far_bytes) / n;
        reads += (double)s->data_reads / n;
        hits += (double)s->data_hits / n;
        stale += (double)s->data_stale / n;
        p50 += (double)s->data_p50_ns / n;
        p99 += (double)s->data_p99_ns / n;
    }
    table_cell(t, "%s", results->strategy);
    table_cell(t, "%.2f", storage);
    table_cell(t, "%.2f", egress);
    table_cell(t, "%.1f", read);
    table_share(t, far, read);
    table_share(t, hits, reads);
    table_share(t, stale, reads);
    table_time(t, reads > 0 ? p50 : -1);
    table_time(t, reads > 0 ? p99 : -1);
}

sky_status storage_results_print(const runner_result *results, size_t count, sky_error *error)
{
    static const table_column columns[] = { { "strategy", 1 }, { "storage USD", 0 }, { "egress USD", 0 },
                                            { "GB read", 0 },  { "from afar", 0 },   { "cache hits", 0 },
                                            { "stale", 0 },    { "median read", 0 }, { "99 %", 0 } };
    table t;
    int some = 0;

    for (size_t i = 0; i < count; i++)
        some |= storage_results_has(&results[i].summary);
    if (!some)
        return SKY_OK;
    t = table_of(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0, runs; i < count; i += runs) {
        runs = results_of_strategy(&results[i], count - i);
        put_strategy(&t, &results[i], runs);
    }
    printf("\nDatasets: what keeping and moving them cost, and how they were read\n");
    return table_finish(&t, "the table of datasets", error);
}

/* ---- one run ------------------------------------------------------------------------------------------------- */

/* A dataset in a region over the whole run. */
typedef struct total {
    record_storage_row last;
    int64_t reads, hits, stale, bytes, far_bytes, nusd, egress_nusd;
    int there;
} total;

/* [(dataset, then none: the cache) × regions + region] */
static void add_up(total *totals, size_t datasets, size_t regions, const record_storage_row *rows,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const record_storage_row *row = &rows[i];
        size_t dataset = row->dataset < datasets ? row->dataset : datasets;
        total *t;

        if (row->region >= regions)
            continue;
        t = &totals[dataset * regions + row->region];
        t->there = 1;
        t->last = *row;
        t->reads += row->reads;
        t->hits += row->hits;
        t->stale += row->stale;
        t->bytes += row->cache_bytes + row->local_bytes + row->far_bytes;
        t->far_bytes += row->far_bytes;
        t->nusd += row->nusd;
        t->egress_nusd += row->egress_nusd;
    }
}

static int64_t held_bytes(const record_storage_row *row)
{
    return row->memory_bytes + row->nvme_bytes + row->hot_bytes + row->cool_bytes + row->archive_bytes;
}

static void put_total(table *t, const total *sum)
{
    static const char *const states[] = { "-", "coming", "copy", "home" };

    table_cell(t, "%s", sum->last.dataset == SKY_NONE ? "cache" : states[sum->last.state & 3]);
    table_cell(t, "%.2f", gb(held_bytes(&sum->last)));
    table_cell(t, "%lld", (long long)sum->reads);
    table_share(t, (double)sum->hits, (double)sum->reads);
    table_share(t, (double)sum->stale, (double)sum->reads);
    table_cell(t, "%.2f", gb(sum->bytes));
    table_share(t, (double)sum->far_bytes, (double)sum->bytes);
    table_cell(t, "%.2f", usd(sum->nusd));
    table_cell(t, "%.2f", usd(sum->egress_nusd));
}

static sky_status print_totals(const record_names *names, const total *totals, sky_error *error)
{
    static const table_column columns[] = { { "dataset", 1 },     { "region", 1 },    { "there", 1 },
                                            { "GB held", 0 },     { "reads", 0 },     { "cache hits", 0 },
                                            { "stale", 0 },       { "GB read", 0 },   { "from afar", 0 },
                                            { "storage USD", 0 }, { "egress USD", 0 } };
    table t = table_of(columns, sizeof columns / sizeof *columns);

    for (size_t i = 0; i < (names->dataset_count + 1) * names->region_count; i++) {
        size_t dataset = i / names->region_count;

        if (!totals[i].there)
            continue;
        table_cell(&t, "%s", dataset < names->dataset_count ? names->datasets[dataset] : "-");
        table_cell(&t, "%s", names->regions[i % names->region_count]);
        put_total(&t, &totals[i]);
    }
    return table_finish(&t, "the table of datasets", error);
}

sky_status storage_results_print_run(record_file *file, size_t run, sky_error *error)
{
    const record_names *names = &record_about_of(file)->names;
    size_t count = record_run_info_of(file, run)->rows[RECORD_STORAGE];
    record_storage_row *rows;
    total *totals;
    sky_status status = SKY_ERROR_MEMORY;

    if (count == 0)
        return SKY_OK;
    rows = calloc(count, sizeof *rows);
    totals = calloc((names->dataset_count + 1) * (names->region_count + 1), sizeof *totals);
    if (rows != NULL && totals != NULL)
        status = record_read(file, run, RECORD_STORAGE, 0, count, rows, error);
    else
        snprintf(error->message, sizeof error->message, "out of memory for %zu rows of storage", count);
    if (status == SKY_OK) {
        add_up(totals, names->dataset_count, names->region_count, rows, count);
        putchar('\n');
        status = print_totals(names, totals, error);
    }
    free(rows);
    free(totals);
    return status;
}
