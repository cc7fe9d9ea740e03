#include "record_types.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef enum field_kind { FIELD_I64, FIELD_U32, FIELD_U16 } field_kind;

typedef struct field {
    const char *name;
    size_t offset;
    field_kind kind;
    const char *unit;
} field;

#define F(type, name, kind, unit)                                                                            \
    {                                                                                                        \
#name, offsetof(type, name), kind, unit                                                              \
    }
#define NS "ns since the run's start"

static const field event_fields[] = {
    F(sky_event, time_ns, FIELD_I64, NS),       F(sky_event, kind, FIELD_U16, "see SCHEMA.md"),
    F(sky_event, detail, FIELD_U16, "by kind"), F(sky_event, region, FIELD_U32, "index"),
    F(sky_event, pool, FIELD_U32, "index"),     F(sky_event, job, FIELD_U32, "index"),
    F(sky_event, instance, FIELD_U32, "index"), F(sky_event, other, FIELD_U32, "by kind"),
    F(sky_event, a, FIELD_I64, "by kind"),      F(sky_event, b, FIELD_I64, "by kind"),
    F(sky_event, c, FIELD_I64, "by kind"),      F(sky_event, d, FIELD_I64, "by kind"),
};

static const field action_fields[] = {
    F(sky_action, time_ns, FIELD_I64, NS),
    F(sky_action, order, FIELD_U32, "count"),
    F(sky_action, kind, FIELD_U16, "see SCHEMA.md"),
    F(sky_action, reason, FIELD_U16, "see SCHEMA.md"),
    F(sky_action, job, FIELD_U32, "index"),
    F(sky_action, instance, FIELD_U32, "index"),
    F(sky_action, pool, FIELD_U32, "index"),
    F(sky_action, purchase, FIELD_U16, "0 on-demand, 1 spot, 2 reserved"),
    F(sky_action, rule, FIELD_U16, "number"),
    F(sky_action, runner_up_pool, FIELD_U32, "index"),
    F(sky_action, runner_up_purchase, FIELD_U16, "0 on-demand, 1 spot, 2 reserved"),
    F(sky_action, candidates, FIELD_U16, "count"),
    F(sky_action, score, FIELD_I64, "nano-dollars unless the strategy says otherwise"),
    F(sky_action, runner_up_score, FIELD_I64, "as score"),
    { "term0", offsetof(sky_action, term[0]), FIELD_I64, "see the strategy" },
    { "term1", offsetof(sky_action, term[1]), FIELD_I64, "see the strategy" },
    { "term2", offsetof(sky_action, term[2]), FIELD_I64, "see the strategy" },
    { "term3", offsetof(sky_action, term[3]), FIELD_I64, "see the strategy" },
    F(sky_action, devices, FIELD_I64, "bit set of the node's devices"),
    F(sky_action, until_ns, FIELD_I64, NS),
    F(sky_action, dataset, FIELD_U32, "index"),
    F(sky_action, region, FIELD_U32, "index"),
    F(sky_action, from, FIELD_U32, "index"),
    F(sky_action, tier, FIELD_U32, "index within the region"),
    F(sky_action, place, FIELD_U32, "index"),
    F(sky_action, population, FIELD_U32, "index"),
};

#define S record_series_row
static const field series_fields[] = {
    F(S, time_ns, FIELD_I64, NS),
    F(S, cost_rate_nusd_per_hour, FIELD_I64, "nano-dollars per hour"),
    F(S, cost_nusd, FIELD_I64, "nano-dollars"),
    F(S, energy_mj, FIELD_I64, "mJ"),
    F(S, ugco2, FIELD_I64, "ugCO2"),
    F(S, running, FIELD_U32, "jobs"),
    F(S, pending, FIELD_U32, "jobs"),
    F(S, done, FIELD_U32, "jobs"),
    F(S, failed, FIELD_U32, "jobs"),
    F(S, nodes_up, FIELD_U32, "nodes"),
    F(S, nodes_booting, FIELD_U32, "nodes"),
};
#undef S

