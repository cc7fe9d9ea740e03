/* `pipelines`: stages that records pass through, and the streams between them. */
#include "config.h"
#include "demand.h"

#include "../world/pipeline/pipelines.h"

#include <stdio.h>
#include <string.h>

#define COMMON_KEYS "name kind region tasks most price time buffer rescale "
#define STREAM_KEYS "from to partition size batch linger header bandwidth jitter"
#define MOST_BUFFER 1000000000
#define MOST_BYTES  INT64_C(1000000000)
#define MOST_WINDOW (24 * SKY_NS_PER_HOUR)

/* By pipeline_kind. */
static const char *const keys_of_kind[] = {
    COMMON_KEYS DEMAND_KEYS "arrivals keys skew disorder watermark_every watermark_delay",
    COMMON_KEYS "selectivity",
    COMMON_KEYS "window slide",
    COMMON_KEYS "selectivity window",
    COMMON_KEYS,
};

/* While they are read. */
typedef struct reading {
    pipeline_stage_config *stages; /* of all pipelines */
    pipeline_stream_config *streams;
    const char **names; /* of stages, as they are called in their pipeline */
    uint32_t stage_count, stream_count;
    uint32_t first; /* stage of the pipeline that is being read */
} reading;

/* ---- stages --------------------------------------------------------------------------------------------------------- */

static sky_status load_source(loader *l, const config_setting_t *group, pipeline_source_config *s)
{
    int arrivals = 0;
    sky_status status = load_demand(l, group, &s->load);

    s->keys = 1;
    s->watermark_every_ns = SKY_NS_PER_SECOND / 5; /* Flink's usual interval */
    if (status == SKY_OK)
        status = config_get_choice(l, group, "arrivals", 0, "poisson steady", &arrivals);
    s->steady = (uint32_t)arrivals;
    if (status == SKY_OK)
        status = config_get_count(l, group, "keys", 1, PIPELINES_MOST_KEYS, &s->keys);
    if (status == SKY_OK)
        status = config_get_real(l, group, "skew", 0, 0, 10, &s->skew);
    if (status == SKY_OK)
        status = load_duration(l, group, "disorder", 0, &s->disorder);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "watermark_every", UNIT_TIME, 0, &s->watermark_every_ns);
    if (status == SKY_OK && s->watermark_every_ns < 1000000)
        status = config_fail(l, group, "watermark_every", "less than a millisecond",
                             "a time of at least \"1 ms\"");
    return status == SKY_OK
               ? config_get_quantity(l, group, "watermark_delay", UNIT_TIME, 0, &s->watermark_delay_ns)
               : status;
}

static sky_status load_windows(loader *l, const config_setting_t *group, pipeline_stage_config *s)
{
    sky_status status = config_get_quantity(l, group, "window", UNIT_TIME, s->kind == PIPELINE_WINDOW,
                                            &s->window_ns);

    if (status == SKY_OK && s->window_ns > MOST_WINDOW)
        status = config_fail(l, group, "window", "more than a day", "a time of at most \"1 d\"");
    if (s->kind == PIPELINE_JOIN)
        return status;
    if (status == SKY_OK && s->window_ns < 1)
        status = config_fail(l, group, "window", "0", "a time above 0");
    s->slide_ns = s->window_ns;
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "slide", UNIT_TIME, 0, &s->slide_ns);
    if (status == SKY_OK && (s->slide_ns < 1 || s->window_ns % s->slide_ns != 0 ||
                             s->window_ns / s->slide_ns > PIPELINES_MOST_TASKS))
        status = config_fail(l, group, "slide", "a time that `window` is not a multiple of",
                             "a part of it, 1024th at least");
    return status;
}

static sky_status load_of_kind(loader *l, const config_setting_t *group, pipeline_stage_config *s)
{
    sky_status status = SKY_OK;

    if (s->kind == PIPELINE_SOURCE)
        status = load_source(l, group, &s->source);
    if (s->kind == PIPELINE_WINDOW || s->kind == PIPELINE_JOIN)
        status = load_windows(l, group, s);
    if (status == SKY_OK)
        status = config_get_real(l, group, "selectivity", 0, 0, 1000, &s->selectivity);
    return status;
}

