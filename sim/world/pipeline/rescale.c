/* A stage gets another number of tasks: records that wait, results that wait and open windows are shared out anew, as a
 * stream processor does from a savepoint. Credits stay with the records, and go back by the lane by which they came. */
#include "inside.h"

/* What the tasks held, put together. */
typedef struct holdings {
    pipeline_ring records, results;
} holdings;

static uint32_t owner(pipeline_stage *s, uint32_t key)
{
    return s->by_key ? keys_owner(key, s->tasks) : s->turn++ % s->tasks;
}

/* Watermarks are not taken along: later ones come. */
static int collect(pipeline_stage *s, uint32_t tasks, holdings *h)
{
    for (uint32_t i = 0; i < tasks; i++) {
        pipeline_task *t = &s->task[i];

        while (t->queue.count > 0) {
            pipeline_entry e = ring_pop(&t->queue);

            if (e.kind == ENTRY_RECORD && ring_push(&h->records, e) != 0)
                return -1;
        }
        while (t->results.count > 0)
            if (ring_push(&h->results, ring_pop(&t->results)) != 0)
                return -1;
        t->records = 0;
    }
    return 0;
}

static int deal(pipeline_stage *s, holdings *h)
{
    while (h->records.count > 0) {
        pipeline_entry e = ring_pop(&h->records);
        pipeline_task *t = &s->task[owner(s, e.key)];

        t->records++;
        if (ring_push(&t->queue, e) != 0)
            return -1;
    }
    while (h->results.count > 0) {
        pipeline_entry e = ring_pop(&h->results);

        if (ring_push(&s->task[owner(s, e.key)].results, e) != 0)
            return -1;
    }
    return 0;
}

static int move_windows(pipeline_stage *s, panes *from)
{
    pane *window;

    while ((window = panes_first(from)) != NULL) {
        for (uint32_t i = 0; i < window->count; i++) {
            panes *to = &s->task[owner(s, window->cells[i].key)].panes;
            pane *there = panes_open(to, window->start_ns);
            pane_cell *cell = there != NULL ? pane_cell_of(there, window->cells[i].key) : NULL;

            if (cell == NULL)
                return -1;
            *cell = window->cells[i]; /* each key had one owner */
        }
        panes_close(from, window);
    }
    return 0;
}

/* One task after the other; what comes to a task before its turn stays there, as it is its owner. */
static int deal_windows(pipeline_stage *s, uint32_t tasks)
{
    int status = 0;

    if (s->config->kind != PIPELINE_WINDOW && s->config->kind != PIPELINE_JOIN)
        return 0;
    for (uint32_t i = 0; i < tasks && status == 0; i++) {
        panes old = s->task[i].panes;

        s->task[i].panes = (panes){ .count = 0 };
        status = move_windows(s, &old);
        panes_free(&old);
    }
    return status;
}

/* All tasks know what the least of them knew, and so does who hears them: nothing is promised that has not come. */
static void lower_watermarks(pipeline_shared *shared, pipeline_stage *s, uint32_t tasks)
{
    for (uint32_t slot = 0; slot < s->slots; slot++) {
        int64_t least_ns = INT64_MAX;

        for (uint32_t i = 0; i < tasks; i++)
            least_ns = s->task[i].heard_ns[slot] < least_ns ? s->task[i].heard_ns[slot] : least_ns;
        for (uint32_t i = 0; i < s->config->most; i++)
            s->task[i].heard_ns[slot] = least_ns;
    }
    for (uint32_t k = 0; k < s->out_count; k++) {
        const pipeline_stream *st = &shared->streams[s->out[k]];
        const pipeline_stage *to = &shared->stages[st->config->to];

        for (uint32_t i = 0; i < to->config->most; i++) {
            int64_t *heard_ns = &to->task[i].heard_ns[st->slot], least_ns = INT64_MAX;

            for (uint32_t from = 0; from < tasks; from++)
                least_ns = heard_ns[from] < least_ns ? heard_ns[from] : least_ns;
            for (uint32_t from = 0; from < s->config->most; from++)
                heard_ns[from] = least_ns;
        }
    }
}

int stage_share_out(pipeline_shared *shared, pipeline_stage *s, uint32_t tasks, int64_t now_ns)
{
    holdings h = { .records = { .count = 0 } };
    uint32_t before = s->tasks, most = before > tasks ? before : tasks;
    int64_t watermark_ns = s->task[0].watermark_ns;
    int status;

    stage_count_to(s, now_ns);
    s->tasks = tasks;
    s->turn = 0;
    for (uint32_t i = 0; i < before; i++)
        watermark_ns = s->task[i].watermark_ns < watermark_ns ? s->task[i].watermark_ns : watermark_ns;
    status = collect(s, before, &h);
    if (status == 0)
        status = deal(s, &h);
    if (status == 0)
        status = deal_windows(s, most);
    lower_watermarks(shared, s, before);
    for (uint32_t i = 0; i < most; i++)
        s->task[i].watermark_ns = s->task[i].forwarded_ns = watermark_ns;
    free(h.records.entries);
    free(h.results.entries);
    s->resume_ns = now_ns + s->config->rescale_ns;
    return status;
}
