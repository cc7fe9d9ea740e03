/* Pipelines that no stream connects need no order between each other: they go on one after the other, or on threads, where that is
 * measured to be faster. Within one that is alone regions are dealt to the threads. */
#include "inside.h"

#include <omp.h>
#include <stdio.h>

/* ---- regions -------------------------------------------------------------------------------------------------------- */

static void region_begin(process_context *c, void *state)
{
    const pipeline_shared *shared = c->shared;

    (void)state;
    for (uint32_t i = 0; i < shared->config.stage_count; i++) {
        pipeline_stage *s = &shared->stages[i];

        if (s->part == shared->part && s->config->kind == PIPELINE_SOURCE && s->config->region == c->self)
            source_begin(c, shared, s);
    }
}

static process_handler *const handlers[PIPELINE_KINDS] = {
    [PIPELINE_NEXT] = source_next,
    [PIPELINE_MARK] = source_mark,
    [PIPELINE_DONE] = stage_done,
    [PIPELINE_RECORD] = stream_record,
    [PIPELINE_WATERMARK] = stream_watermark,
    [PIPELINE_CREDIT] = stream_credit,
    [PIPELINE_LINGER] = stream_linger,
    [PIPELINE_RESUME] = stage_resume,
    [PIPELINE_OPEN] = stream_open,
};

static const process_model region_model = {
    .name = "region", .state_bytes = 1, .begin = region_begin, .handlers = handlers, .kinds = PIPELINE_KINDS
};

/* ---- parts ----------------------------------------------------------------------------------------------------------- */

/* The least stage that streams seen so far connect it with. */
static uint32_t find_least(const pipeline_stage *stages, uint32_t stage)
{
    while (stages[stage].part != stage)
        stage = stages[stage].part;
    return stage;
}

/* Numbers them by their first stages. Returns how many there are. */
static uint32_t find_parts(pipeline_shared *shared)
{
    pipeline_stage *stages = shared->stages;
    uint32_t count = 0;

    for (uint32_t i = 0; i < shared->config.stage_count; i++)
        stages[i].part = i;
    for (uint32_t i = 0; i < shared->config.stream_count; i++) {
        uint32_t a = find_least(stages, shared->config.streams[i].from);
        uint32_t b = find_least(stages, shared->config.streams[i].to);

        stages[a > b ? a : b].part = a < b ? a : b;
    }
    for (uint32_t i = 0; i < shared->config.stage_count; i++) /* all before it have their numbers */
        stages[i].part = stages[i].part == i ? count++ : stages[stages[i].part].part;
    return count;
}

static int64_t lookahead_ns(const pipeline_shared *shared)
{
    int64_t least_ns = SKY_NS_PER_HOUR;

    for (uint32_t i = 0; i < shared->config.stream_count; i++) {
        const pipeline_stream *st = &shared->streams[i];
        const pipeline_stage *from = &shared->stages[st->config->from], *to = &shared->stages[st->config->to];

        if (from->part == shared->part && from->config->region != to->config->region &&
            st->latency_ns < least_ns)
            least_ns = st->latency_ns;
    }
    return least_ns;
}

void part_set_lookahead(pipeline_part *part)
{
    windows_set_lookahead(part->windows, lookahead_ns(&part->shared));
}

sky_status parts_begin(pipelines *p, sky_error *error)
{
    const pipelines_config *config = &p->shared.config;
    uint32_t count = find_parts(&p->shared);
    const process_model **models = malloc(config->regions * sizeof *models);
    sky_status status = SKY_OK;

    pace_begin(&p->pace);
    p->parts = calloc(count, sizeof *p->parts);
    if (models == NULL || p->parts == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for pipelines");
        status = SKY_ERROR_MEMORY;
    }
    for (uint32_t i = 0; i < config->regions && status == SKY_OK; i++)
        models[i] = &region_model;
    for (uint32_t i = 0; i < count && status == SKY_OK; i++) {
        pipeline_part *part = &p->parts[p->part_count++];
        windows_config run = { .processes = config->regions,
                               .model = models,
                               .shared = &part->shared,
                               .threads = count == 1 ? config->threads : 1,
                               .stop = config->stop,
                               .context = config->stop_context,
                               .adaptive = 1 };

        part->shared = p->shared;
        part->shared.part = i;
        run.lookahead_ns = lookahead_ns(&part->shared);
        status = windows_create(&run, &part->windows, error);
    }
    free(models);
    return status;
}

void parts_end(pipelines *p)
{
    for (uint32_t i = 0; i < p->part_count; i++)
        windows_destroy(p->parts[i].windows);
    free(p->parts);
}

static void run_one_after_the_other(pipelines *p, int64_t to_ns)
{
    for (uint32_t i = 0; i < p->part_count; i++)
        p->parts[i].status = windows_run(p->parts[i].windows, to_ns, &p->parts[i].error);
}

/* Which thread takes which changes nothing. */
static void run_on_threads(pipelines *p, int64_t to_ns, int threads)
{
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (uint32_t i = 0; i < p->part_count; i++)
        p->parts[i].status = windows_run(p->parts[i].windows, to_ns, &p->parts[i].error);
}

/* Where that is faster, by what was measured lately. */
static void run_adaptively(pipelines *p, int64_t to_ns, int threads)
{
    uint64_t events = pipelines_events(p).events;
    int64_t start_ns = profile_clock_ns();

    if (p->pace.threaded)
        run_on_threads(p, to_ns, threads);
    else
        run_one_after_the_other(p, to_ns);
    pace_note(&p->pace, pipelines_events(p).events - events, profile_clock_ns() - start_ns);
}

sky_status parts_run(pipelines *p, int64_t to_ns, sky_error *error)
{
    int threads = p->shared.config.threads > 0 ? p->shared.config.threads : omp_get_max_threads();

    threads = threads < (int)p->part_count ? threads : (int)p->part_count;
    if (threads > 1)
        run_adaptively(p, to_ns, threads);
    else
        run_one_after_the_other(p, to_ns);
    for (uint32_t i = 0; i < p->part_count; i++)
        if (p->parts[i].status != SKY_OK) {
            *error = p->parts[i].error;
            return p->parts[i].status;
        }
    return SKY_OK;
}
