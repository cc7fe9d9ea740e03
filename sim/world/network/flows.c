#include "flows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

sky_status flows_init(flows *f, const int64_t *bytes_per_s, size_t links)
{
    int64_t *capacity = malloc((links + 1) * sizeof *capacity);
    sky_status status;

    memset(f, 0, sizeof *f);
    f->free_flow = SKY_NONE;
    if (capacity == NULL)
        return SKY_ERROR_MEMORY;
    for (size_t i = 0; i < links; i++)
        capacity[i] = bytes_per_s[i] * MAXMIN_RATE_SCALE;
    status = maxmin_init(&f->rates, capacity, links);
    free(capacity);
    return status;
}

void flows_free(flows *f)
{
    maxmin_free(&f->rates);
    free(f->bundles);
    free(f->heap);
    free(f->flows);
    memset(f, 0, sizeof *f);
}

/* ---- bundles, by the end of their first flow ------------------------------------------------------------------ */

static int ends_before(const flows *f, uint32_t a, uint32_t b)
{
    int64_t x = f->bundles[a].finish_ns, y = f->bundles[b].finish_ns;

    return x != y ? x < y : a < b;
}

static void put(flows *f, size_t place, uint32_t bundle)
{
    f->heap[place] = bundle;
    f->bundles[bundle].place = (uint32_t)place;
}

static void sift(flows *f, uint32_t bundle)
{
    size_t place = f->bundles[bundle].place, count = f->rates.bundle_count, child;

    for (; place > 0 && ends_before(f, bundle, f->heap[(place - 1) / 2]); place = (place - 1) / 2)
        put(f, place, f->heap[(place - 1) / 2]);
    for (; (child = 2 * place + 1) < count; place = child) {
        if (child + 1 < count && ends_before(f, f->heap[child + 1], f->heap[child]))
            child++;
        if (!ends_before(f, f->heap[child], bundle))
            break;
        put(f, place, f->heap[child]);
    }
    put(f, place, bundle);
}

sky_status flows_add_bundle(flows *f, const uint32_t *links, size_t count, int64_t most_bytes_per_s,
                            uint32_t *bundle)
{
    if (f->rates.bundle_count == f->bundle_room) {
        size_t room = f->bundle_room < 16 ? 16 : f->bundle_room * 2;
        flows_bundle *bundles = realloc(f->bundles, room * sizeof *bundles);
        uint32_t *heap;

        if (bundles == NULL)
            return SKY_ERROR_MEMORY;
        f->bundles = bundles;
        heap = realloc(f->heap, room * sizeof *heap);
        if (heap == NULL)
            return SKY_ERROR_MEMORY;
        f->heap = heap;
        f->bundle_room = room;
    }
    if (maxmin_add(&f->rates, links, count, most_bytes_per_s * MAXMIN_RATE_SCALE, bundle) != SKY_OK)
        return SKY_ERROR_MEMORY;
    f->bundles[*bundle] = (flows_bundle){
        .since_ns = f->now_ns, .finish_ns = SKY_NEVER_NS, .first = SKY_NONE, .place = *bundle
    };
    sift(f, *bundle);
    return SKY_OK;
}

/* ---- a bundle's flows, by what they still lack: a pairing heap [Fredman et al., Algorithmica 1, 1986] ---------- */

static int goes_before(const flows *f, uint32_t a, uint32_t b)
{
    const flow *x = &f->flows[a], *y = &f->flows[b];

    return x->end != y->end ? x->end < y->end : x->sequence < y->sequence;
}

static uint32_t join(flows *f, uint32_t a, uint32_t b)
{
    uint32_t top, below;

    if (a == SKY_NONE || b == SKY_NONE)
        return a == SKY_NONE ? b : a;
    top = goes_before(f, a, b) ? a : b;
    below = top == a ? b : a;
    f->flows[below].next = f->flows[top].child;
    f->flows[below].previous = top;
    if (f->flows[top].child != SKY_NONE)
        f->flows[f->flows[top].child].previous = below;
    f->flows[top].child = below;
    f->flows[top].next = f->flows[top].previous = SKY_NONE;
    return top;
}

/* Joins siblings in pairs from the left, then the pairs from the right. */
static uint32_t join_siblings(flows *f, uint32_t first)
{
    uint32_t pairs = SKY_NONE, all = SKY_NONE;

    while (first != SKY_NONE) {
        uint32_t second = f->flows[first].next, rest = SKY_NONE, pair;

        if (second != SKY_NONE)
            rest = f->flows[second].next;
        f->flows[first].next = f->flows[first].previous = SKY_NONE;
        pair = join(f, first, second);
        f->flows[pair].next = pairs;
        f->flows[pair].previous = SKY_NONE;
        pairs = pair;
        first = rest;
    }
    while (pairs != SKY_NONE) {
        uint32_t rest = f->flows[pairs].next;

        f->flows[pairs].next = SKY_NONE;
        all = join(f, all, pairs);
        pairs = rest;
    }
    return all;
}

