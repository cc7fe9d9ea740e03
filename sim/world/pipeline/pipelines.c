#include "inside.h"

#include <stdio.h>

/* ---- checks ---------------------------------------------------------------------------------------------------------- */

static sky_status wrong(sky_error *error, const char *what, uint32_t which, const char *found,
                        const char *expected)
{
    snprintf(error->message, sizeof error->message, "%s %u: found %s, expected %s", what, which, found,
             expected);
    return SKY_ERROR_INPUT;
}

static sky_status check_source(const pipeline_source_config *source, uint32_t i, sky_error *error)
{
    if (source->keys == 0 || source->keys > PIPELINES_MOST_KEYS)
        return wrong(error, "stage", i, "no keys or too many", "1 to 1,000,000");
    if (source->watermark_every_ns < 1)
        return wrong(error, "stage", i, "no time between watermarks", "at least 1 ns");
    return SKY_OK;
}

static sky_status check_stage(const pipelines_config *config, uint32_t i, sky_error *error)
{
    const pipeline_stage_config *s = &config->stages[i];
    uint32_t into = 0, out = 0, by_key = 0;

    for (uint32_t n = 0; n < config->stream_count; n++) {
        into += config->streams[n].to == i;
        by_key += config->streams[n].to == i && config->streams[n].by_key;
        out += config->streams[n].from == i;
    }
    if (s->region >= config->regions)
        return wrong(error, "stage", i, "a region that there is not", "one of the regions");
    if (s->tasks == 0 || s->tasks > s->most || s->most > PIPELINES_MOST_TASKS)
        return wrong(error, "stage", i, "no tasks, or too many", "1 to the most, at most 1024");
    if (s->kind != PIPELINE_SOURCE && s->buffer == 0)
        return wrong(error, "stage", i, "a buffer of 0", "at least 1 record");
    if ((s->kind == PIPELINE_SOURCE) != (into == 0) || (s->kind == PIPELINE_JOIN && into != 2))
        return wrong(error, "stage", i, "another number of streams into it",
                     "none into a source, two into a join, else one or more");
    if ((s->kind == PIPELINE_SINK) != (out == 0))
        return wrong(error, "stage", i, "a wrong number of streams out of it",
                     "none out of a sink, else one or more");
    if (s->kind == PIPELINE_WINDOW &&
        (s->slide_ns < 1 || s->window_ns < s->slide_ns || s->window_ns % s->slide_ns != 0))
        return wrong(error, "stage", i, "a window that is not a multiple of its slide", "one that is");
    if ((s->kind == PIPELINE_WINDOW || s->kind == PIPELINE_JOIN) && s->most > 1 && by_key != into)
        return wrong(error, "stage", i, "records that come in turn to tasks that each own keys",
                     "streams by key");
    return s->kind == PIPELINE_SOURCE ? check_source(&s->source, i, error) : SKY_OK;
}

static sky_status check_stream(const pipelines_config *config, uint32_t i, sky_error *error)
{
    const pipeline_stream_config *s = &config->streams[i];

    if (s->from >= config->stage_count || s->to >= config->stage_count || s->from >= s->to)
        return wrong(error, "stream", i, "a stage that is not there, or not a later one",
                     "from one stage to a later one");
    if (s->latency_ns < 0 ||
        (s->latency_ns < 1 && config->stages[s->from].region != config->stages[s->to].region))
        return wrong(error, "stream", i, "a way to another region that takes no time", "at least 1 ns");
    return SKY_OK;
}

static sky_status check(const pipelines_config *config, sky_error *error)
{
    sky_status status = SKY_OK;

    if (config->regions == 0 || config->stage_count == 0 || config->stage_count > PIPELINES_MOST_STAGES ||
        config->stream_count > PIPELINES_MOST_STREAMS)
        return wrong(error, "pipelines", 0, "no region, no stage or too many", "some");
    for (uint32_t i = 0; i < config->stream_count && status == SKY_OK; i++)
        status = check_stream(config, i, error);
    for (uint32_t i = 0; i < config->stage_count && status == SKY_OK; i++)
        status = check_stage(config, i, error);
    return status;
}

/* ---- all of them ------------------------------------------------------------------------------------------------------ */

/* Which streams go into and out of a stage, in their order. */
static int connect(pipeline_shared *shared, pipeline_stage *s)
{
    const pipelines_config *config = &shared->config;

    s->in = malloc((config->stream_count + 1) * sizeof *s->in);
    s->out = malloc((config->stream_count + 1) * sizeof *s->out);
    if (s->in == NULL || s->out == NULL)
        return -1;
    s->by_key = 1;
    for (uint32_t i = 0; i < config->stream_count; i++) {
        if (config->streams[i].from == s->number)
            s->out[s->out_count++] = i;
        if (config->streams[i].to != s->number)
            continue;
        s->by_key &= config->streams[i].by_key;
        shared->streams[i].slot = s->slots;
        shared->streams[i].place = s->in_count;
        s->slots += config->stages[config->streams[i].from].most;
        s->in[s->in_count++] = i;
    }
    s->by_key &= s->in_count > 0;
    return 0;
}

