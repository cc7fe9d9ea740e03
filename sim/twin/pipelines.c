/* Pipelines between control points: every record is simulated, what came of them is written down, and what they cost is
 * billed. Where there is a network, streams between regions have the latency and the rate of its route, as it is at each
 * control point and when faults come and go; where there is none they wait for one. */
#include "pipelines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHOLE_PPM 1000000

/* ---- lines ------------------------------------------------------------------------------------------------------- */

static uint32_t region_of(const twin_pipelines *p, uint32_t stage)
{
    return p->config.stages[stage].region;
}

typedef enum line { LINE_AS_CONFIGURED, LINE_OF_THE_NETWORK, LINE_CLOSED } line;

/* Closed: there is no way now, and the stream keeps its line until there is. */
static line find_line(const twin *t, uint32_t stream, topology_route *route, int64_t *latency_ns,
                      int64_t *bytes_per_s)
{
    const twin_pipelines *p = t->pipelines;
    const scenario_network *network = t->scenario->network;
    const pipeline_stream_config *s = &t->scenario->pipelines->streams[stream];
    const topology *topology = &t->world.network.topology;
    uint32_t from = region_of(p, s->from), to = region_of(p, s->to);

    if (network == NULL || from == to)
        return LINE_AS_CONFIGURED;
    *route = topology_find_route(topology, from, to);
    if (route->count == 0)
        return LINE_CLOSED;
    *latency_ns = 0;
    *bytes_per_s = topology_tcp_rate(topology, route, network->streams, network->window_bytes);
    for (uint32_t i = 0; i < route->count; i++) {
        const topology_link *link = &topology->links[route->links[i]];

        *latency_ns += topology_rtt_ns(link) / 2;
        if (link->line->bytes_per_s < *bytes_per_s)
            *bytes_per_s = link->line->bytes_per_s;
    }
    if (s->bytes_per_s > 0 && s->bytes_per_s < *bytes_per_s)
        *bytes_per_s = s->bytes_per_s;
    return *latency_ns > 0 && *bytes_per_s > 0 ? LINE_OF_THE_NETWORK : LINE_CLOSED;
}

/* Its jitter is that of the first link of its route. */
static void lay_first_lines(twin *t)
{
    twin_pipelines *p = t->pipelines;

    for (uint32_t i = 0; i < p->config.stream_count; i++) {
        pipeline_stream_config *s = &p->streams[i];
        int64_t latency_ns, bytes_per_s;
        topology_route route;

        if (find_line(t, i, &route, &latency_ns, &bytes_per_s) != LINE_OF_THE_NETWORK)
            continue;
        s->latency_ns = latency_ns;
        s->bytes_per_s = bytes_per_s;
        if (s->jitter.mean_ns > 0)
            continue;
        const scenario_line *line = t->world.network.topology.links[route.links[0]].line;
        s->jitter = (latency_jitter){ line->jitter_ns, line->jitter_tail, line->jitter_correlation,
                                      line->jitter_memory_ns };
    }
}

static sky_status lay_line(twin *t, uint32_t stream)
{
    pipelines *all = t->pipelines->pipelines;
    int64_t latency_ns, bytes_per_s;
    topology_route route;
    line found = find_line(t, stream, &route, &latency_ns, &bytes_per_s);
    sky_status status = SKY_OK;

    if (found == LINE_OF_THE_NETWORK)
        status = pipelines_set_line(all, stream, latency_ns, bytes_per_s, t->error);
    return status == SKY_OK ? pipelines_set_way(all, stream, found == LINE_CLOSED, t->error) : status;
}

static sky_status lay_lines(twin *t)
{
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < t->pipelines->config.stream_count && status == SKY_OK; i++)
        status = lay_line(t, i);
    return status;
}

sky_status twin_change_pipelines(twin *t)
{
    sky_status status = SKY_OK;

    if (t->pipelines == NULL)
        return SKY_OK;
    status = twin_run_pipelines(t);
    for (uint32_t r = 0; r < t->scenario->region_count && status == SKY_OK; r++)
        status = pipelines_set_out(t->pipelines->pipelines, r, world_region_is_out(&t->world, r), t->error);
    return status == SKY_OK ? lay_lines(t) : status;
}

