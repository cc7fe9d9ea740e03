/* Data that moves: the network's events, and what is written down of them. */
#include "inside.h"

#include <stdio.h>
#include <stdlib.h>

/* Its place is still as it was: nothing has begun since it ended. */
static void name_data(const world *w, const data_fetch *f, record_transfer_row *row)
{
    row->dataset = f->set;
    if (f->kind == DATA_FETCH_JOB)
        row->job = w->instances[f->subject].job;
}

sky_status twin_take_transfers(twin *t)
{
    world *w = &t->world;
    uint32_t index;
    int taken = 1;
    sky_status status = SKY_OK;

    while (status == SKY_OK && taken) {
        const network_transfer *x;
        record_transfer_row row;

        status = world_take_transfer(w, &index, &taken, t->error);
        if (status != SKY_OK || !taken)
            break;
        x = &w->network.transfers[index];
        row = (record_transfer_row){ .start_ns = x->start_ns,
                                     .end_ns = x->end_ns,
                                     .bytes = x->bytes,
                                     .moved_bytes = x->moved_bytes,
                                     .nusd = x->nusd,
                                     .from = x->from,
                                     .to = x->to,
                                     .job = SKY_NONE,
                                     .schedule = SKY_NONE,
                                     .kind = x->kind,
                                     .dataset = SKY_NONE };
        if (x->owner == NETWORK_JOB)
            row.job = w->instances[x->subject].job;
        else if (x->owner == NETWORK_DATA)
            name_data(w, &w->data.fetches[x->subject], &row);
        else
            row.schedule = x->subject;
        status = twin_write_row(t, RECORD_TRANSFERS, &row);
        if (status == SKY_OK && x->owner == NETWORK_DATA)
            status = twin_tell_copies(t);
    }
    return status;
}

sky_status twin_move_data(twin *t)
{
    sky_status status = world_network_goes_on(&t->world, t->error);

    return status == SKY_OK ? twin_take_transfers(t) : status;
}

sky_status twin_watch_network(twin *t)
{
    sky_status status = twin_take_transfers(t); /* those that were cut off */

    return status == SKY_OK ? world_watch_network(&t->world, t->error) : status;
}

/* NULL: no memory. */
static int64_t *carried_bytes(twin *t)
{
    size_t count = t->world.network.topology.pipe_count;

    if (t->carried_bytes == NULL)
        t->carried_bytes = calloc(2 * count + 1, sizeof *t->carried_bytes);
    return t->carried_bytes;
}

sky_status twin_write_links(twin *t)
{
    world *w = &t->world;
    network *n = &w->network;
    size_t count = n->topology.pipe_count;
    int64_t *now;
    sky_status status = SKY_OK;

    if (t->scenario->network == NULL)
        return SKY_OK;
    if (carried_bytes(t) == NULL) {
        snprintf(t->error->message, sizeof t->error->message, "twin: out of memory");
        return SKY_ERROR_MEMORY;
    }
    now = t->carried_bytes + count;
    network_carried(n, w->now_ns, now);
    network_measure(n);
    for (uint32_t i = 0; i < count && status == SKY_OK; i++) {
        record_link_row row = { .time_ns = w->now_ns,
                                .bytes = now[i] - t->carried_bytes[i],
                                .bytes_per_s = flows_link_rate(&n->flows, i),
                                .link = i,
                                .load_ppm = (uint32_t)n->topology.pipes[i].load_ppm };

        t->carried_bytes[i] = now[i];
        if (row.bytes > 0 || row.bytes_per_s > 0)
            status = twin_write_row(t, RECORD_LINKS, &row);
    }
    return status;
}

/* The run is over: what still moves is cut off there. */
sky_status twin_close_network(twin *t)
{
    network *n = &t->world.network;

    if (t->scenario->network == NULL)
        return SKY_OK;
    for (uint32_t i = 0; i < n->transfer_count; i++)
        if (n->transfers[i].flow != SKY_NONE)
            network_cut(n, t->world.now_ns, i);
    return twin_take_transfers(t);
}

void twin_network_state(twin *t, state *s)
{
    size_t count = t->world.network.topology.pipe_count;

    if (t->scenario->network == NULL)
        return;
    twin_links_state(t, s);
    if (carried_bytes(t) == NULL) {
        state_no_memory(s);
        return;
    }
    state_array(s, t->carried_bytes, count, sizeof *t->carried_bytes);
    state_check_amounts(s, t->carried_bytes, count);
}