static const field price_fields[] = {
    F(record_price_row, time_ns, FIELD_I64, NS),
    F(record_price_row, spot_nusd_per_hour, FIELD_I64, "nano-dollars per hour"),
    F(record_price_row, pool, FIELD_U32, "index"),
    F(record_price_row, available, FIELD_U32, "0 or 1"),
};

#define P record_placement_row
static const field placement_fields[] = {
    F(P, start_ns, FIELD_I64, NS),
    F(P, end_ns, FIELD_I64, NS),
    F(P, job, FIELD_U32, "index"),
    F(P, instance, FIELD_U32, "index"),
    F(P, pool, FIELD_U32, "index"),
    F(P, purchase, FIELD_U32, "0 on-demand, 1 spot, 2 reserved"),
    F(P, end_reason, FIELD_U32,
      "0 done, 1 preempted, 2 moved, 3 run ended, 4 failed, 5 its node failed, 6 over its estimate, 7 "
      "outage"),
    F(P, reserved, FIELD_U32, "0"),
};
#undef P

#define J record_job_row
static const field job_fields[] = {
    F(J, job, FIELD_U32, "index"),
    F(J, job_class, FIELD_U32, "index"),
    F(J, workload, FIELD_U32, "index"),
    F(J, state, FIELD_U32, "0 never ran, 1 unfinished, 2 done, 3 failed, 4 rejected"),
    F(J, submit_ns, FIELD_I64, NS),
    F(J, start_ns, FIELD_I64, NS),
    F(J, end_ns, FIELD_I64, NS),
    F(J, deadline_ns, FIELD_I64, NS),
    F(J, work_ns, FIELD_I64, "ns of work"),
    F(J, done_ns, FIELD_I64, "ns of work"),
    F(J, lost_ns, FIELD_I64, "ns of work"),
    F(J, compute_nusd, FIELD_I64, "nano-dollars"),
    F(J, egress_nusd, FIELD_I64, "nano-dollars"),
    F(J, energy_nusd, FIELD_I64, "nano-dollars"),
    F(J, energy_mj, FIELD_I64, "mJ"),
    F(J, ugco2, FIELD_I64, "ugCO2"),
    F(J, launches, FIELD_U32, "count"),
    F(J, preemptions, FIELD_U32, "count"),
    F(J, migrations, FIELD_U32, "count"),
    F(J, deadline_met, FIELD_U32, "0 or 1"),
    F(J, ready_ns, FIELD_I64, NS),
    F(J, run_ns, FIELD_I64, "ns"),
    F(J, overhead_ns, FIELD_I64, "ns"),
    F(J, failures, FIELD_U32, "count"),
    F(J, tenant, FIELD_U32, "index"),
};
#undef J

#define C record_cost_row
static const field cost_fields[] = {
    F(C, provider, FIELD_U32, "index"),
    F(C, region, FIELD_U32, "index"),
    F(C, pool, FIELD_U32, "index"),
    F(C, purchase, FIELD_U32, "0 on-demand, 1 spot, 2 reserved"),
    F(C, compute_nusd, FIELD_I64, "nano-dollars"),
    F(C, probe_nusd, FIELD_I64, "nano-dollars"),
    F(C, egress_nusd, FIELD_I64, "nano-dollars"),
    F(C, machine_us, FIELD_I64, "machine-us billed"),
    F(C, energy_nusd, FIELD_I64, "nano-dollars"),
    F(C, energy_mj, FIELD_I64, "mJ"),
    F(C, ugco2, FIELD_I64, "ugCO2"),
    F(C, covered_us, FIELD_I64, "machine-us"),
    F(C, waste_nusd, FIELD_I64, "nano-dollars"),
    F(C, storage_nusd, FIELD_I64, "nano-dollars"),
    F(C, place, FIELD_U32, "index"),
    F(C, stage, FIELD_U32, "index"),
};
#undef C