/* ---- from beginning to end --------------------------------------------------------------------------------------- */

static int make_room(twin_pipelines *p)
{
    p->streams = calloc(p->config.stream_count + 1, sizeof *p->streams);
    p->stages = calloc(p->config.stage_count, sizeof *p->stages);
    p->marks = calloc(p->config.stream_count + 1, sizeof *p->marks);
    p->egress_nusd = calloc(p->config.stream_count + 1, sizeof *p->egress_nusd);
    p->before = calloc(p->config.stage_count, sizeof *p->before);
    if (p->streams == NULL || p->stages == NULL || p->marks == NULL || p->egress_nusd == NULL ||
        p->before == NULL)
        return -1;
    for (uint32_t i = 0; i < p->config.stage_count; i++)
        if (p->config.stages[i].kind == PIPELINE_SINK &&
            (p->before[i] = calloc(1, sizeof *p->before[i])) == NULL)
            return -1;
    return 0;
}

static sky_status go_on(void *pipelines, int64_t to_ns, sky_error *error)
{
    return pipelines_run(((twin_pipelines *)pipelines)->pipelines, to_ns, error);
}

sky_status twin_open_pipelines(twin *t)
{
    twin_pipelines *p;
    sky_status status;

    if (t->scenario->pipelines == NULL)
        return SKY_OK;
    p = t->pipelines = calloc(1, sizeof *p);
    if (p != NULL) {
        p->config = *t->scenario->pipelines;
        p->config.seed = t->options->seed;
        p->config.replication = t->options->replication;
        p->config.end_ns = t->world.end_ns;
        p->config.threads = t->options->threads > 1 ? t->options->threads : 1;
        p->config.stop = t->output->stop;
        p->config.stop_context = t->output->context;
    }
    if (p == NULL || make_room(p) != 0) {
        snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
        return SKY_ERROR_MEMORY;
    }
    memcpy(p->streams, p->config.streams, p->config.stream_count * sizeof *p->streams);
    p->config.streams = p->streams;
    lay_first_lines(t);
    p->beside.counts_as = TWIN_PIPELINES;
    status = pipelines_create(&p->config, &p->pipelines, t->error);
    if (status == SKY_OK)
        status = lay_lines(t); /* not all have one */
    return status == SKY_OK ? twin_open_beside(t, &p->beside, go_on, p, p->config.threads) : status;
}

void twin_free_pipelines(twin *t)
{
    twin_pipelines *p = t->pipelines;

    if (p == NULL)
        return;
    twin_free_beside(&p->beside);
    pipelines_destroy(p->pipelines);
    for (uint32_t i = 0; p->before != NULL && i < p->config.stage_count; i++)
        free(p->before[i]);
    free(p->before);
    free(p->streams);
    free(p->stages);
    free(p->marks);
    free(p->egress_nusd);
    free(p);
}

int64_t twin_pipeline_rate(const twin *t)
{
    const twin_pipelines *p = t->pipelines;
    int64_t rate = 0;

    for (uint32_t s = 0; p != NULL && s < p->config.stage_count; s++)
        if (!world_region_is_out(&t->world, p->config.stages[s].region))
            rate += pipelines_stage(p->pipelines, s).tasks * p->config.stages[s].nusd_per_hour;
    return rate;
}