static void cut(flows *f, uint32_t index)
{
    flow *x = &f->flows[index];
    uint32_t *first = &f->bundles[x->bundle].first, below = join_siblings(f, x->child);

    if (*first == index) {
        *first = below;
    } else {
        flow *previous = &f->flows[x->previous];

        if (previous->child == index)
            previous->child = x->next;
        else
            previous->next = x->next;
        if (x->next != SKY_NONE)
            f->flows[x->next].previous = x->previous;
        *first = join(f, *first, below);
    }
    x->child = x->next = x->previous = SKY_NONE;
}

/* ---- time -------------------------------------------------------------------------------------------------- */

static void serve(flows *f, flows_bundle *b)
{
    sky_int128 each = (sky_int128)b->rate * (f->now_ns - b->since_ns);

    b->served += each;
    b->carried += each * b->flows;
    b->since_ns = f->now_ns;
}

/* To be called with a bundle served up to now. */
static void set_finish(flows *f, uint32_t bundle)
{
    flows_bundle *b = &f->bundles[bundle];
    int64_t finish_ns = SKY_NEVER_NS;

    if (b->first != SKY_NONE) {
        sky_int128 left = f->flows[b->first].end - b->served;

        if (left <= 0)
            finish_ns = f->now_ns;
        else if (b->rate > 0 && (left = (left + b->rate - 1) / b->rate) < SKY_NEVER_NS - f->now_ns)
            finish_ns = f->now_ns + (int64_t)left;
    }
    if (finish_ns == b->finish_ns)
        return;
    b->finish_ns = finish_ns;
    sift(f, bundle);
}

static void share(flows *f)
{
    if (!f->stale)
        return;
    f->stale = 0;
    maxmin_settle(&f->rates);
    for (size_t i = 0; i < f->rates.changed_count; i++) {
        uint32_t bundle = f->rates.changed[i];
        flows_bundle *b = &f->bundles[bundle];

        serve(f, b);
        b->rate = maxmin_rate(&f->rates, bundle);
        set_finish(f, bundle);
    }
    maxmin_clear_changed(&f->rates);
}

static void go_to(flows *f, int64_t now_ns)
{
    assert(now_ns >= f->now_ns);
    if (now_ns > f->now_ns)
        share(f);
    f->now_ns = now_ns;
}

int64_t flows_next_ns(flows *f)
{
    share(f);
    return f->rates.bundle_count > 0 ? f->bundles[f->heap[0]].finish_ns : SKY_NEVER_NS;
}

/* ---- flows ---------------------------------------------------------------------------------------------------- */

static void join_bundle(flows *f, uint32_t index, uint32_t bundle, sky_int128 units)
{
    flows_bundle *b = &f->bundles[bundle];
    flow *x = &f->flows[index];

    serve(f, b);
    x->bundle = bundle;
    x->units = units;
    x->end = b->served + units;
    b->first = join(f, b->first, index);
    maxmin_set_flows(&f->rates, bundle, ++b->flows);
    f->stale = 1;
}

static sky_int128 got(const flows *f, const flow *x)
{
    const flows_bundle *b = &f->bundles[x->bundle];
    sky_int128 served = b->served + (sky_int128)b->rate * (f->now_ns - b->since_ns);

    return served < x->end ? x->units - (x->end - served) : x->units;
}

static void leave_bundle(flows *f, uint32_t index)
{
    uint32_t bundle = f->flows[index].bundle;
    flows_bundle *b = &f->bundles[bundle];

    serve(f, b);
    f->delivered += got(f, &f->flows[index]);
    if (b->served > f->flows[index].end) /* what its last ns gave it beyond its size was never sent */
        b->carried -= b->served - f->flows[index].end;
    cut(f, index);
    maxmin_set_flows(&f->rates, bundle, --b->flows);
    f->stale = 1;
    set_finish(f, bundle);
}

static void forget(flows *f, uint32_t index)
{
    f->flows[index].bundle = SKY_NONE;
    f->flows[index].next = f->free_flow;
    f->free_flow = index;
}

