/* Data that moves, and that lies somewhere, saved and restored; who waits for what. */
#include "checkpoint.h"

static int is_under_way(const world *w, uint32_t transfer, network_owner owner, uint32_t subject)
{
    const network_transfer *t;

    if (w->scenario->network == NULL || transfer >= w->network.transfer_count)
        return 0;
    t = &w->network.transfers[transfer];
    return t->flow != SKY_NONE && t->owner == owner && t->subject == subject;
}

static int is_waited_for(const world *w, uint32_t transfer)
{
    const network_transfer *t = &w->network.transfers[transfer];

    switch (t->owner) {
    case NETWORK_JOB:
        return t->subject < w->instance_count && w->instances[t->subject].live &&
               w->instances[t->subject].transfer == transfer;
    case NETWORK_DATA:
        return w->scenario->storage != NULL && t->subject < w->data.fetch_count &&
               w->data.fetches[t->subject].transfer == transfer;
    default:
        return 1;
    }
}

/* Who waits for a transfer, and whose it is: both say the same. At the end of an instant all that ended was taken. */
static void check_transfers(world *w, state *s)
{
    const network *n = &w->network;

    state_check(s, n->flows.now_ns <= w->now_ns && network_next_ns(&w->network) >= w->now_ns &&
                       n->ended_count == n->ended_taken);
    for (uint32_t i = 0; i < n->transfer_count; i++)
        state_check(s, n->transfers[i].flow == SKY_NONE || is_waited_for(w, i));
}

static void check_instances(const world *w, state *s)
{
    for (uint32_t i = 0; i < w->instance_count; i++) {
        const world_instance *is = &w->instances[i];

        state_check(s,
                    !is->live || is->transfer == SKY_NONE || is_under_way(w, is->transfer, NETWORK_JOB, i));
    }
}

static void check_fetches(const world *w, state *s)
{
    state_check(s, w->data.now_ns <= w->now_ns && data_next_ns(&w->data) >= w->now_ns);
    for (uint32_t i = 0; i < w->data.fetch_count; i++) {
        const data_fetch *f = &w->data.fetches[i];

        if (f->transfer != SKY_NONE)
            state_check(s, is_under_way(w, f->transfer, NETWORK_DATA, i) &&
                               (f->kind != DATA_FETCH_JOB || f->subject < w->instance_count));
    }
}

void world_moves_state(world *w, state *s)
{
    const scenario *of = w->scenario;

    state_part(s, "world: meters");
    state_things(s, of->provider_count);
    for (size_t i = 0; i < of->provider_count; i++)
        transfer_meter_state(&w->meters[i], s);
    if (of->network != NULL && state_is_sound(s))
        network_state(&w->network, s);
    if (of->storage != NULL && state_is_sound(s))
        data_state(&w->data, s);
    if (!state_restores(s) || !state_is_sound(s))
        return;
    if (of->network != NULL)
        check_transfers(w, s);
    check_instances(w, s);
    if (of->storage != NULL)
        check_fetches(w, s);
}