int64_t twin_pipeline_bills(const twin *t, int64_t *egress_nusd)
{
    const twin_pipelines *p = t->pipelines;
    int64_t nusd = 0;

    *egress_nusd = 0;
    for (uint32_t i = 0; p != NULL && i < p->config.stage_count; i++)
        nusd += p->stages[i].nusd;
    for (uint32_t i = 0; p != NULL && i < p->config.stream_count; i++)
        *egress_nusd += p->egress_nusd[i];
    return nusd;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static int64_t share_ppm(sky_int128 part, sky_int128 whole)
{
    return whole > 0 ? (int64_t)(part * WHOLE_PPM / whole) : 0;
}

/* latencies: since then; NULL: it is no sink. */
static record_pipeline_row stage_row(const twin *t, uint32_t stage, const stage_mark *since,
                                     const histogram *latencies)
{
    const twin_pipelines *p = t->pipelines;
    const pipeline_stage_config *config = &p->config.stages[stage];
    pipeline_stage_count now = pipelines_stage(p->pipelines, stage), last = since->count;
    record_pipeline_row row = {
        .time_ns = t->world.now_ns,
        .records_in = (int64_t)(now.received + now.dropped - last.received - last.dropped),
        .records_out = (int64_t)(config->kind == PIPELINE_SINK ? now.taken - last.taken
                                                               : now.results - last.results),
        .dropped = (int64_t)(now.dropped - last.dropped),
        .late = (int64_t)(now.late - last.late),
        .filtered = (int64_t)(now.filtered - last.filtered),
        .waiting = now.waiting,
        .nusd = pipelines_stage_nusd(p->pipelines, stage) - since->nusd,
        .busy_ppm = share_ppm(now.busy_ns - last.busy_ns, now.task_ns - last.task_ns),
        .blocked_ppm = share_ppm(now.blocked_ns - last.blocked_ns, now.task_ns - last.task_ns),
        .stage = stage,
        .stream = SKY_NONE,
        .region = config->region,
        .tasks = now.tasks
    };

    if (latencies != NULL) {
        row.p50_ns = histogram_percentile(latencies, 500000);
        row.p95_ns = histogram_percentile(latencies, 950000);
        row.p99_ns = histogram_percentile(latencies, 990000);
        row.max_ns = latencies->max_ns;
    }
    return row;
}

static record_pipeline_row stream_row(const twin *t, uint32_t stream, const stream_mark *since)
{
    const twin_pipelines *p = t->pipelines;
    pipeline_stream_count now = pipelines_stream(p->pipelines, stream), last = since->count;

    return (record_pipeline_row){ .time_ns = t->world.now_ns,
                                  .records_in = (int64_t)(now.sent - last.sent),
                                  .records_out = (int64_t)(now.arrived - last.arrived),
                                  .waiting = (int64_t)(now.sent - now.arrived),
                                  .bytes = now.bytes - last.bytes,
                                  .batches = (int64_t)(now.batches - last.batches),
                                  .egress_nusd = p->egress_nusd[stream] - since->egress_nusd,
                                  .stage = SKY_NONE,
                                  .stream = stream,
                                  .region = region_of(p, p->config.streams[stream].from) };
}

static sky_status write_stage(twin *t, uint32_t stage, int tells)
{
    twin_pipelines *p = t->pipelines;
    const histogram *latency = pipelines_latency(p->pipelines, stage);
    record_pipeline_row row;
    sky_status status = SKY_OK;

    if (latency != NULL) {
        p->since = *latency;
        histogram_subtract(&p->since, p->before[stage]);
        *p->before[stage] = *latency;
    }
    row = stage_row(t, stage, &p->stages[stage], latency != NULL ? &p->since : NULL);
    if (tells)
        status = twin_tell_rates(t, stage);
    p->stages[stage].count = pipelines_stage(p->pipelines, stage);
    p->stages[stage].nusd += row.nusd;
    t->world.cost_nusd += row.nusd;
    return status == SKY_OK ? twin_write_row(t, RECORD_PIPELINES, &row) : status;
}

/* What it has shipped since the last row is billed to the month that it is now. */
static sky_status write_stream(twin *t, uint32_t stream)
{
    twin_pipelines *p = t->pipelines;
    const pipeline_stream_config *s = &p->config.streams[stream];
    uint32_t from = region_of(p, s->from), to = region_of(p, s->to);
    record_pipeline_row row = stream_row(t, stream, &p->marks[stream]);

    if (from != to)
        row.egress_nusd = world_bill_messages(&t->world, from, to, row.bytes);
    p->egress_nusd[stream] += row.egress_nusd;
    p->marks[stream].count = pipelines_stream(p->pipelines, stream);
    p->marks[stream].egress_nusd = p->egress_nusd[stream];
    return twin_write_row(t, RECORD_PIPELINES, &row);
}

sky_status twin_run_pipelines(twin *t)
{
    return twin_catch_up(t, &t->pipelines->beside);
}

void twin_stream_ahead(twin *t)
{
    if (t->pipelines != NULL)
        twin_go_ahead(t, &t->pipelines->beside);
}

sky_status twin_stream(twin *t, int tells)
{
    twin_pipelines *p = t->pipelines;
    sky_status status;

    if (p == NULL || t->world.now_ns == p->written_ns)
        return SKY_OK;
    p->written_ns = t->world.now_ns;
    status = twin_run_pipelines(t);
    if (status == SKY_OK)
        status = pipelines_check(p->pipelines, t->error);
    for (uint32_t i = 0; i < p->config.stage_count && status == SKY_OK; i++)
        status = write_stage(t, i, tells);
    for (uint32_t i = 0; i < p->config.stream_count && status == SKY_OK; i++)
        status = write_stream(t, i);
    return status == SKY_OK ? lay_lines(t) : status;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

/* Its tasks, and the egress of what it sent. */
static record_cost_row cost_of(const twin *t, const record_pipeline_row *row)
{
    const twin_pipelines *p = t->pipelines;
    record_cost_row cost = { .provider = t->scenario->regions[row->region].provider,
                             .region = row->region,
                             .pool = SKY_NONE,
                             .purchase = SKY_ON_DEMAND,
                             .compute_nusd = row->nusd,
                             .machine_us = (int64_t)(pipelines_stage(p->pipelines, row->stage).task_ns /
                                                     RECORD_NS_PER_US),
                             .place = SKY_NONE,
                             .stage = row->stage };

    for (uint32_t i = 0; i < p->config.stream_count; i++)
        if (p->config.streams[i].from == row->stage)
            cost.egress_nusd += p->egress_nusd[i];
    return cost;
}

static sky_status close_stage(twin *t, uint32_t stage, record_summary *sum)
{
    static const stage_mark nothing = { 0 };
    twin_pipelines *p = t->pipelines;
    const histogram *latency = pipelines_latency(p->pipelines, stage);
    record_pipeline_row row = stage_row(t, stage, &nothing, latency);
    record_cost_row cost = cost_of(t, &row);
    sky_status status = twin_write_row(t, RECORD_PIPELINE_TOTALS, &row);

    if (p->config.stages[stage].kind == PIPELINE_SOURCE)
        sum->records_in += row.records_in;
    if (latency != NULL) {
        sum->records_out += row.records_out;
        histogram_merge(&p->since, latency);
    }
    sum->records_dropped += row.dropped;
    sum->records_late += row.late;
    sum->compute_nusd += cost.compute_nusd;
    sum->pipeline_nusd += cost.compute_nusd;
    sum->egress_nusd += cost.egress_nusd;
    return status == SKY_OK ? twin_write_row(t, RECORD_COSTS, &cost) : status;
}

sky_status twin_close_pipelines(twin *t)
{
    static const stream_mark nothing = { 0 };
    twin_pipelines *p = t->pipelines;
    record_summary *sum = &t->world.summary;
    sky_status status = SKY_OK;

    if (p == NULL)
        return SKY_OK;
    memset(&p->since, 0, sizeof p->since);
    for (uint32_t i = 0; i < p->config.stage_count && status == SKY_OK; i++)
        status = close_stage(t, i, sum);
    for (uint32_t i = 0; i < p->config.stream_count && status == SKY_OK; i++) {
        record_pipeline_row row = stream_row(t, i, &nothing);

        status = twin_write_row(t, RECORD_PIPELINE_TOTALS, &row);
    }
    sum->records_p50_ns = histogram_percentile(&p->since, 500000);
    sum->records_p99_ns = histogram_percentile(&p->since, 990000);
    return status;
}

/* ---- checkpoints ------------------------------------------------------------------------------------------------- */

void twin_pipelines_state(twin *t, state *s)
{
    twin_pipelines *p = t->pipelines;

    if (p == NULL)
        return;
    state_part(s, "rows of pipelines");
    twin_beside_state(&p->beside, s);
    STATE_VALUE(s, p->written_ns);
    state_array(s, p->stages, p->config.stage_count, sizeof *p->stages);
    state_array(s, p->marks, p->config.stream_count, sizeof *p->marks);
    state_array(s, p->egress_nusd, p->config.stream_count, sizeof *p->egress_nusd);
    for (uint32_t i = 0; i < p->config.stage_count; i++)
        if (p->before[i] != NULL)
            histogram_state(p->before[i], s);
    pipelines_state(p->pipelines, s);
}