#define T record_transfer_row
static const field transfer_fields[] = {
    F(T, start_ns, FIELD_I64, NS),
    F(T, end_ns, FIELD_I64, NS),
    F(T, bytes, FIELD_I64, "bytes"),
    F(T, moved_bytes, FIELD_I64, "bytes"),
    F(T, nusd, FIELD_I64, "nano-dollars"),
    F(T, from, FIELD_U32, "index"),
    F(T, to, FIELD_U32, "index"),
    F(T, job, FIELD_U32, "index"),
    F(T, schedule, FIELD_U32, "index"),
    F(T, kind, FIELD_U32, "0 public, 1 backbone, 2 private, 3 by way of relays, or of none"),
    F(T, dataset, FIELD_U32, "index"),
};
#undef T

static const field link_fields[] = {
    F(record_link_row, time_ns, FIELD_I64, NS),
    F(record_link_row, bytes, FIELD_I64, "bytes since the row before"),
    F(record_link_row, bytes_per_s, FIELD_I64, "bytes per second"),
    F(record_link_row, link, FIELD_U32, "index"),
    F(record_link_row, load_ppm, FIELD_U32, "ppm of capacity"),
};

#define Q record_request_row
static const field request_fields[] = {
    F(Q, time_ns, FIELD_I64, NS),
    F(Q, served, FIELD_I64, "count since the row before"),
    F(Q, failed, FIELD_I64, "count since the row before"),
    F(Q, within, FIELD_I64, "count since the row before"),
    F(Q, p50_ns, FIELD_I64, "ns"),
    F(Q, p95_ns, FIELD_I64, "ns"),
    F(Q, p99_ns, FIELD_I64, "ns"),
    F(Q, max_ns, FIELD_I64, "ns"),
    F(Q, nusd, FIELD_I64, "nano-dollars since the row before"),
    F(Q, egress_nusd, FIELD_I64, "nano-dollars since the row before"),
    F(Q, budget_left_ppm, FIELD_I64, "ppm of the error budget"),
    F(Q, utilisation_ppm, FIELD_I64, "ppm of the replicas' capacity"),
    F(Q, population, FIELD_U32, "index"),
    F(Q, place, FIELD_U32, "index"),
    F(Q, region, FIELD_U32, "index"),
    F(Q, replicas, FIELD_U32, "count"),
};
#undef Q

#define P record_span_row
static const field span_fields[] = {
    F(P, start_ns, FIELD_I64, NS),          F(P, end_ns, FIELD_I64, NS),
    F(P, trace, FIELD_I64, "number"),       F(P, population, FIELD_U32, "index"),
    F(P, place, FIELD_U32, "index"),        F(P, attempt, FIELD_U32, "number, 0: the request"),
    F(P, kind, FIELD_U32, "see SCHEMA.md"), F(P, outcome, FIELD_U32, "see SCHEMA.md"),
    F(P, region, FIELD_U32, "index"),       F(P, by_kind, FIELD_U32, "0 population, 1 place, 2 gateway"),
    F(P, by, FIELD_U32, "index"),
};
#undef P

#define E record_edge_row
static const field edge_fields[] = {
    F(E, time_ns, FIELD_I64, NS),
    F(E, calls, FIELD_I64, "count since the row before"),
    F(E, served, FIELD_I64, "count since the row before"),
    F(E, refused, FIELD_I64, "count since the row before"),
    F(E, expired, FIELD_I64, "count since the row before"),
    F(E, gone, FIELD_I64, "count since the row before"),
    F(E, turned_away, FIELD_I64, "count since the row before"),
    F(E, unreachable, FIELD_I64, "count since the row before"),
    F(E, timed_out, FIELD_I64, "count since the row before"),
    F(E, retries, FIELD_I64, "count since the row before"),
    F(E, full, FIELD_I64, "count since the row before"),
    F(E, resumed, FIELD_I64, "count since the row before"),
    F(E, bytes, FIELD_I64, "bytes since the row before"),
    F(E, p50_ns, FIELD_I64, "ns"),
    F(E, p99_ns, FIELD_I64, "ns"),
    F(E, caller_kind, FIELD_U32, "0 population, 1 place, 2 gateway"),
    F(E, caller, FIELD_U32, "index"),
    F(E, callee_kind, FIELD_U32, "1 place, 2 gateway"),
    F(E, callee, FIELD_U32, "index"),
};
#undef E

