#include "beside.h"

#include <stdio.h>

#define REMEMBERED 8 /* control intervals, about */
#define LEAST_AHEAD_NS                                                                                       \
    200000 /* of what can be done at the same time: to hand over costs some 50 us each way */

static int64_t lately(int64_t before_ns, int64_t now_ns)
{
    return before_ns == 0 ? now_ns : before_ns + (now_ns - before_ns) / REMEMBERED;
}

static sky_status go_on(void *beside, int64_t to_ns, sky_error *error)
{
    twin_beside *b = beside;
    int64_t start_ns = profile_clock_ns();
    sky_status status = b->go(b->part, to_ns, error);

    b->took_ns = lately(b->took_ns, profile_clock_ns() - start_ns);
    return status;
}

sky_status twin_open_beside(twin *t, twin_beside *b, ahead_go *go, void *part, int threads)
{
    b->go = go;
    b->part = part;
    if (threads <= 1)
        return SKY_OK;
    b->ahead = ahead_new(go_on, b);
    if (b->ahead != NULL)
        return SKY_OK;
    snprintf(t->error->message, sizeof t->error->message, "twin: no thread for services or pipelines");
    return SKY_ERROR_MEMORY;
}

void twin_free_beside(twin_beside *b)
{
    ahead_free(b->ahead);
    b->ahead = NULL;
}

static sky_status come_to(twin *t, twin_beside *b)
{
    int64_t now_ns = t->world.now_ns;
    sky_status status = b->ahead != NULL ? ahead_wait(b->ahead, t->error) : SKY_OK;

    if (status != SKY_OK)
        return status;
    if (b->gone_to_ns > now_ns) {
        snprintf(t->error->message, sizeof t->error->message,
                 "twin: at %lld ns a part of the world has gone on to %lld ns", (long long)now_ns,
                 (long long)b->gone_to_ns);
        return SKY_ERROR_STATE;
    }
    if (b->gone_to_ns == now_ns) /* what was sent at this instant */
        return b->go(b->part, now_ns, t->error);
    b->gone_to_ns = now_ns;
    return go_on(b, now_ns, t->error);
}

sky_status twin_catch_up(twin *t, twin_beside *b)
{
    uint32_t outer = profile_enter(t->output->profile, b->counts_as);
    sky_status status;

    if (b->since_ns > 0)
        b->rest_ns = lately(b->rest_ns, profile_clock_ns() - b->since_ns);
    status = come_to(t, b);
    b->since_ns = profile_clock_ns();
    profile_leave(t->output->profile, outer);
    return status;
}

/* Control points, faults and the end are all that it has to do with the rest; but a slow control plane decides at times that
 * are not known yet. */
static int64_t alone_until_ns(const twin *t)
{
    const world *w = &t->world;
    int64_t to_ns = t->next_tick_ns, fault_ns = world_next_fault_ns(w);

    if (w->decision_delay_ns > 0 || w->asks_ns > w->now_ns)
        return w->now_ns;
    to_ns = fault_ns < to_ns ? fault_ns : to_ns;
    return w->end_ns < to_ns ? w->end_ns : to_ns;
}

/* Not where there is too little of either for it to pay that two threads wait for each other: that decides on speed, never
 * on an answer. */
void twin_go_ahead(twin *t, twin_beside *b)
{
    int64_t to_ns = alone_until_ns(t);

    if (b->ahead == NULL || ahead_is_under_way(b->ahead) || b->gone_to_ns != t->world.now_ns ||
        to_ns <= t->world.now_ns || b->took_ns < LEAST_AHEAD_NS || b->rest_ns < LEAST_AHEAD_NS)
        return;
    b->gone_to_ns = to_ns;
    ahead_start(b->ahead, to_ns);
}

void twin_beside_state(twin_beside *b, state *s)
{
    sky_error error;

    if (b->ahead != NULL && ahead_wait(b->ahead, &error) != SKY_OK)
        state_no_memory(s); /* all that it can fail with */
    STATE_VALUE(s, b->gone_to_ns);
}
