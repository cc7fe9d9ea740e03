#include "mesh_results.h"

#include "service_results.h"
#include "spans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOWEST 10

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory for the table of the mesh");
    return SKY_ERROR_MEMORY;
}

/* ---- edges --------------------------------------------------------------------------------------------------------- */

static int compare_edges(const void *x, const void *y)
{
    const record_edge_row *a = x, *b = y;
    const int64_t keys[][2] = { { a->caller_kind, b->caller_kind },
                                { a->caller, b->caller },
                                { a->callee_kind, b->callee_kind },
                                { a->callee, b->callee },
                                { a->time_ns, b->time_ns } };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    return 0;
}

static int is_same_edge(const record_edge_row *a, const record_edge_row *b)
{
    return a->caller_kind == b->caller_kind && a->caller == b->caller && a->callee_kind == b->callee_kind &&
           a->callee == b->callee;
}

/* Adds up the rows of an edge; of percentiles the greatest stays. Returns how many there were. */
static size_t add_up(const record_edge_row *rows, size_t count, record_edge_row *sum)
{
    size_t n = 0;

    for (*sum = rows[0]; ++n < count && is_same_edge(sum, &rows[n]);) {
        const record_edge_row *row = &rows[n];

        sum->calls += row->calls;
        sum->served += row->served;
        sum->refused += row->refused;
        sum->expired += row->expired;
        sum->gone += row->gone;
        sum->turned_away += row->turned_away;
        sum->unreachable += row->unreachable;
        sum->timed_out += row->timed_out;
        sum->retries += row->retries;
        sum->full += row->full;
        sum->resumed += row->resumed;
        sum->bytes += row->bytes;
        sum->p50_ns = row->p50_ns > sum->p50_ns ? row->p50_ns : sum->p50_ns;
        sum->p99_ns = row->p99_ns > sum->p99_ns ? row->p99_ns : sum->p99_ns;
    }
    return n;
}

/* "12 gone, 3 timed out" */
static void put_failures(table *t, const record_edge_row *row)
{
    const struct {
        int64_t count;
        const char *what;
    } causes[] = { { row->refused, "refused" },
                   { row->expired, "expired" },
                   { row->gone, "gone" },
                   { row->turned_away, "turned away" },
                   { row->unreachable, "unreachable" },
                   { row->timed_out, "timed out" } };
    char text[200] = "";
    size_t used = 0;

    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (causes[i].count > 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld %s", used > 0 ? ", " : "",
                                     (long long)causes[i].count, causes[i].what);
    table_cell(t, "%s", used > 0 ? text : "-");
}

static void put_edge(table *t, const record_names *names, const record_edge_row *row)
{
    int is_timed = row->p99_ns > 0;

    table_cell(t, "%s", spans_by_name(names, row->caller_kind, row->caller));
    table_cell(t, "%s", spans_by_name(names, row->callee_kind, row->callee));
    table_cell(t, "%lld", (long long)row->calls);
    put_failures(t, row);
    table_cell(t, "%lld", (long long)row->retries);
    table_cell(t, "%lld + %lld", (long long)row->full, (long long)row->resumed);
    table_cell(t, "%.3f", (double)row->bytes / 1e9);
    if (is_timed)
        table_time(t, (double)row->p50_ns);
    else
        table_cell(t, "-");
    if (is_timed)
        table_time(t, (double)row->p99_ns);
    else
        table_cell(t, "-");
}

static sky_status print_edges(record_file *file, size_t run, sky_error *error)
{
    static const table_column columns[] = { { "caller", 1 }, { "callee", 1 },       { "calls", 0 },
                                            { "failed", 1 }, { "retries", 0 },      { "full + resumed", 0 },
                                            { "GB", 0 },     { "worst median", 0 }, { "worst 99 %", 0 } };
    size_t count = record_run_info_of(file, run)->rows[RECORD_EDGES];
    record_edge_row *rows = malloc((count + 1) * sizeof *rows), sum;
    sky_status status;
    table t;

    if (rows == NULL)
        return no_memory(error);
    status = record_read(file, run, RECORD_EDGES, 0, count, rows, error);
    if (status != SKY_OK) {
        free(rows);
        return status;
    }
    qsort(rows, count, sizeof *rows, compare_edges);
    t = table_of(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count;) {
        i += add_up(&rows[i], count - i, &sum);
        put_edge(&t, &record_about_of(file)->names, &sum);
    }
    free(rows);
    printf("\nCalls, handshakes; times of the worst interval\n");
    return table_finish(&t, "the table of edges and spans", error);
}