static sky_status load_tasks(loader *l, const config_setting_t *group, pipeline_stage_config *s)
{
    sky_status status = config_get_count(l, group, "tasks", 1, PIPELINES_MOST_TASKS, &s->tasks);

    s->most = s->tasks;
    if (status == SKY_OK)
        status = config_get_count(l, group, "most", s->tasks, PIPELINES_MOST_TASKS, &s->most);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "price", UNIT_USD_PER_HOUR, 0, &s->nusd_per_hour);
    if (status == SKY_OK)
        status = load_duration(l, group, "time", 0, &s->time);
    if (status == SKY_OK)
        status = config_get_count(l, group, "buffer", s->kind != PIPELINE_SOURCE, MOST_BUFFER, &s->buffer);
    return status == SKY_OK ? config_get_quantity(l, group, "rescale", UNIT_TIME, 0, &s->rescale_ns) : status;
}

static sky_status load_region(loader *l, const config_setting_t *group, uint32_t *region)
{
    const char *name = NULL;
    size_t found;
    sky_status status = config_get_string(l, group, "region", 1, &name);

    if (status != SKY_OK)
        return status;
    found = scenario_find_region(l->out, name);
    *region = (uint32_t)found;
    return found < l->out->region_count ? SKY_OK : load_fail_region(l, group, "region", name);
}