#define D record_storage_row
static const field storage_fields[] = {
    F(D, time_ns, FIELD_I64, NS),
    F(D, memory_bytes, FIELD_I64, "bytes"),
    F(D, nvme_bytes, FIELD_I64, "bytes"),
    F(D, hot_bytes, FIELD_I64, "bytes"),
    F(D, cool_bytes, FIELD_I64, "bytes"),
    F(D, archive_bytes, FIELD_I64, "bytes"),
    F(D, reads, FIELD_I64, "count since the row before"),
    F(D, hits, FIELD_I64, "count since the row before"),
    F(D, stale, FIELD_I64, "count since the row before"),
    F(D, failed, FIELD_I64, "count since the row before"),
    F(D, cache_bytes, FIELD_I64, "bytes since the row before"),
    F(D, local_bytes, FIELD_I64, "bytes since the row before"),
    F(D, far_bytes, FIELD_I64, "bytes since the row before"),
    F(D, prefetched_bytes, FIELD_I64, "bytes since the row before"),
    F(D, sent_bytes, FIELD_I64, "bytes since the row before"),
    F(D, p50_ns, FIELD_I64, "ns"),
    F(D, p95_ns, FIELD_I64, "ns"),
    F(D, p99_ns, FIELD_I64, "ns"),
    F(D, max_ns, FIELD_I64, "ns"),
    F(D, nusd, FIELD_I64, "nano-dollars since the row before"),
    F(D, egress_nusd, FIELD_I64, "nano-dollars since the row before"),
    F(D, dataset, FIELD_U32, "index"),
    F(D, region, FIELD_U32, "index"),
    F(D, state, FIELD_U32, "0 none, 1 coming, 2 ready, 3 home"),
    F(D, tier, FIELD_U32, "index in the region"),
};
#undef D
#define P record_pipeline_row
static const field pipeline_fields[] = {
    F(P, time_ns, FIELD_I64, NS),
    F(P, records_in, FIELD_I64, "count since the row before"),
    F(P, records_out, FIELD_I64, "count since the row before"),
    F(P, dropped, FIELD_I64, "count since the row before"),
    F(P, late, FIELD_I64, "count since the row before"),
    F(P, filtered, FIELD_I64, "count since the row before"),
    F(P, waiting, FIELD_I64, "count"),
    F(P, bytes, FIELD_I64, "bytes since the row before"),
    F(P, batches, FIELD_I64, "count since the row before"),
    F(P, p50_ns, FIELD_I64, "ns"),
    F(P, p95_ns, FIELD_I64, "ns"),
    F(P, p99_ns, FIELD_I64, "ns"),
    F(P, max_ns, FIELD_I64, "ns"),
    F(P, nusd, FIELD_I64, "nano-dollars since the row before"),
    F(P, egress_nusd, FIELD_I64, "nano-dollars since the row before"),
    F(P, busy_ppm, FIELD_I64, "ppm of the tasks' time"),
    F(P, blocked_ppm, FIELD_I64, "ppm of the tasks' time"),
    F(P, stage, FIELD_U32, "index"),
    F(P, stream, FIELD_U32, "index"),
    F(P, region, FIELD_U32, "index"),
    F(P, tasks, FIELD_U32, "count"),
};
#undef P

