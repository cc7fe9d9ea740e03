#include "maxmin.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

sky_status maxmin_init(maxmin *m, const int64_t *capacity, size_t count)
{
    size_t room = count > 0 ? count : 1;

    memset(m, 0, sizeof *m);
    m->links = calloc(room, sizeof *m->links);
    m->heap = malloc(room * sizeof *m->heap);
    m->dirty = malloc(room * sizeof *m->dirty);
    m->risen = malloc(room * sizeof *m->risen);
    if (m->links == NULL || m->heap == NULL || m->dirty == NULL || m->risen == NULL)
        return SKY_ERROR_MEMORY;
    m->link_count = count;
    for (size_t i = 0; i < count; i++) {
        assert(capacity[i] >= 0 && capacity[i] <= MAXMIN_MOST);
        m->links[i].capacity = capacity[i];
        m->links[i].level = m->links[i].next_level = MAXMIN_FREE;
        m->links[i].place = SKY_NONE;
    }
    return SKY_OK;
}

void maxmin_free(maxmin *m)
{
    for (size_t i = 0; i < m->link_count; i++)
        free(m->links[i].entries);
    free(m->links);
    free(m->bundles);
    free(m->hops);
    free(m->heap);
    free(m->dirty);
    free(m->risen);
    free(m->changed);
    memset(m, 0, sizeof *m);
}

/* ---- bundles ------------------------------------------------------------------------------------------- */

static sky_status make_room(maxmin *m, size_t hops)
{
    if (m->bundle_count == m->bundle_room) {
        size_t room = m->bundle_room < 16 ? 16 : m->bundle_room * 2;
        maxmin_bundle *bundles = realloc(m->bundles, room * sizeof *bundles);
        uint32_t *changed;

        if (bundles == NULL)
            return SKY_ERROR_MEMORY;
        m->bundles = bundles;
        changed = realloc(m->changed, room * sizeof *changed);
        if (changed == NULL)
            return SKY_ERROR_MEMORY;
        m->changed = changed;
        m->bundle_room = room;
    }
    if (m->hop_count + hops > m->hop_room) {
        size_t room = (m->hop_room + hops) * 2;
        maxmin_hop *all = realloc(m->hops, room * sizeof *all);

        if (all == NULL)
            return SKY_ERROR_MEMORY;
        m->hops = all;
        m->hop_room = room;
    }
    return SKY_OK;
}

sky_status maxmin_add(maxmin *m, const uint32_t *links, size_t count, int64_t cap, uint32_t *bundle)
{
    assert(cap >= 0 && cap <= MAXMIN_MOST);
    if (make_room(m, count) != SKY_OK)
        return SKY_ERROR_MEMORY;
    /* room for its entries from now on, so that flows can come and go without asking for memory */
    for (size_t i = 0; i < count; i++) {
        maxmin_link *l = &m->links[links[i]];

        if (l->bundles == l->room) {
            uint32_t room = l->room < 4 ? 4 : l->room * 2;
            maxmin_entry *entries = realloc(l->entries, room * sizeof *entries);

            if (entries == NULL)
                return SKY_ERROR_MEMORY;
            l->entries = entries;
            l->room = room;
        }
    }
    *bundle = (uint32_t)m->bundle_count++;
    m->bundles[*bundle] =
        (maxmin_bundle){ .cap = cap, .first_hop = (uint32_t)m->hop_count, .hops = (uint32_t)count };
    for (size_t i = 0; i < count; i++) {
        m->links[links[i]].bundles++;
        m->hops[m->hop_count++] = (maxmin_hop){ links[i], SKY_NONE };
    }
    return SKY_OK;
}

/* The two least of cap and levels. 1: they changed. */
static int find_least(maxmin *m, maxmin_bundle *b)
{
    int64_t least = b->cap, second = MAXMIN_FREE;
    uint32_t at = SKY_NONE;

    for (uint32_t h = b->first_hop; h < b->first_hop + b->hops; h++) {
        int64_t level = m->links[m->hops[h].link].level;

        if (level < least) {
            second = least;
            least = level;
            at = h;
        } else if (level < second) {
            second = level;
        }
    }
    if (least == b->least && second == b->second && at == b->at)
        return 0;
    b->least = least;
    b->second = second;
    b->at = at;
    return 1;
}

