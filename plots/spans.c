/* Where the time of requests goes: one picture a strategy (its first replication), two bars a population, the mean of its
 * sampled requests and that of their slowest hundredth, by part. Nothing where no spans were left. */
#include "plot.h"

#include <stdlib.h>

#define POPULATIONS_SHOWN 8
#define NS_PER_MS         1e6
#define SLOWEST_PERCENT   1

enum {
    LOST,
    NAME,
    MTLS,
    NETWORK,
    GATEWAY,
    QUEUE,
    SERVICE,
    PARTS
}; /* lost: attempts that failed, and pauses */

typedef struct traced {
    int64_t took_ns, parts_ns[PARTS];
    uint32_t population, unused;
} traced;

static const int part_of[RECORD_SPAN_COUNT] = {
    [RECORD_SPAN_REQUEST] = -1,      [RECORD_SPAN_ATTEMPT] = -1,      [RECORD_SPAN_PAUSE] = -1,
    [RECORD_SPAN_NAME] = NAME,       [RECORD_SPAN_HANDSHAKE] = MTLS,  [RECORD_SPAN_ENCRYPTION] = MTLS,
    [RECORD_SPAN_NETWORK] = NETWORK, [RECORD_SPAN_ANSWER] = NETWORK,  [RECORD_SPAN_GATEWAY] = GATEWAY,
    [RECORD_SPAN_QUEUE] = QUEUE,     [RECORD_SPAN_SERVICE] = SERVICE,
};

/* By request; its last attempt first, and itself (attempt 0) at its end. */
static int compare_rows(const void *x, const void *y)
{
    const record_span_row *a = x, *b = y;

    if (a->population != b->population)
        return a->population < b->population ? -1 : 1;
    if (a->trace != b->trace)
        return a->trace < b->trace ? -1 : 1;
    return (a->attempt < b->attempt) - (a->attempt > b->attempt);
}

/* By population; slowest first, then as they were. */
static int compare_traced(const void *x, const void *y)
{
    const traced *a = x, *b = y;

    if (a->population != b->population)
        return a->population < b->population ? -1 : 1;
    if (a->took_ns != b->took_ns)
        return a->took_ns > b->took_ns ? -1 : 1;
    for (int part = 0; part < PARTS; part++)
        if (a->parts_ns[part] != b->parts_ns[part])
            return a->parts_ns[part] < b->parts_ns[part] ? -1 : 1;
    return 0;
}

/* Those that have ended, of sorted rows; returns how many. */
static size_t trace_all(const record_span_row *rows, size_t count, traced *all)
{
    size_t traces = 0, end;

    for (size_t at = 0; at < count; at = end) {
        traced t = { .took_ns = -1, .population = rows[at].population };
        int64_t last_ns = 0;

        for (end = at;
             end < count && rows[end].population == rows[at].population && rows[end].trace == rows[at].trace;
             end++) {
            const record_span_row *row = &rows[end];

            if (row->kind == RECORD_SPAN_REQUEST)
                t.took_ns = row->end_ns - row->start_ns;
            else if (row->attempt == rows[at].attempt && row->kind < RECORD_SPAN_COUNT &&
                     part_of[row->kind] >= 0)
                t.parts_ns[part_of[row->kind]] += row->end_ns - row->start_ns;
        }
        for (int part = 0; part < PARTS; part++)
            last_ns += t.parts_ns[part];
        t.parts_ns[LOST] = t.took_ns > last_ns ? t.took_ns - last_ns : 0;
        if (t.took_ns >= 0)
            all[traces++] = t;
    }
    return traces;
}

static void write_bar(const char *name, const char *which, const traced *all, size_t count, FILE *table)
{
    fprintf(table, "\"%s%s\"", name, which);
    for (int part = 0; part < PARTS; part++) {
        double sum = 0;

        for (size_t i = 0; i < count; i++)
            sum += (double)all[i].parts_ns[part];
        fprintf(table, "\t%.6g", sum / (double)count / NS_PER_MS);
    }
    fputc('\n', table);
}

static sky_status draw(const plot *plot, const char *name, const char *title, const traced *all, size_t count,
                       sky_error *error)
{
    const record_names *names = &record_about_of(plot->file)->names;
    FILE *table;
    sky_status status = plot_table_open(plot, name, &table, error);
    size_t shown = 0;

    if (status != SKY_OK)
        return status;
    fprintf(table, "# ms, mean of a population's sampled requests, and of their slowest hundredth\n"
                   "population\tlost\tname\tmTLS\tnetwork\tgateway\tqueue\tservice\n");
    for (size_t first = 0, end; first < count && shown < POPULATIONS_SHOWN; first = end, shown++) {
        const char *who = plot_name(names->populations, names->population_count, all[first].population);

        for (end = first; end < count && all[end].population == all[first].population;)
            end++;
        write_bar(who, "", &all[first], end - first, table);
        write_bar(who, ", slowest", &all[first], ((end - first) * SLOWEST_PERCENT + 99) / 100, table);
    }
    status = plot_table_close(plot, name, table, error);
    return status == SKY_OK
               ? plot_gnuplot(plot, "spans", name, title, (const char *const[PLOT_ARGUMENTS]){ NULL }, error)
               : status;
}

static sky_status plot_run(const plot *plot, size_t run, sky_error *error)
{
    const record_run_info *info = record_run_info_of(plot->file, run);
    char name[100], title[200];
    void *rows;
    size_t count, traces;
    traced *all;
    sky_status status = plot_read(plot, run, RECORD_SPANS, sizeof(record_span_row), &rows, &count, error);

    if (status != SKY_OK)
        return status;
    all = calloc(count + 1, sizeof *all);
    if (all == NULL) {
        free(rows);
        return plot_no_memory("spans", error);
    }
    qsort(rows, count, sizeof(record_span_row), compare_rows);
    traces = trace_all(rows, count, all);
    qsort(all, traces, sizeof *all, compare_traced);
    snprintf(name, sizeof name, "spans-%s", info->strategy);
    snprintf(title, sizeof title, "Where the time goes: %s, %.100s, replication %u", info->strategy,
             plot_scenario(plot), info->replication);
    if (traces > 0)
        status = draw(plot, name, title, all, traces, error);
    free(all);
    free(rows);
    return status;
}

sky_status plot_spans(const plot *plot, sky_error *error)
{
    return plot_each_strategy(plot, RECORD_SPANS, plot_run, error);
}