#define R record_summary
static const field summary_fields[] = {
    F(R, cost_nusd, FIELD_I64, "nano-dollars"),
    F(R, compute_nusd, FIELD_I64, "nano-dollars"),
    F(R, probe_nusd, FIELD_I64, "nano-dollars"),
    F(R, egress_nusd, FIELD_I64, "nano-dollars"),
    F(R, final_tick_nusd, FIELD_I64, "nano-dollars"),
    F(R, end_ns, FIELD_I64, NS),
    F(R, jobs, FIELD_I64, "count"),
    F(R, done, FIELD_I64, "count"),
    F(R, failed, FIELD_I64, "count"),
    F(R, rejected, FIELD_I64, "count"),
    F(R, deadlines, FIELD_I64, "count"),
    F(R, deadlines_met, FIELD_I64, "count"),
    F(R, launches, FIELD_I64, "count"),
    F(R, failed_launches, FIELD_I64, "count"),
    F(R, preemptions, FIELD_I64, "count"),
    F(R, migrations, FIELD_I64, "count"),
    F(R, probes, FIELD_I64, "count"),
    F(R, spot_us, FIELD_I64, "machine-us billed"),
    F(R, on_demand_us, FIELD_I64, "machine-us billed"),
    F(R, events, FIELD_I64, "count"),
    F(R, actions, FIELD_I64, "count"),
    F(R, decisions, FIELD_I64, "count"),
    F(R, carbon_gco2, FIELD_I64, "gCO2"),
    F(R, placed, FIELD_I64, "count"),
    F(R, dropped, FIELD_I64, "count"),
    F(R, energy_nusd, FIELD_I64, "nano-dollars"),
    F(R, energy_mj, FIELD_I64, "mJ"),
    F(R, completion_us, FIELD_I64, "us, of all tasks that are done"),
    F(R, last_done_ns, FIELD_I64, NS),
    F(R, used_nusd, FIELD_I64, "nano-dollars"),
    F(R, faults, FIELD_I64, "count"),
    F(R, mgpu, FIELD_I64, "thousandths of a device"),
    F(R, mgpu_allocated, FIELD_I64, "thousandths of a device"),
    F(R, mgpu_fragmented, FIELD_I64, "thousandths of a device"),
    F(R, wait_mean_ns, FIELD_I64, "ns"),
    F(R, wait_p95_ns, FIELD_I64, "ns"),
    F(R, slowdown_mean_ppm, FIELD_I64, "ppm"),
    F(R, cpu_ppm, FIELD_I64, "ppm of the nodes' cores"),
    F(R, gpu_ppm, FIELD_I64, "ppm of the nodes' devices"),
    F(R, retries, FIELD_I64, "count"),
    F(R, lost_ns, FIELD_I64, "ns of work"),
    F(R, nodes_grown, FIELD_I64, "count"),
    F(R, nodes_reclaimed, FIELD_I64, "count"),
    F(R, requeued, FIELD_I64, "count"),
    F(R, waste_nusd, FIELD_I64, "nano-dollars"),
    F(R, service_nusd, FIELD_I64, "nano-dollars"),
    F(R, requests_served, FIELD_I64, "count"),
    F(R, requests_failed, FIELD_I64, "count"),
    F(R, requests_within, FIELD_I64, "count"),
    F(R, requests_p50_ns, FIELD_I64, "ns"),
    F(R, requests_p99_ns, FIELD_I64, "ns"),
    F(R, budget_left_ppm, FIELD_I64, "ppm of the error budgets"),
    F(R, requests_analytic, FIELD_I64, "0 or 1"),
    F(R, storage_nusd, FIELD_I64, "nano-dollars"),
    F(R, data_reads, FIELD_I64, "count"),
    F(R, data_hits, FIELD_I64, "count"),
    F(R, data_stale, FIELD_I64, "count"),
    F(R, data_failed, FIELD_I64, "count"),
    F(R, data_read_bytes, FIELD_I64, "bytes"),
    F(R, data_far_bytes, FIELD_I64, "bytes"),
    F(R, data_p50_ns, FIELD_I64, "ns"),
    F(R, data_p99_ns, FIELD_I64, "ns"),
    F(R, pipeline_nusd, FIELD_I64, "nano-dollars"),
    F(R, records_in, FIELD_I64, "count"),
    F(R, records_out, FIELD_I64, "count"),
    F(R, records_dropped, FIELD_I64, "count"),
    F(R, records_late, FIELD_I64, "count"),
    F(R, records_p50_ns, FIELD_I64, "ns"),
    F(R, records_p99_ns, FIELD_I64, "ns"),
};
#undef R

typedef struct stream_form {
    const char *name;
    size_t row_bytes;
    const field *fields;
    size_t field_count;
} stream_form;

#define FORM(name, type, fields)                                                                             \
    {                                                                                                        \
        name, sizeof(type), fields, sizeof fields / sizeof fields[0]                                         \
    }