static sky_status begin(pipelines *p, sky_error *error)
{
    pipeline_shared *shared = &p->shared;
    const pipelines_config *config = &shared->config;
    sky_status status = SKY_OK;

    shared->stages = calloc(config->stage_count, sizeof *shared->stages);
    shared->streams = calloc(config->stream_count + 1, sizeof *shared->streams);
    if (shared->stages == NULL || shared->streams == NULL)
        status = SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < config->stream_count && status == SKY_OK; i++) {
        shared->streams[i].config = &config->streams[i];
        shared->streams[i].number = i;
        status = stream_begin(shared, &shared->streams[i]) == 0 ? SKY_OK : SKY_ERROR_MEMORY;
    }
    for (uint32_t i = 0; i < config->stage_count && status == SKY_OK; i++) {
        pipeline_stage *s = &shared->stages[i];

        s->config = &config->stages[i];
        s->number = i;
        s->tasks = s->config->tasks;
        status = connect(shared, s) == 0 && stage_begin(shared, s) == 0 ? SKY_OK : SKY_ERROR_MEMORY;
    }
    if (status != SKY_OK)
        snprintf(error->message, sizeof error->message, "out of memory for pipelines");
    return status == SKY_OK ? parts_begin(p, error) : status;
}

sky_status pipelines_create(const pipelines_config *config, pipelines **out, sky_error *error)
{
    pipelines *p;
    sky_status status = check(config, error);

    *out = NULL;
    if (status != SKY_OK)
        return status;
    p = calloc(1, sizeof *p);
    if (p == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for pipelines");
        return SKY_ERROR_MEMORY;
    }
    p->shared.config = *config;
    status = begin(p, error);
    if (status != SKY_OK) {
        pipelines_destroy(p);
        return status;
    }
    *out = p;
    return SKY_OK;
}

void pipelines_destroy(pipelines *p)
{
    if (p == NULL)
        return;
    parts_end(p);
    for (uint32_t i = 0; p->shared.stages != NULL && i < p->shared.config.stage_count; i++)
        stage_end(&p->shared.stages[i]);
    for (uint32_t i = 0; p->shared.streams != NULL && i < p->shared.config.stream_count; i++)
        stream_end(&p->shared.streams[i]);
    free(p->shared.stages);
    free(p->shared.streams);
    free(p);
}

sky_status pipelines_run(pipelines *p, int64_t to_ns, sky_error *error)
{
    sky_status status = parts_run(p, to_ns, error);

    p->now_ns = to_ns;
    return status;
}

sky_status pipelines_scale(pipelines *p, uint32_t stage, uint32_t tasks, sky_error *error)
{
    pipeline_stage *s = &p->shared.stages[stage];

    if (tasks == 0 || tasks > s->config->most)
        return wrong(error, "stage", stage, "no tasks, or more than it may have", "1 to the most");
    if (tasks == s->tasks)
        return SKY_OK;
    if (stage_share_out(&p->shared, s, tasks, p->now_ns) != 0) {
        snprintf(error->message, sizeof error->message, "out of memory for pipelines");
        return SKY_ERROR_MEMORY;
    }
    return windows_send(p->parts[s->part].windows, s->config->region, s->resume_ns, PIPELINE_RESUME, stage, 0,
                        0);
}

sky_status pipelines_set_line(pipelines *p, uint32_t stream, int64_t latency_ns, int64_t bytes_per_s,
                              sky_error *error)
{
    pipeline_stream *st = &p->shared.streams[stream];

    if (st->direct || latency_ns < 1 || bytes_per_s < 0)
        return wrong(error, "stream", stream, "no line, no latency, or a rate below 0",
                     "a line between two regions");
    st->latency_ns = latency_ns;
    st->bytes_per_s = bytes_per_s;
    part_set_lookahead(&p->parts[p->shared.stages[st->config->from].part]);
    return SKY_OK;
}

/* What it held back goes, at both of its ends. */
static sky_status update_stream(pipelines *p, pipeline_stream *st)
{
    const pipeline_stage *from = &p->shared.stages[st->config->from], *to = &p->shared.stages[st->config->to];
    windows *w = p->parts[from->part].windows;
    sky_status status = SKY_OK;

    if (!stream_update(&p->shared, st))
        return SKY_OK;
    status = windows_send(w, from->config->region, p->now_ns, PIPELINE_OPEN, st->number, 0, 0);
    if (status == SKY_OK)
        status = windows_send(w, to->config->region, p->now_ns, PIPELINE_OPEN, st->number, 1, 0);
    return status;
}

