/* Where records come into being. */
#include "inside.h"

#define MICRO_NS 1e15 /* nanoseconds, over millionths of a record per second */

/* The next of evenly spaced arrivals; where there are none, none are looked for until the next minute. */
static int64_t steady_next_ns(demand_arrivals *a, int64_t end_ns)
{
    int64_t rate;

    while ((rate = demand_rate(a->demand, a->at_ns)) == 0 && a->at_ns < end_ns)
        a->at_ns = a->demand->steady ? end_ns : a->at_ns - a->at_ns % DEMAND_STEP_NS + DEMAND_STEP_NS;
    if (rate > 0)
        a->at_ns += (int64_t)(MICRO_NS / (double)rate + 0.5);
    return a->at_ns;
}

static void schedule_next(process_context *c, const pipeline_shared *shared, pipeline_stage *s)
{
    int64_t end_ns = shared->config.end_ns;
    int64_t next_ns = s->config->source.steady ? steady_next_ns(&s->arrivals, end_ns)
                                               : demand_next_ns(&s->arrivals, end_ns);

    if (next_ns < end_ns)
        process_schedule(c, next_ns - c->now_ns, PIPELINE_NEXT, s->number, 0, 0);
}

void source_begin(process_context *c, const pipeline_shared *shared, pipeline_stage *s)
{
    random_key key = { .seed = shared->config.seed,
                       .replication = shared->config.replication,
                       .thing = s->number,
                       .purpose = RANDOM_PIPELINE_ARRIVAL };

    demand_start(&s->arrivals, &s->config->source.load, &key);
    key.purpose = RANDOM_PIPELINE_DISORDER;
    stream_init(&s->disorder, &key);
    key.purpose = RANDOM_PIPELINE_KEY;
    s->keys_key = key;
    schedule_next(c, shared, s);
    process_schedule(c, s->config->source.watermark_every_ns, PIPELINE_MARK, s->number, 0, 0);
}

void source_next(process_context *c, void *state, const kernel_event *event)
{
    pipeline_stage *s = stage_of(c, event->subject);
    const pipeline_source_config *config = &s->config->source;
    pipeline_entry record = { .event_ns = c->now_ns, .kind = ENTRY_RECORD, .stream = PIPELINE_NONE };
    uint32_t task = s->turn++ % s->tasks;

    (void)state;
    if (config->keys > 1)
        record.key = keys_draw(&s->keys, (uint32_t)random_u64(&s->keys_key, s->keys_drawn++));
    if (config->disorder.mean_ns > 0) {
        record.event_ns -= duration_ns(&config->disorder, stream_exponential(&s->disorder));
        record.event_ns = record.event_ns > 0 ? record.event_ns : 0;
    }
    if (s->task[task].records >= s->config->buffer &&
        (s->task[task].state != TASK_IDLE || c->now_ns < s->resume_ns || s->is_out))
        s->count.dropped++;
    else
        stage_take(c, s, task, record);
    schedule_next(c, c->shared, s);
}

void source_mark(process_context *c, void *state, const kernel_event *event)
{
    pipeline_stage *s = stage_of(c, event->subject);
    pipeline_entry mark = { .event_ns = c->now_ns - s->config->source.watermark_delay_ns,
                            .kind = ENTRY_WATERMARK,
                            .stream = PIPELINE_NONE };

    (void)state;
    for (uint32_t task = 0; task < s->tasks; task++)
        stage_take(c, s, task, mark);
    process_schedule(c, s->config->source.watermark_every_ns, PIPELINE_MARK, s->number, 0, 0);
}