static const stream_form forms[RECORD_STREAM_COUNT] = {
    [RECORD_EVENTS] = FORM("events", sky_event, event_fields),
    [RECORD_ACTIONS] = FORM("actions", sky_action, action_fields),
    [RECORD_SERIES] = FORM("series", record_series_row, series_fields),
    [RECORD_PRICES] = FORM("prices", record_price_row, price_fields),
    [RECORD_PLACEMENTS] = FORM("placements", record_placement_row, placement_fields),
    [RECORD_JOBS] = FORM("jobs", record_job_row, job_fields),
    [RECORD_COSTS] = FORM("costs", record_cost_row, cost_fields),
    [RECORD_TRANSFERS] = FORM("transfers", record_transfer_row, transfer_fields),
    [RECORD_LINKS] = FORM("links", record_link_row, link_fields),
    [RECORD_REQUESTS] = FORM("requests", record_request_row, request_fields),
    [RECORD_SERVICES] = FORM("services", record_request_row, request_fields),
    [RECORD_SPANS] = FORM("spans", record_span_row, span_fields),
    [RECORD_EDGES] = FORM("edges", record_edge_row, edge_fields),
    [RECORD_STORAGE] = FORM("storage", record_storage_row, storage_fields),
    [RECORD_PIPELINES] = FORM("pipelines", record_pipeline_row, pipeline_fields),
    [RECORD_PIPELINE_TOTALS] = FORM("pipeline_totals", record_pipeline_row, pipeline_fields),
    [RECORD_SUMMARY] = FORM("summary", record_summary, summary_fields),
};

const char *record_stream_name(record_stream stream)
{
    return forms[stream].name;
}

int record_stream_may_be_absent(record_stream stream)
{
    return stream == RECORD_TRANSFERS || stream == RECORD_LINKS || stream == RECORD_REQUESTS ||
           stream == RECORD_SERVICES || stream == RECORD_SPANS || stream == RECORD_EDGES ||
           stream == RECORD_STORAGE || stream == RECORD_PIPELINES || stream == RECORD_PIPELINE_TOTALS;
}

size_t record_row_bytes(record_stream stream)
{
    return forms[stream].row_bytes;
}

size_t record_block_rows(record_stream stream)
{
    return RECORD_BLOCK_BYTES / forms[stream].row_bytes;
}

hid_t record_stream_type(record_stream stream)
{
    const stream_form *form = &forms[stream];
    hid_t type = H5Tcreate(H5T_COMPOUND, form->row_bytes);
    static const int sizes[] = { [FIELD_I64] = 8, [FIELD_U32] = 4, [FIELD_U16] = 2 };
    size_t bytes = 0;

    for (size_t i = 0; type >= 0 && i < form->field_count; i++) {
        const field *f = &form->fields[i];
        hid_t kind = f->kind == FIELD_I64   ? H5T_STD_I64LE
                     : f->kind == FIELD_U32 ? H5T_STD_U32LE
                                            : H5T_STD_U16LE;

        bytes += (size_t)sizes[f->kind];
        if (H5Tinsert(type, f->name, f->offset, kind) < 0) {
            H5Tclose(type);
            return -1;
        }
    }
    if (type >= 0 && bytes != form->row_bytes) { /* a field without a name, or padding: neither may be */
        H5Tclose(type);
        return -1;
    }
    return type;
}

void record_stream_units(record_stream stream, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < forms[stream].field_count && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s: %s", i > 0 ? "; " : "", forms[stream].fields[i].name,
                              forms[stream].fields[i].unit);
}

static herr_t keep_innermost(unsigned n, const H5E_error2_t *error, void *context)
{
    if (n == 0 && error->desc != NULL)
        snprintf(context, 160, "%.150s", error->desc);
    return 0;
}

void record_hdf5_quiet(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void record_hdf5_reason(char *out, size_t size)
{
    char words[160] = "";

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, words);
    words[strcspn(words, ":\n")] = '\0'; /* what follows is HDF5's view of times, descriptors and buffers */
    snprintf(out, size, "%s", words);
    H5Eclear2(H5E_DEFAULT); /* HDF5 keeps a stack for each thread, and forgets it with one that ends */
}