sky_status flows_start(flows *f, int64_t now_ns, uint32_t bundle, int64_t bytes, uint32_t subject,
                       uint32_t *index)
{
    assert(bytes > 0);
    if (f->free_flow == SKY_NONE && f->flow_count == f->flow_room) {
        size_t room = f->flow_room < 64 ? 64 : f->flow_room * 2;
        flow *all = realloc(f->flows, room * sizeof *all);

        if (all == NULL)
            return SKY_ERROR_MEMORY;
        f->flows = all;
        f->flow_room = room;
    }
    go_to(f, now_ns);
    if (f->free_flow != SKY_NONE) {
        *index = f->free_flow;
        f->free_flow = f->flows[*index].next;
    } else {
        *index = (uint32_t)f->flow_count++;
    }
    f->flows[*index] = (flow){ .sequence = f->started++,
                               .child = SKY_NONE,
                               .next = SKY_NONE,
                               .previous = SKY_NONE,
                               .subject = subject };
    join_bundle(f, *index, bundle, (sky_int128)bytes * FLOWS_UNITS_PER_BYTE);
    return SKY_OK;
}

void flows_move(flows *f, int64_t now_ns, uint32_t index, uint32_t bundle)
{
    sky_int128 left;

    go_to(f, now_ns);
    leave_bundle(f, index);
    left = f->flows[index].end - f->bundles[f->flows[index].bundle].served;
    join_bundle(f, index, bundle, left > 0 ? left : 0);
}

int64_t flows_got(flows *f, int64_t now_ns, uint32_t index)
{
    go_to(f, now_ns);
    return (int64_t)(got(f, &f->flows[index]) / FLOWS_UNITS_PER_BYTE);
}

sky_int128 flows_left(flows *f, int64_t now_ns, uint32_t index)
{
    go_to(f, now_ns);
    return f->flows[index].units - got(f, &f->flows[index]);
}

int64_t flows_cancel(flows *f, int64_t now_ns, uint32_t index)
{
    int64_t bytes = flows_got(f, now_ns, index);

    leave_bundle(f, index);
    forget(f, index);
    return bytes;
}

void flows_set_capacity(flows *f, int64_t now_ns, uint32_t link, int64_t bytes_per_s)
{
    go_to(f, now_ns);
    maxmin_set_capacity(&f->rates, link, bytes_per_s * MAXMIN_RATE_SCALE);
    f->stale = 1;
}

int flows_take(flows *f, int64_t now_ns, uint32_t *index, uint32_t *subject)
{
    go_to(f, now_ns);
    if (f->rates.bundle_count == 0 || f->bundles[f->heap[0]].finish_ns > now_ns)
        return 0;
    *index = f->bundles[f->heap[0]].first;
    *subject = f->flows[*index].subject;
    leave_bundle(f, *index);
    forget(f, *index);
    return 1;
}

int64_t flows_rate(flows *f, uint32_t bundle)
{
    share(f);
    return f->bundles[bundle].rate;
}

int64_t flows_link_rate(flows *f, uint32_t link)
{
    share(f);
    return maxmin_load(&f->rates, link) / MAXMIN_RATE_SCALE;
}

int64_t flows_offer(flows *f, uint32_t link)
{
    share(f);
    return maxmin_offer(&f->rates, link) / MAXMIN_RATE_SCALE;
}

sky_int128 flows_bundle_carried(const flows *f, int64_t now_ns, uint32_t bundle)
{
    const flows_bundle *b = &f->bundles[bundle];

    return b->carried + (sky_int128)b->rate * (now_ns - b->since_ns) * b->flows;
}

void flows_carried(const flows *f, int64_t now_ns, sky_int128 *by_link)
{
    const maxmin *m = &f->rates;

    memset(by_link, 0, m->link_count * sizeof *by_link);
    for (uint32_t i = 0; i < m->bundle_count; i++) {
        const maxmin_bundle *b = &m->bundles[i];
        sky_int128 carried = flows_bundle_carried(f, now_ns, i);

        for (uint32_t h = b->first_hop; h < b->first_hop + b->hops; h++)
            by_link[m->hops[h].link] += carried;
    }
}

sky_int128 flows_sent(const flows *f)
{
    sky_int128 sent = f->delivered;

    for (size_t i = 0; i < f->flow_count; i++)
        if (f->flows[i].bundle != SKY_NONE)
            sent += f->flows[i].units;
    return sent;
}

int flows_are_conserved(const flows *f)
{
    sky_int128 arrived = f->delivered, carried = 0;

    for (size_t i = 0; i < f->flow_count; i++)
        if (f->flows[i].bundle != SKY_NONE)
            arrived += got(f, &f->flows[i]);
    for (uint32_t i = 0; i < f->rates.bundle_count; i++)
        carried += flows_bundle_carried(f, f->now_ns, i);
    return arrived == carried;
}

/* ---- checkpoints ----------------------------------------------------------------------------------------------- */