static sky_status out_of_events(sky_status status, sky_error *error)
{
    if (status != SKY_OK)
        snprintf(error->message, sizeof error->message, "out of memory for events of pipelines");
    return status;
}

static sky_status set_stage_out(pipelines *p, pipeline_stage *s, uint32_t is_out)
{
    sky_status status = SKY_OK;

    stage_count_to(s, p->now_ns);
    s->is_out = is_out;
    if (!is_out)
        status = windows_send(p->parts[s->part].windows, s->config->region, p->now_ns, PIPELINE_RESUME,
                              s->number, 0, 0);
    for (uint32_t i = 0; i < s->in_count && status == SKY_OK; i++)
        status = update_stream(p, &p->shared.streams[s->in[i]]);
    for (uint32_t i = 0; i < s->out_count && status == SKY_OK; i++)
        status = update_stream(p, &p->shared.streams[s->out[i]]);
    return status;
}

sky_status pipelines_set_out(pipelines *p, uint32_t region, int is_out, sky_error *error)
{
    sky_status status = SKY_OK;

    for (uint32_t i = 0; i < p->shared.config.stage_count && status == SKY_OK; i++) {
        pipeline_stage *s = &p->shared.stages[i];

        if (s->config->region == region && s->is_out != (uint32_t)is_out)
            status = set_stage_out(p, s, (uint32_t)is_out);
    }
    return out_of_events(status, error);
}

sky_status pipelines_set_way(pipelines *p, uint32_t stream, int is_closed, sky_error *error)
{
    p->shared.streams[stream].is_closed = (uint32_t)is_closed;
    return out_of_events(update_stream(p, &p->shared.streams[stream]), error);
}

/* ---- what there is to see ---------------------------------------------------------------------------------------------- */

pipeline_stage_count pipelines_stage(const pipelines *p, uint32_t stage)
{
    pipeline_stage s = p->shared.stages[stage];

    stage_count_to(&s, p->now_ns);
    s.count.tasks = s.tasks;
    return s.count;
}

pipeline_stream_count pipelines_stream(const pipelines *p, uint32_t stream)
{
    pipeline_stream_count count = p->shared.streams[stream].count;

    count.arrived = p->shared.streams[stream].arrived;
    return count;
}

const histogram *pipelines_latency(const pipelines *p, uint32_t stage)
{
    return p->shared.stages[stage].latency;
}

int64_t pipelines_stage_nusd(const pipelines *p, uint32_t stage)
{
    sky_int128 task_ns = pipelines_stage(p, stage).task_ns;

    return (int64_t)((task_ns * p->shared.config.stages[stage].nusd_per_hour + SKY_NS_PER_HOUR / 2) /
                     SKY_NS_PER_HOUR);
}

static sky_status lost(sky_error *error, const char *what, uint32_t which, uint64_t found, uint64_t expected)
{
    snprintf(error->message, sizeof error->message, "pipelines: %s %u: found %llu records, expected %llu",
             what, which, (unsigned long long)found, (unsigned long long)expected);
    return SKY_ERROR_STATE;
}

sky_status pipelines_check(const pipelines *p, sky_error *error)
{
    for (uint32_t i = 0; i < p->shared.config.stage_count; i++) {
        const pipeline_stage *s = &p->shared.stages[i];
        const pipeline_stage_count *n = &s->count;
        uint64_t arrived = n->received, waiting = 0;

        if (s->in_count > 0)
            arrived = 0;
        for (uint32_t k = 0; k < s->in_count; k++)
            arrived += p->shared.streams[s->in[k]].arrived;
        for (uint32_t k = 0; k < s->config->most; k++)
            waiting += s->task[k].records;
        if (arrived != n->received)
            return lost(error, "stage", i, n->received, arrived);
        if (n->taken + waiting + n->serving != n->received)
            return lost(error, "stage", i, n->taken + waiting + n->serving, n->received);
        if (n->sent + n->holding != n->results * s->out_count)
            return lost(error, "stage", i, n->sent + n->holding, n->results * s->out_count);
    }
    for (uint32_t i = 0; i < p->shared.config.stream_count; i++) {
        const pipeline_stream *st = &p->shared.streams[i];

        if (st->arrived + st->count.batched > st->count.sent)
            return lost(error, "stream", i, st->arrived + st->count.batched, st->count.sent);
    }
    return SKY_OK;
}

windows_statistics pipelines_events(const pipelines *p)
{
    windows_statistics all = { .events = 0 };

    for (uint32_t i = 0; i < p->part_count; i++) {
        windows_statistics n = windows_count(p->parts[i].windows);

        all.events += n.events;
        all.messages += n.messages;
        all.windows += n.windows;
        all.windows_on_threads += n.windows_on_threads;
    }
    return all;
}