static sky_status load_stage(loader *l, const config_setting_t *group, const char *pipeline, reading *r)
{
    pipeline_stage_config *s = &r->stages[r->stage_count];
    const char *name = NULL;
    char full[200];
    int kind = PIPELINE_MAP;
    sky_status status = config_get_name(l, group, &name);

    *s = (pipeline_stage_config){
        .tasks = 1, .buffer = PIPELINE_UNLIMITED, .selectivity = 1, .rescale_ns = 10 * SKY_NS_PER_SECOND
    };
    if (status == SKY_OK)
        status = config_get_choice(l, group, "kind", 1, "source map window join sink", &kind);
    s->kind = (pipeline_kind)kind;
    s->buffer = s->kind == PIPELINE_SOURCE ? PIPELINE_UNLIMITED : 1000;
    if (status == SKY_OK)
        status = config_check_keys(l, group, keys_of_kind[kind]);
    for (uint32_t i = r->first; status == SKY_OK && i < r->stage_count; i++)
        if (strcmp(r->names[i], name) == 0)
            status = config_fail(l, group, "name", name, "a name of its own");
    if (status == SKY_OK)
        status = load_region(l, group, &s->region);
    if (status == SKY_OK)
        status = load_tasks(l, group, s);
    if (status == SKY_OK)
        status = load_of_kind(l, group, s);
    if (status != SKY_OK)
        return status;
    snprintf(full, sizeof full, "%.90s: %.90s", pipeline, name);
    r->names[r->stage_count] = name;
    l->out->stage_names[r->stage_count] = config_strdup(l, full);
    return l->out->stage_names[r->stage_count++] != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

/* ---- streams -------------------------------------------------------------------------------------------------------- */

static sky_status find_stage(loader *l, const config_setting_t *group, const char *key, const reading *r,
                             uint32_t *stage)
{
    const char *name = NULL;
    suggest_search search;
    sky_status status = config_get_string(l, group, key, 1, &name);

    if (status != SKY_OK)
        return status;
    search = suggest_for(name);
    for (*stage = r->first; *stage < r->stage_count; (*stage)++) {
        if (strcmp(r->names[*stage], name) == 0)
            return SKY_OK;
        suggest_offer(&search, r->names[*stage], 0);
    }
    return config_fail_near(l, group, key, name, "the name of one of `stages`", &search);
}

static sky_status load_ends(loader *l, const config_setting_t *group, const reading *r,
                            pipeline_stream_config *s)
{
    sky_status status = find_stage(l, group, "from", r, &s->from);

    if (status == SKY_OK)
        status = find_stage(l, group, "to", r, &s->to);
    if (status != SKY_OK)
        return status;
    if (s->from >= s->to)
        return config_fail(l, group, "to", r->names[s->to], "a stage further down the list than `from`");
    if (r->stages[s->from].kind == PIPELINE_SINK)
        return config_fail(l, group, "from", "a sink", "a stage that sends something on");
    return r->stages[s->to].kind == PIPELINE_SOURCE
               ? config_fail(l, group, "to", "a source", "a stage that takes something in")
               : SKY_OK;
}

/* Half the round trip of the catalog; where there is a network, its route's instead, once it is there. */
static sky_status load_distance(loader *l, const config_setting_t *group, const reading *r,
                                pipeline_stream_config *s)
{
    const scenario *sc = l->out;
    uint32_t from = r->stages[s->from].region, to = r->stages[s->to].region;

    if (from == to)
        return SKY_OK;
    s->latency_ns = sc->rtt_ns != NULL ? sc->rtt_ns[from * sc->region_count + to] / 2 : 0;
    return s->latency_ns > 0
               ? SKY_OK
               : config_fail(l, group, "to", "a stage in a region without distance to the other",
                             "a round-trip time in the catalog");
}

static sky_status load_stream(loader *l, const config_setting_t *group, const char *pipeline, reading *r)
{
    pipeline_stream_config *s = &r->streams[r->stream_count];
    char full[300];
    int partition = 0;
    sky_status status = config_check_keys(l, group, STREAM_KEYS);

    *s = (pipeline_stream_config){ .jitter.correlation_ns = 1 };
    if (status == SKY_OK)
        status = load_ends(l, group, r, s);
    if (status == SKY_OK)
        status = config_get_choice(l, group, "partition", 0, "key turn", &partition);
    s->by_key = partition == 0;
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "size", UNIT_BYTES, 1, &s->record_bytes);
    if (status == SKY_OK && (s->record_bytes < 1 || s->record_bytes > MOST_BYTES))
        status = config_fail(l, group, "size", "no size for a record", "from \"1 B\" to \"1 GB\"");
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "batch", UNIT_BYTES, 0, &s->batch_bytes);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "linger", UNIT_TIME, 0, &s->linger_ns);
    if (status == SKY_OK && s->batch_bytes > MOST_BYTES)
        status = config_fail(l, group, "batch", "too much", "\"1 GB\" at most");
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "header", UNIT_BYTES, 0, &s->header_bytes);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "bandwidth", UNIT_BANDWIDTH, 0, &s->bytes_per_s);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "jitter", UNIT_TIME, 0, &s->jitter.mean_ns);
    if (status == SKY_OK)
        status = load_distance(l, group, r, s);
    if (status != SKY_OK)
        return status;
    snprintf(full, sizeof full, "%.90s: %.90s > %.90s", pipeline, r->names[s->from], r->names[s->to]);
    l->out->stream_names[r->stream_count] = config_strdup(l, full);
    return l->out->stream_names[r->stream_count++] != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

/* ---- pipelines ------------------------------------------------------------------------------------------------------ */

/* What can be said only once all streams are there. */
static sky_status check_stage(loader *l, const config_setting_t *group, const reading *r, uint32_t stage,
                              uint32_t first_stream)
{
    const pipeline_stage_config *s = &r->stages[stage];
    uint32_t into = 0, out = 0, by_key = 0;

    for (uint32_t i = first_stream; i < r->stream_count; i++) {
        into += r->streams[i].to == stage;
        by_key += r->streams[i].to == stage && r->streams[i].by_key;
        out += r->streams[i].from == stage;
    }
    if (s->kind == PIPELINE_JOIN && into != 2)
        return config_fail(l, group, NULL, "a join of another number of streams", "two streams to it");
    if (s->kind != PIPELINE_SOURCE && into == 0)
        return config_fail(l, group, NULL, "a stage that no stream goes to", "a stream to it");
    if (s->kind != PIPELINE_SINK && out == 0)
        return config_fail(l, group, NULL, "a stage that no stream leaves", "a stream from it, or a sink");
    if ((s->kind == PIPELINE_WINDOW || s->kind == PIPELINE_JOIN) && s->most > 1 && by_key != into)
        return config_fail(l, group, NULL, "several tasks that records come to in turn",
                           "streams to it of partition \"key\"");
    return SKY_OK;
}