#define MOST_UNITS ((sky_int128)INT64_MAX * FLOWS_UNITS_PER_BYTE)
#define MOST_SUM   ((sky_int128)1 << 120) /* of what was carried in all of a run */

/* What it still lacks stands for its end: as if its bundle had served nothing yet. Only differences count. */
static void flow_state(flows *f, flow *x, state *s)
{
    sky_int128 left = 0;

    STATE_VALUE(s, x->bundle);
    state_check(s, x->bundle == SKY_NONE || x->bundle < f->rates.bundle_count);
    if (x->bundle == SKY_NONE || !state_is_sound(s)) {
        STATE_VALUE(s, x->next);
        return;
    }
    if (!state_restores(s)) {
        const flows_bundle *b = &f->bundles[x->bundle];

        left = x->end - b->served - (sky_int128)b->rate * (f->now_ns - b->since_ns);
    }
    STATE_VALUE(s, x->subject);
    STATE_VALUE(s, x->sequence);
    STATE_VALUE(s, x->units);
    STATE_VALUE(s, left);
    state_check(s, x->sequence < f->started && x->units >= 0 && x->units <= MOST_UNITS && left <= x->units &&
                       left >= -MAXMIN_MOST);
    if (state_restores(s))
        x->end = left;
}

/* Each free flow is in the list of them, once. */
static int has_all_free(const flows *f)
{
    size_t left = 0;
    uint32_t index = f->free_flow;

    for (size_t i = 0; i < f->flow_count; i++)
        left += f->flows[i].bundle == SKY_NONE;
    for (; left > 0 && index < f->flow_count && f->flows[index].bundle == SKY_NONE; left--)
        index = f->flows[index].next;
    return left == 0 && index == SKY_NONE;
}

static void links_state(flows *f, state *s)
{
    state_things(s, f->rates.link_count);
    for (uint32_t i = 0; i < f->rates.link_count; i++) {
        int64_t capacity = f->rates.links[i].capacity;

        STATE_VALUE(s, capacity);
        state_check(s, capacity >= 0 && capacity <= MAXMIN_MOST);
        if (state_restores(s) && state_is_sound(s))
            maxmin_set_capacity(&f->rates, i, capacity);
    }
}

static void bundles_state(flows *f, state *s)
{
    state_things(s, f->rates.bundle_count);
    for (uint32_t i = 0; i < f->rates.bundle_count; i++) {
        sky_int128 carried = flows_bundle_carried(f, f->now_ns, i);

        STATE_VALUE(s, carried);
        state_check(s, carried >= 0 && carried <= MOST_SUM);
        if (state_restores(s)) {
            f->bundles[i].carried = carried;
            f->bundles[i].since_ns = f->now_ns;
        }
    }
}

/* In the order of their places. Which flow a bundle ends first depends on (end, sequence) alone. */
static void join_all(flows *f)
{
    for (uint32_t i = 0; i < f->flow_count; i++) {
        flow *x = &f->flows[i];
        flows_bundle *b;

        if (x->bundle == SKY_NONE)
            continue;
        x->child = x->next = x->previous = SKY_NONE;
        b = &f->bundles[x->bundle];
        b->first = join(f, b->first, i);
        maxmin_set_flows(&f->rates, x->bundle, ++b->flows);
    }
    f->stale = 1;
    share(f);
}

static void make_flow_room(flows *f, size_t count, state *s)
{
    flow *all = count > f->flow_room ? realloc(f->flows, count * sizeof *all) : f->flows;

    if (count > f->flow_room && all == NULL) {
        state_no_memory(s);
        return;
    }
    f->flows = all;
    f->flow_room = count > f->flow_room ? count : f->flow_room;
    f->flow_count = count;
    if (count > 0)
        memset(f->flows, 0, count * sizeof *all);
}

void flows_state(flows *f, state *s)
{
    size_t count;

    state_part(s, "flows");
    share(f); /* levels are unique: when they are found does not matter */
    STATE_VALUE(s, f->now_ns);
    STATE_VALUE(s, f->started);
    STATE_VALUE(s, f->delivered);
    STATE_VALUE(s, f->free_flow);
    state_check_amounts(s, &f->now_ns, 1);
    state_check(s, f->delivered >= 0 && f->delivered <= MOST_SUM);
    links_state(f, s);
    bundles_state(f, s);
    count = state_count(s, f->flow_count, sizeof f->flows->bundle + sizeof f->flows->next);
    if (state_restores(s))
        make_flow_room(f, count, s);
    for (size_t i = 0; i < count && state_is_sound(s); i++)
        flow_state(f, &f->flows[i], s);
    state_check(s, has_all_free(f));
    if (state_restores(s) && state_is_sound(s))
        join_all(f);
    else if (state_restores(s))
        f->flow_count = 0;
}