static void mark_dirty(maxmin *m, uint32_t link)
{
    if (!m->links[link].dirty)
        m->dirty[m->dirty_count++] = link;
    m->links[link].dirty = 1;
}

static void mark_changed(maxmin *m, uint32_t bundle)
{
    if (!m->bundles[bundle].changed)
        m->changed[m->changed_count++] = bundle;
    m->bundles[bundle].changed = 1;
}

static void enter(maxmin *m, uint32_t bundle)
{
    maxmin_bundle *b = &m->bundles[bundle];

    find_least(m, b);
    for (uint32_t h = b->first_hop; h < b->first_hop + b->hops; h++) {
        maxmin_link *l = &m->links[m->hops[h].link];

        m->hops[h].place = l->count;
        l->entries[l->count++] =
            (maxmin_entry){ .bound = h == b->at ? b->second : b->least, .bundle = bundle, .hop = h };
    }
}

static void leave(maxmin *m, uint32_t bundle)
{
    const maxmin_bundle *b = &m->bundles[bundle];

    for (uint32_t h = b->first_hop; h < b->first_hop + b->hops; h++) {
        maxmin_link *l = &m->links[m->hops[h].link];
        uint32_t place = m->hops[h].place;

        l->entries[place] = l->entries[--l->count];
        m->hops[l->entries[place].hop].place = place;
        m->hops[h].place = SKY_NONE;
    }
}

void maxmin_set_flows(maxmin *m, uint32_t bundle, uint32_t flows)
{
    maxmin_bundle *b = &m->bundles[bundle];

    if (flows == b->flows)
        return;
    if (b->flows == 0)
        enter(m, bundle);
    for (uint32_t h = b->first_hop; h < b->first_hop + b->hops; h++) {
        maxmin_link *l = &m->links[m->hops[h].link];
        maxmin_entry *e = &l->entries[m->hops[h].place];
        int64_t more = (int64_t)flows - e->flows;

        e->flows = flows;
        l->flows += more;
        l->demand += (sky_int128)e->bound * more;
        mark_dirty(m, m->hops[h].link);
    }
    b->flows = flows;
    if (flows == 0)
        leave(m, bundle);
    mark_changed(m, bundle);
}

void maxmin_set_capacity(maxmin *m, uint32_t link, int64_t capacity)
{
    assert(capacity >= 0 && capacity <= MAXMIN_MOST);
    m->links[link].capacity = capacity;
    mark_dirty(m, link);
}

/* ---- links whose level is not what their entries make of it, by the lower of the two ------------------------ */

static int comes_before(const maxmin *m, uint32_t a, uint32_t b)
{
    const maxmin_link *x = &m->links[a], *y = &m->links[b];
    int64_t key_x = x->level < x->next_level ? x->level : x->next_level;
    int64_t key_y = y->level < y->next_level ? y->level : y->next_level;

    return key_x != key_y ? key_x < key_y : a < b;
}

static void put(maxmin *m, size_t place, uint32_t link)
{
    m->heap[place] = link;
    m->links[link].place = (uint32_t)place;
}

static void sift(maxmin *m, size_t place, uint32_t link)
{
    size_t child;

    for (; place > 0 && comes_before(m, link, m->heap[(place - 1) / 2]); place = (place - 1) / 2)
        put(m, place, m->heap[(place - 1) / 2]);
    for (; (child = 2 * place + 1) < m->heap_count; place = child) {
        if (child + 1 < m->heap_count && comes_before(m, m->heap[child + 1], m->heap[child]))
            child++;
        if (!comes_before(m, m->heap[child], link))
            break;
        put(m, place, m->heap[child]);
    }
    put(m, place, link);
}

static void heap_remove(maxmin *m, uint32_t link)
{
    size_t place = m->links[link].place;
    uint32_t last = m->heap[--m->heap_count];

    m->links[link].place = SKY_NONE;
    if (last != link)
        sift(m, place, last);
}

static void heap_update(maxmin *m, uint32_t link)
{
    const maxmin_link *l = &m->links[link];

    if (l->next_level == l->level) {
        if (l->place != SKY_NONE)
            heap_remove(m, link);
        return;
    }
    sift(m, l->place != SKY_NONE ? l->place : m->heap_count++, link);
}