/* ---- the slowest requests ---------------------------------------------------------------------------------------- */

/* What a request's time went to. */
typedef struct slow {
    size_t first; /* of its rows */
    int64_t took_ns;
} slow;

/* Slowest first; ties by population and number. */
static int compare_slow(const void *x, const void *y)
{
    const slow *a = x, *b = y;

    if (a->took_ns != b->took_ns)
        return a->took_ns > b->took_ns ? -1 : 1;
    return (a->first > b->first) - (a->first < b->first);
}

/* Parts by kind of the last attempt; attempts before it count as such. */
static void put_parts(table *t, const spans *s, size_t first)
{
    size_t end = spans_end(s, first);
    int64_t parts_ns[RECORD_SPAN_COUNT] = { 0 };
    uint32_t attempts = 0, failures = 0;

    for (size_t i = first; i < end; i++)
        attempts = s->rows[i].attempt > attempts ? s->rows[i].attempt : attempts;
    for (size_t i = first; i < end; i++) {
        const record_span_row *row = &s->rows[i];
        int is_early = row->kind == RECORD_SPAN_ATTEMPT && row->attempt < attempts;

        failures += (uint32_t)is_early;
        if (is_early || row->attempt == 0 || row->attempt == attempts)
            parts_ns[row->kind] += row->end_ns - row->start_ns;
        if (row->kind == RECORD_SPAN_ATTEMPT && !is_early)
            parts_ns[row->kind] -= row->end_ns - row->start_ns;
    }
    table_cell(t, "%u", failures);
    table_time(t, (double)(parts_ns[RECORD_SPAN_ATTEMPT] + parts_ns[RECORD_SPAN_PAUSE]));
    table_time(t, (double)parts_ns[RECORD_SPAN_NAME]);
    table_time(t, (double)(parts_ns[RECORD_SPAN_HANDSHAKE] + parts_ns[RECORD_SPAN_ENCRYPTION]));
    table_time(t, (double)(parts_ns[RECORD_SPAN_NETWORK] + parts_ns[RECORD_SPAN_ANSWER]));
    table_time(t, (double)parts_ns[RECORD_SPAN_GATEWAY]);
    table_time(t, (double)parts_ns[RECORD_SPAN_QUEUE]);
    table_time(t, (double)parts_ns[RECORD_SPAN_SERVICE]);
}

static sky_status print_slowest(const record_names *names, const spans *s, sky_error *error)
{
    static const table_column columns[] = {
        { "population", 1 }, { "request", 0 }, { "at", 0 },      { "took", 0 }, { "ended", 1 },
        { "retries", 0 },    { "lost", 0 },    { "name", 0 },    { "mTLS", 0 }, { "network", 0 },
        { "gateway", 0 },    { "queue", 0 },   { "service", 0 },
    };
    slow *all = malloc((s->count + 1) * sizeof *all);
    size_t count = 0;
    table t;

    if (all == NULL)
        return no_memory(error);
    for (size_t at = 0; at < s->count; at = spans_end(s, at))
        all[count++] = (slow){ .first = at, .took_ns = s->rows[at].end_ns - s->rows[at].start_ns };
    qsort(all, count, sizeof *all, compare_slow);
    t = table_of(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count && i < SLOWEST; i++) {
        const record_span_row *row = &s->rows[all[i].first];

        table_cell(&t, "%s", spans_by_name(names, 0, row->population));
        table_cell(&t, "%lld", (long long)row->trace);
        table_cell(&t, "%.3f h", (double)row->start_ns / (double)SKY_NS_PER_HOUR);
        table_time(&t, (double)all[i].took_ns);
        table_cell(&t, "%s", spans_outcome_name(row->outcome));
        put_parts(&t, s, all[i].first);
    }
    free(all);
    printf("\nThe slowest of %zu sampled requests, and what they waited for (lost: failed attempts and "
           "pauses)\n",
           count);
    return table_finish(&t, "the table of edges and spans", error);
}

sky_status mesh_results_print_run(record_file *file, size_t run, sky_error *error)
{
    const record_run_info *info = record_run_info_of(file, run);
    sky_status status = SKY_OK;
    spans s = { 0 };

    if (info->rows[RECORD_EDGES] > 0)
        status = print_edges(file, run, error);
    if (status != SKY_OK || info->rows[RECORD_SPANS] == 0)
        return status;
    status = spans_read(file, run, &s, error);
    if (status == SKY_OK && s.count > 0)
        status = print_slowest(&record_about_of(file)->names, &s, error);
    spans_free(&s);
    return status;
}