static sky_status load_pipeline(loader *l, const config_setting_t *group, reading *r)
{
    const config_setting_t *stages = NULL, *streams = NULL;
    const char *name = NULL;
    uint32_t first_stream = r->stream_count;
    sky_status status = config_check_keys(l, group, "name stages streams");

    r->first = r->stage_count;
    if (status == SKY_OK)
        status = config_get_name(l, group, &name);
    if (status == SKY_OK)
        status = config_get_list(l, group, "stages", 1, &stages);
    if (status == SKY_OK)
        status = config_get_list(l, group, "streams", 1, &streams);
    for (int i = 0; status == SKY_OK && i < config_setting_length(stages); i++)
        status = load_stage(l, config_setting_get_elem(stages, (unsigned)i), name, r);
    for (int i = 0; status == SKY_OK && i < config_setting_length(streams); i++)
        status = load_stream(l, config_setting_get_elem(streams, (unsigned)i), name, r);
    for (uint32_t i = r->first; status == SKY_OK && i < r->stage_count; i++)
        status = check_stage(l, config_setting_get_elem(stages, i - r->first), r, i, first_stream);
    return status;
}

/* How long the lists of that name are, over all pipelines. */
static size_t count_all(const config_setting_t *list, const char *key)
{
    size_t count = 0;

    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *inner = config_setting_get_member(config_setting_get_elem(list, (unsigned)i),
                                                                  key);

        count += inner != NULL ? (size_t)config_setting_length(inner) : 0;
    }
    return count;
}

/* `streaming`: the engine scales stages. */
static sky_status load_streaming(loader *l, const config_setting_t *root)
{
    const config_setting_t *group = NULL;
    double target = 0.8;
    sky_status status = config_get_group(l, root, "streaming", 0, &group);

    if (status != SKY_OK || group == NULL)
        return status;
    if (config_setting_get_member(root, "pipelines") == NULL)
        return config_fail(l, root, "streaming", "a target for no pipelines", "a list `pipelines` beside it");
    status = config_check_keys(l, group, "target");
    if (status == SKY_OK)
        status = config_get_real(l, group, "target", 0, 0.01, 1, &target);
    l->out->streaming_target_ppm = (int64_t)(target * 1e6 + 0.5);
    return status;
}

sky_status load_pipelines(loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    const config_setting_t *list = NULL;
    pipelines_config *out;
    size_t stages, streams;
    reading r = { .stage_count = 0 };
    sky_status status = load_streaming(l, root);

    if (status == SKY_OK)
        status = config_get_list(l, root, "pipelines", 0, &list);

    if (status != SKY_OK || list == NULL)
        return status;
    stages = count_all(list, "stages");
    streams = count_all(list, "streams");
    if (stages == 0 || stages > PIPELINES_MOST_STAGES || streams > PIPELINES_MOST_STREAMS)
        return config_fail(l, root, "pipelines", stages == 0 ? "no stages" : "too many stages or streams",
                           "1 to 4096 of each, of all pipelines");
    r.stages = config_alloc(l, stages, sizeof *r.stages);
    r.names = config_alloc(l, stages, sizeof *r.names);
    r.streams = config_alloc(l, streams + 1, sizeof *r.streams);
    s->stage_names = config_alloc(l, stages, sizeof *s->stage_names);
    s->stream_names = config_alloc(l, streams + 1, sizeof *s->stream_names);
    out = config_alloc(l, 1, sizeof *out);
    if (r.stages == NULL || r.names == NULL || r.streams == NULL || s->stage_names == NULL ||
        s->stream_names == NULL || out == NULL)
        return SKY_ERROR_MEMORY;
    for (int i = 0; status == SKY_OK && i < config_setting_length(list); i++)
        status = load_pipeline(l, config_setting_get_elem(list, (unsigned)i), &r);
    *out = (pipelines_config){ .regions = (uint32_t)s->region_count,
                               .stage_count = r.stage_count,
                               .stream_count = r.stream_count,
                               .stages = r.stages,
                               .streams = r.streams };
    s->pipelines = out;
    return status;
}