/* ---- levels ----------------------------------------------------------------------------------------------- */

/* The first whole rate m at which flows × (m + 1) of those with bounds from m on, and flows × bound of the
 * others, pass the capacity. The share only rises as slower bundles are set aside, so no sum passes it on the
 * way. */
static int64_t water_level(const maxmin_link *l)
{
    int64_t level, next;

    if (l->demand + l->flows <= l->capacity)
        return MAXMIN_FREE;
    for (next = l->capacity / l->flows;;) {
        int64_t used = 0, held = 0;

        level = next;
        for (uint32_t i = 0; i < l->count; i++) {
            const maxmin_entry *e = &l->entries[i];

            if (e->bound < level)
                used += e->flows * e->bound;
            else
                held += e->flows;
        }
        if (held == 0)
            return MAXMIN_FREE;
        next = (l->capacity - used) / held;
        if (next == level)
            return level;
    }
}

static void refresh(maxmin *m)
{
    for (size_t i = 0; i < m->dirty_count; i++) {
        maxmin_link *l = &m->links[m->dirty[i]];

        l->dirty = 0;
        l->next_level = water_level(l);
        heap_update(m, m->dirty[i]);
    }
    m->dirty_count = 0;
}

/* A bundle's least levels have changed: its entries follow. A link is concerned only where a bound is or was
 * below its level to be. */
static void spread(maxmin *m, const maxmin_bundle *b)
{
    for (uint32_t h = b->first_hop; h < b->first_hop + b->hops; h++) {
        maxmin_link *l = &m->links[m->hops[h].link];
        maxmin_entry *e = &l->entries[m->hops[h].place];
        int64_t bound = h == b->at ? b->second : b->least, old = e->bound;

        if (bound == old)
            continue;
        e->bound = bound;
        l->demand += (sky_int128)(bound - old) * e->flows;
        if (old < l->next_level || bound < l->next_level)
            mark_dirty(m, m->hops[h].link);
    }
}

static void set_level(maxmin *m, uint32_t link, int64_t level)
{
    maxmin_link *l = &m->links[link];
    int64_t lower = level < l->level ? level : l->level;

    l->level = level;
    for (uint32_t i = 0; i < l->count; i++) {
        maxmin_bundle *b = &m->bundles[l->entries[i].bundle];
        int64_t rate = b->least;

        if (lower > b->second || !find_least(m, b))
            continue;
        if (b->least != rate)
            mark_changed(m, l->entries[i].bundle);
        spread(m, b);
    }
}

/* All levels below the first link's are final. One that must fall takes its final level. One that must rise
 * may rise too little, as others do; the second time it is set free, so that each link is met three times at
 * most. */
void maxmin_settle(maxmin *m)
{
    refresh(m);
    while (m->heap_count > 0) {
        uint32_t link = m->heap[0];
        maxmin_link *l = &m->links[link];
        int64_t level = l->next_level;

        if (level > l->level) {
            if (l->rises == 0)
                m->risen[m->risen_count++] = link;
            else
                level = MAXMIN_FREE;
            l->rises = 1;
        }
        heap_remove(m, link);
        set_level(m, link, level);
        heap_update(m, link);
        refresh(m);
    }
    for (size_t i = 0; i < m->risen_count; i++)
        m->links[m->risen[i]].rises = 0;
    m->risen_count = 0;
}

void maxmin_clear_changed(maxmin *m)
{
    for (size_t i = 0; i < m->changed_count; i++)
        m->bundles[m->changed[i]].changed = 0;
    m->changed_count = 0;
}

int64_t maxmin_offer(const maxmin *m, uint32_t link)
{
    const maxmin_link *l = &m->links[link];
    int64_t low = 0, high = l->capacity;

    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        sky_int128 sum = middle;

        for (uint32_t i = 0; i < l->count; i++) {
            int64_t bound = l->entries[i].bound;

            sum += (sky_int128)l->entries[i].flows * (bound < middle ? bound : middle);
        }
        if (sum <= l->capacity)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

int64_t maxmin_load(const maxmin *m, uint32_t link)
{
    const maxmin_link *l = &m->links[link];
    int64_t load = 0;

    for (uint32_t i = 0; i < l->count; i++)
        load += l->entries[i].flows * m->bundles[l->entries[i].bundle].least;
    return load;
}
