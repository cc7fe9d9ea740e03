/* What stages of each kind do with a record. */
#include "inside.h"

/* So many results on the mean: the whole number below, and one more with the chance of the fraction. */
static uint32_t draw_results(pipeline_task *t, double selectivity)
{
    uint32_t whole = (uint32_t)selectivity;
    double fraction = selectivity - whole;

    if (fraction > 0 && stream_uniform_of(random_u64(&t->results_key, t->results_drawn++)) < fraction)
        whole++;
    return whole;
}

/* Counts the record in every window that it is part of and that has not ended. */
static void fold(process_context *c, pipeline_stage *s, pipeline_task *t, int64_t window_ns, int64_t slide_ns)
{
    const pipeline_entry *record = &t->current;
    int64_t start_ns = record->event_ns - record->event_ns % slide_ns;
    uint32_t place = record->stream != PIPELINE_NONE ? stream_of(c, record->stream)->place : 0;
    uint64_t draw = random_u64(&t->sample_key, t->samples_drawn++);
    unsigned late = 1;

    for (; start_ns > record->event_ns - window_ns; start_ns -= slide_ns) {
        pane *window;
        pane_cell *cell;

        if (start_ns + window_ns <= t->watermark_ns)
            continue;
        late = 0;
        window = panes_open(&t->panes, start_ns);
        cell = window != NULL ? pane_cell_of(window, record->key) : NULL;
        if (cell == NULL) {
            pipeline_out_of_memory(c);
            return;
        }
        pane_count(cell, s->config->kind == PIPELINE_JOIN ? place : 0, record->event_ns, draw);
    }
    s->count.late += late;
    s->count.folded += !late;
}

/* Of the first stream: has a result where the second has had a record of its key before. */
static uint32_t look_up(process_context *c, pipeline_stage *s, pipeline_task *t)
{
    pane *table = panes_open(&t->panes, 0);
    pane_cell *cell = table != NULL ? pane_cell_of(table, t->current.key) : NULL;
    uint32_t results;

    if (cell == NULL) {
        pipeline_out_of_memory(c);
        return 0;
    }
    if (stream_of(c, t->current.stream)->place == 1) {
        cell->counts[1] = 1;
        s->count.folded++;
        return 0;
    }
    results = cell->counts[1] > 0 ? draw_results(t, s->config->selectivity) : 0;
    s->count.filtered += results == 0;
    return results;
}

uint32_t operator_apply(process_context *c, pipeline_stage *s, pipeline_task *t)
{
    const pipeline_stage_config *config = s->config;
    uint32_t results;

    switch (config->kind) {
    case PIPELINE_SOURCE:
        return 1;
    case PIPELINE_MAP:
        results = draw_results(t, config->selectivity);
        s->count.filtered += results == 0;
        return results;
    case PIPELINE_WINDOW:
        if (t->current.kind == ENTRY_RESULT)
            return 1;
        fold(c, s, t, config->window_ns, config->slide_ns);
        return 0;
    case PIPELINE_JOIN:
        if (t->current.kind == ENTRY_RESULT)
            return draw_results(t, config->selectivity);
        if (config->window_ns == 0)
            return look_up(c, s, t);
        fold(c, s, t, config->window_ns, config->window_ns);
        return 0;
    case PIPELINE_SINK:
        break;
    }
    histogram_add(s->latency, c->now_ns - t->current.event_ns, 1);
    return 0;
}

/* Of a join: each record of the one with each of the other. */
static uint32_t results_of(const pipeline_stage *s, const pane_cell *cell)
{
    uint64_t pairs = (uint64_t)cell->counts[0] * cell->counts[1];

    if (s->config->kind == PIPELINE_WINDOW)
        return 1;
    return pairs < UINT32_MAX ? (uint32_t)pairs : UINT32_MAX;
}

void operator_watermark(process_context *c, pipeline_stage *s, pipeline_task *t)
{
    pane *window;

    if (s->config->window_ns == 0)
        return;
    while ((window = panes_first(&t->panes)) != NULL &&
           window->start_ns + s->config->window_ns <= t->watermark_ns) {
        for (uint32_t i = 0; i < window->count; i++) {
            const pane_cell *cell = &window->cells[i];
            pipeline_entry result = { .event_ns = cell->event_ns,
                                      .key = cell->key,
                                      .kind = ENTRY_RESULT,
                                      .stream = PIPELINE_NONE,
                                      .lane = results_of(s, cell) };

            if (result.lane > 0 && ring_push(&t->results, result) != 0)
                pipeline_out_of_memory(c);
        }
        panes_close(&t->panes, window);
    }
}
