/* Each search counts taken chips once, in a summed-area table: below(x, y, z) = taken chips in [0, x) × [0, y)
 * × [0, z). Any box is then 8 look-ups [Crow 1984, "Summed-area tables for texture mapping", in 3-D], for each
 * part of it where it crosses the pod's edge. */
#include "torus.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

_Static_assert(sizeof(torus_pod) == 8, "a torus_pod has no padding");
_Static_assert(sizeof(torus_slice) == 12, "a torus_slice has no padding");

#define LISTED_MAX 8
#define TURNS      6

typedef struct rules {
    char name[8];
    uint32_t slice_max; /* chips */
    torus_shape host;
    torus_shape cube; /* what slices are either made of or lie within; in 2-D a host */
    torus_shape pod_max;
    uint16_t of_cubes; /* 1: boxes of whole cubes are legal shapes; all axes of a pod wrap */
} rules;

static const rules rules_of[TORUS_TYPE_COUNT] = {
    [TORUS_V4] = { "v4", 4096, { { 2, 2, 1 } }, { { 4, 4, 4 } }, { { 64, 64, 64 } }, 1 },
    [TORUS_V5P] = { "v5p", 6144, { { 2, 2, 1 } }, { { 4, 4, 4 } }, { { 64, 64, 64 } }, 1 },
    [TORUS_V5E] = { "v5e", 256, { { 2, 4, 1 } }, { { 2, 4, 1 } }, { { 16, 16, 1 } }, 0 },
    [TORUS_V6E] = { "v6e", 256, { { 2, 4, 1 } }, { { 2, 4, 1 } }, { { 16, 16, 1 } }, 0 },
};
_Static_assert(TORUS_AXIS_MAX == 64, "starts along an axis are the bits of a word");

/* Legal shapes that are not boxes of cubes: of types that are not of cubes, and of those that are; the rest
 * of a row is 0. */
static const torus_shape listed[2][LISTED_MAX] = {
    { { { 1, 1, 1 } },
      { { 2, 2, 1 } },
      { { 2, 4, 1 } },
      { { 4, 4, 1 } },
      { { 4, 8, 1 } },
      { { 8, 8, 1 } },
      { { 8, 16, 1 } },
      { { 16, 16, 1 } } },
    { { { 2, 2, 1 } }, { { 2, 2, 2 } }, { { 2, 2, 4 } }, { { 2, 4, 4 } } },
};

/* ---- shapes --------------------------------------------------------------------------------------- */

const char *torus_type_name(uint32_t type)
{
    return type < TORUS_TYPE_COUNT ? rules_of[type].name : NULL;
}

uint32_t torus_chips(torus_shape shape)
{
    return (uint32_t)shape.sizes[0] * shape.sizes[1] * shape.sizes[2];
}

/* 1: each axis of the shape is a multiple of the unit's. */
static int is_whole(torus_shape shape, torus_shape unit)
{
    for (int axis = 0; axis < TORUS_AXES; axis++)
        if (shape.sizes[axis] == 0 || shape.sizes[axis] % unit.sizes[axis] != 0)
            return 0;
    return 1;
}

/* 1: the shape fits into the box as it lies. */
static int is_within(torus_shape shape, torus_shape box)
{
    for (int axis = 0; axis < TORUS_AXES; axis++)
        if (shape.sizes[axis] > box.sizes[axis])
            return 0;
    return 1;
}

static int same_shape(torus_shape a, torus_shape b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

int torus_pod_init(torus_pod *pod, uint32_t type, torus_shape shape)
{
    torus_pod made = { .shape = shape, .type = (uint8_t)type };

    if (type >= TORUS_TYPE_COUNT || !is_whole(shape, rules_of[type].cube) ||
        !is_within(shape, rules_of[type].pod_max) || torus_chips(shape) > TORUS_CHIPS_MAX)
        return 0;
    for (int axis = 0; axis < TORUS_AXES; axis++)
        if (rules_of[type].of_cubes || (shape.sizes[axis] == rules_of[type].pod_max.sizes[axis] && axis < 2))
            made.wraps = (uint8_t)(made.wraps | 1u << axis);
    *pod = made;
    return 1;
}

uint32_t torus_words(const torus_pod *pod)
{
    return (torus_chips(pod->shape) + 63) / 64;
}

/* The shape with its axes permuted. */
static torus_shape turned(torus_shape shape, int turn)
{
    static const uint8_t order[TURNS][TORUS_AXES] = {
        { 0, 1, 2 }, { 1, 0, 2 }, { 0, 2, 1 }, { 2, 0, 1 }, { 1, 2, 0 }, { 2, 1, 0 },
    };
    torus_shape result;

    for (int axis = 0; axis < TORUS_AXES; axis++)
        result.sizes[axis] = shape.sizes[order[turn][axis]];
    return result;
}

/* How a turned shape may lie. */
typedef struct lie {
    uint64_t starts[TORUS_AXES]; /* legal starts along each axis, bits 1 << chip */
    torus_shape
        home;     /* what it must not reach out of, at a multiple of its own size; the pod: of whole cubes */
    int of_cubes; /* home is the pod, whose edge may be crossed */
} lie;

/* Starts along an axis: multiples of `step` from which `size` chips stay within one of the blocks of `home`
 * chips, or, of whole cubes, go on around the pod where it wraps. All the way around there is one start. */
static uint64_t legal_starts(const torus_pod *pod, const lie *l, int axis, uint32_t size, uint32_t step)
{
    uint32_t all = pod->shape.sizes[axis], home = l->home.sizes[axis];
    int crosses = l->of_cubes && (pod->wraps >> axis & 1) != 0 && size < all;
    uint64_t starts = 0;

    for (uint32_t start = 0; start < all; start += step)
        if (crosses || start % home + size <= home)
            starts |= UINT64_C(1) << start;
    return starts;
}

/* 0: it may not lie so at all. */
static int find_lie(const torus_pod *pod, torus_shape shape, lie *found)
{
    const rules *r = &rules_of[pod->type];
    int of_cubes = is_whole(shape, r->cube), of_hosts = is_whole(shape, r->host);
    torus_shape step = of_cubes ? r->cube : of_hosts ? r->host : shape;

    found->of_cubes = of_cubes;
    found->home = of_cubes ? pod->shape : of_hosts ? r->cube : r->host;
    if (torus_chips(shape) == 0 || !is_within(shape, found->home) || !is_whole(found->home, step))
        return 0;
    for (int axis = 0; axis < TORUS_AXES; axis++)
        found->starts[axis] = legal_starts(pod, found, axis, shape.sizes[axis], step.sizes[axis]);
    return 1;
}

/* 1: the shape can be turned so that it lies in the empty pod. */
static int fits(const torus_pod *pod, torus_shape shape)
{
    lie unused;

    for (int turn = 0; turn < TURNS; turn++)
        if (find_lie(pod, turned(shape, turn), &unused))
            return 1;
    return 0;
}

int torus_shape_is_legal(const torus_pod *pod, torus_shape shape)
{
    const rules *r = &rules_of[pod->type];

    if (!fits(pod, shape) || torus_chips(shape) > r->slice_max)
        return 0;
    for (int i = 0; i < LISTED_MAX; i++)
        if (same_shape(shape, listed[r->of_cubes][i]))
            return 1;
    return r->of_cubes && is_whole(shape, r->cube) && shape.sizes[0] <= shape.sizes[1] &&
           shape.sizes[1] <= shape.sizes[2];
}

/* 1: a comes before b in rising order of chips, then of axes. */
static int shape_before(torus_shape a, torus_shape b)
{
    if (torus_chips(a) != torus_chips(b))
        return torus_chips(a) < torus_chips(b);
    for (int axis = 0; axis < TORUS_AXES; axis++)
        if (a.sizes[axis] != b.sizes[axis])
            return a.sizes[axis] < b.sizes[axis];
    return 0;
}

/* Adds the shape to a sorted list, if it is legal. */
static void list_shape(const torus_pod *pod, torus_shape shape, torus_shape *list, uint32_t *count)
{
    uint32_t at = *count;

    if (!torus_shape_is_legal(pod, shape))
        return;
    assert(*count < TORUS_SHAPES_MAX);
    for (; at > 0 && shape_before(shape, list[at - 1]); at--)
        list[at] = list[at - 1];
    list[at] = shape;
    ++*count;
}

/* All legal shapes, sorted, into room for TORUS_SHAPES_MAX. */
static uint32_t list_shapes(const torus_pod *pod, torus_shape *list)
{
    const rules *r = &rules_of[pod->type];
    uint16_t a, b, c, step = r->cube.sizes[0], longest = 0;
    uint32_t count = 0;

    for (int axis = 0; axis < TORUS_AXES; axis++)
        longest = pod->shape.sizes[axis] > longest ? pod->shape.sizes[axis] : longest;
    for (int i = 0; i < LISTED_MAX; i++)
        list_shape(pod, listed[r->of_cubes][i], list, &count);
    for (a = step; r->of_cubes && a <= longest; a = (uint16_t)(a + step))
        for (b = a; b <= longest; b = (uint16_t)(b + step))
            for (c = b; c <= longest; c = (uint16_t)(c + step))
                list_shape(pod, (torus_shape){ { a, b, c } }, list, &count);
    return count;
}

uint32_t torus_shapes(const torus_pod *pod, torus_shape *shapes, uint32_t most)
{
    torus_shape list[TORUS_SHAPES_MAX];
    uint32_t count = list_shapes(pod, list);

    for (uint32_t i = 0; i < count && i < most; i++)
        shapes[i] = list[i];
    return count;
}

/* ---- slices --------------------------------------------------------------------------------------- */

int torus_slice_is_legal(const torus_pod *pod, const torus_slice *slice)
{
    lie l;

    if (!find_lie(pod, slice->shape, &l))
        return 0;
    for (int axis = 0; axis < TORUS_AXES; axis++)
        if (slice->start[axis] >= TORUS_AXIS_MAX || (l.starts[axis] >> slice->start[axis] & 1) == 0)
            return 0;
    for (int turn = 0; turn < TURNS; turn++)
        if (torus_shape_is_legal(pod, turned(slice->shape, turn)))
            return 1;
    return 0;
}

uint32_t torus_slice_rings(const torus_pod *pod, const torus_slice *slice)
{
    const rules *r = &rules_of[pod->type];
    uint32_t rings = 0;

    for (int axis = 0; axis < TORUS_AXES; axis++)
        if (r->of_cubes ? is_whole(slice->shape, r->cube)
                        : (pod->wraps >> axis & 1) != 0 && slice->shape.sizes[axis] == pod->shape.sizes[axis])
            rings |= 1u << axis;
    return rings;
}

static uint32_t chip_number(const torus_pod *pod, uint32_t x, uint32_t y, uint32_t z)
{
    return (z * pod->shape.sizes[1] + y) * pod->shape.sizes[0] + x;
}

/* Number of the slice's i-th chip, in the order in which x runs fastest. */
static uint32_t nth_chip(const torus_pod *pod, const torus_slice *slice, uint32_t i)
{
    const uint16_t *all = pod->shape.sizes, *own = slice->shape.sizes;
    uint32_t x = (slice->start[0] + i % own[0]) % all[0];
    uint32_t y = (slice->start[1] + i / own[0] % own[1]) % all[1];
    uint32_t z = (slice->start[2] + i / own[0] / own[1]) % all[2];

    return chip_number(pod, x, y, z);
}

static uint32_t chip_is_taken(const uint64_t *taken, uint32_t chip)
{
    return (uint32_t)(taken[chip / 64] >> chip % 64 & 1);
}

/* How many chips of a slice are taken. */
static uint32_t chips_taken(const torus_pod *pod, const uint64_t *taken, const torus_slice *slice)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < torus_chips(slice->shape); i++)
        count += chip_is_taken(taken, nth_chip(pod, slice, i));
    return count;
}

/* Turns all chips of a slice, which are alike, from free to taken or back. */
static void flip(const torus_pod *pod, uint64_t *taken, const torus_slice *slice)
{
    for (uint32_t i = 0; i < torus_chips(slice->shape); i++) {
        uint32_t chip = nth_chip(pod, slice, i);

        taken[chip / 64] ^= UINT64_C(1) << chip % 64;
    }
}

int torus_is_free(const torus_pod *pod, const uint64_t *taken, const torus_slice *slice)
{
    return chips_taken(pod, taken, slice) == 0;
}

void torus_take(const torus_pod *pod, uint64_t *taken, const torus_slice *slice)
{
    assert(torus_slice_is_legal(pod, slice) && torus_is_free(pod, taken, slice));
    flip(pod, taken, slice);
}

void torus_release(const torus_pod *pod, uint64_t *taken, const torus_slice *slice)
{
    assert(torus_slice_is_legal(pod, slice) && chips_taken(pod, taken, slice) == torus_chips(slice->shape));
    flip(pod, taken, slice);
}

void torus_cover(const torus_pod *pod, uint64_t *taken, const torus_slice *slice)
{
    assert(torus_slice_is_legal(pod, slice));
    for (uint32_t i = 0; i < torus_chips(slice->shape); i++) {
        uint32_t chip = nth_chip(pod, slice, i);

        taken[chip / 64] |= UINT64_C(1) << chip % 64;
    }
}

int torus_is_taken(const torus_pod *pod, const uint64_t *taken, const torus_slice *slice)
{
    return chips_taken(pod, taken, slice) == torus_chips(slice->shape);
}

uint32_t torus_slice_pack(const torus_pod *pod, torus_shape shape, const torus_slice *slice)
{
    uint32_t turn = 0;

    while (turn < TURNS && !same_shape(turned(shape, (int)turn), slice->shape))
        turn++;
    assert(turn < TURNS);
    return chip_number(pod, slice->start[0], slice->start[1], slice->start[2]) | turn << 16;
}

int torus_slice_unpack(const torus_pod *pod, torus_shape shape, uint32_t packed, torus_slice *slice)
{
    uint32_t chip = packed & 0xffff, turn = packed >> 16;

    if (turn >= TURNS || chip >= torus_chips(pod->shape))
        return 0;
    slice->shape = turned(shape, (int)turn);
    for (int axis = 0; axis < TORUS_AXES; axis++) {
        slice->start[axis] = (uint16_t)(chip % pod->shape.sizes[axis]);
        chip /= pod->shape.sizes[axis];
    }
    return 1;
}

uint32_t torus_free_chips(const torus_pod *pod, const uint64_t *taken)
{
    uint32_t used = 0;

    for (uint32_t word = 0; word < torus_words(pod); word++)
        used += (uint32_t)__builtin_popcountll(taken[word]);
    return torus_chips(pod->shape) - used;
}

/* ---- counting taken chips in boxes ---------------------------------------------------------------- */

/* Of a pod within the limits: at most 64 × 64 × 3 chips, and one more along each axis. */
#define SUMS_MAX ((64 + 1) * (64 + 1) * (3 + 1))

typedef struct sums {
    const torus_pod *pod;
    uint32_t row;   /* entries from y to y + 1 */
    uint32_t layer; /* entries from z to z + 1 */
    uint16_t below[SUMS_MAX];
} sums;

static void sum_up(sums *s, const torus_pod *pod, const uint64_t *taken)
{
    const uint16_t *all = pod->shape.sizes;
    uint32_t chip = 0;

    s->pod = pod;
    s->row = all[0] + 1u;
    s->layer = s->row * (all[1] + 1u);
    assert(s->layer * (all[2] + 1u) <= SUMS_MAX);
    memset(s->below, 0, sizeof s->below[0] * s->layer * (all[2] + 1u));
    for (uint32_t z = 0; z < all[2]; z++)
        for (uint32_t y = 0; y < all[1]; y++) {
            uint16_t *to = s->below + (z + 1) * s->layer + (y + 1) * s->row + 1;
            uint32_t in_row = 0;

            for (uint32_t x = 0; x < all[0]; x++, to++) {
                in_row += chip_is_taken(taken, chip++);
                *to = (uint16_t)(in_row + *(to - s->row) + *(to - s->layer) - *(to - s->row - s->layer));
            }
        }
}

/* Taken chips in [from, to), which does not cross the pod's edge. */
static inline uint32_t taken_between(const sums *s, const uint32_t from[TORUS_AXES],
                                     const uint32_t to[TORUS_AXES])
{
    const uint16_t *low = s->below + from[2] * s->layer, *high = s->below + to[2] * s->layer;
    uint32_t a = from[1] * s->row + from[0], b = from[1] * s->row + to[0];
    uint32_t c = to[1] * s->row + from[0], d = to[1] * s->row + to[0];

    return (uint32_t)(high[d] - high[c] - high[b] + high[a] - (low[d] - low[c] - low[b] + low[a]));
}

/* Taken chips in a box, which may cross it along any axis: from `axis` on, it is cut there. */
static uint32_t taken_in_part(const sums *s, uint32_t from[TORUS_AXES], uint32_t to[TORUS_AXES], int axis)
{
    for (; axis < TORUS_AXES; axis++) {
        uint32_t all = s->pod->shape.sizes[axis], start = from[axis], end = to[axis], count;

        if (end <= all)
            continue;
        to[axis] = all;
        count = taken_in_part(s, from, to, axis + 1);
        from[axis] = 0;
        to[axis] = end - all;
        count += taken_in_part(s, from, to, axis + 1);
        from[axis] = start;
        to[axis] = end;
        return count;
    }
    return taken_between(s, from, to);
}

static uint32_t taken_in(const sums *s, const torus_slice *box)
{
    uint32_t from[TORUS_AXES], to[TORUS_AXES];
    int crosses = 0;

    for (int axis = 0; axis < TORUS_AXES; axis++) {
        from[axis] = box->start[axis];
        to[axis] = from[axis] + box->shape.sizes[axis];
        crosses |= to[axis] > s->pod->shape.sizes[axis];
    }
    return crosses ? taken_in_part(s, from, to, 0) : taken_between(s, from, to);
}

/* Free chips next to the slice, past its end along an axis, or before its start. */
static uint32_t free_beside(const sums *s, const torus_slice *slice, int axis, int past_end)
{
    uint32_t all = s->pod->shape.sizes[axis], start = slice->start[axis];
    uint32_t end = start + slice->shape.sizes[axis];
    torus_slice side = *slice;

    if ((s->pod->wraps >> axis & 1) == 0 && (past_end ? end == all : start == 0))
        return 0;
    side.start[axis] = (uint16_t)(past_end ? (end < all ? end : end - all) : (start > 0 ? start : all) - 1);
    side.shape.sizes[axis] = 1;
    return torus_chips(side.shape) - taken_in(s, &side);
}

static uint32_t open_links(const sums *s, const torus_slice *slice)
{
    uint32_t links = 0;

    for (int axis = 0; axis < TORUS_AXES; axis++)
        if (slice->shape.sizes[axis] < s->pod->shape.sizes[axis])
            links += free_beside(s, slice, axis, 0) + free_beside(s, slice, axis, 1);
    return links;
}

uint32_t torus_open_links(const torus_pod *pod, const uint64_t *taken, const torus_slice *slice)
{
    sums s;

    sum_up(&s, pod, taken);
    return open_links(&s, slice);
}

/* ---- search --------------------------------------------------------------------------------------- */

/* Free chips of the cube or host that the slice lies within; 0: it is of whole cubes. */
static uint32_t free_at_home(const sums *s, const lie *l, const torus_slice *slice)
{
    torus_slice home = { .shape = l->home };

    if (l->of_cubes)
        return 0;
    for (int axis = 0; axis < TORUS_AXES; axis++)
        home.start[axis] = (uint16_t)(slice->start[axis] - slice->start[axis] % l->home.sizes[axis]);
    return torus_chips(home.shape) - taken_in(s, &home);
}

/* torus_find's three criteria, as one number to make small. */
static uint64_t cost_of(const sums *s, const lie *l, const torus_slice *slice)
{
    return (uint64_t)free_at_home(s, l, slice) << 48 | (uint64_t)open_links(s, slice) << 24 |
           chip_number(s->pod, slice->start[0], slice->start[1], slice->start[2]);
}

/* The next legal start in the order of chip numbers; 0: there is none, and it is the first again. The first
 * is chip 0: a shape that lies anywhere lies there. */
static int next_start(const lie *l, torus_slice *slice)
{
    for (int axis = 0; axis < TORUS_AXES; axis++) {
        uint64_t later = l->starts[axis] >> slice->start[axis] >> 1;

        if (later != 0) {
            slice->start[axis] = (uint16_t)(slice->start[axis] + 1 + __builtin_ctzll(later));
            return 1;
        }
        slice->start[axis] = 0;
    }
    return 0;
}

/* Of the free places of a turned shape, the first, or the best, if it costs less than *cost. */
static void search_turned(const sums *s, torus_shape shape, int first, torus_slice *best, uint64_t *cost)
{
    torus_slice here = { .shape = shape };
    lie l;

    if (!find_lie(s->pod, shape, &l))
        return;
    do {
        uint64_t here_cost;

        if (taken_in(s, &here) != 0)
            continue;
        here_cost = first ? 0 : cost_of(s, &l, &here);
        if (here_cost < *cost) {
            *best = here;
            *cost = here_cost;
        }
    } while (!(first && *cost == 0) && next_start(&l, &here));
}

/* 1: the turn gives what an earlier one gave. */
static int is_repeated(torus_shape shape, int turn)
{
    for (int earlier = 0; earlier < turn; earlier++)
        if (same_shape(turned(shape, earlier), turned(shape, turn)))
            return 1;
    return 0;
}

static int search(const sums *s, torus_shape shape, int first, torus_slice *slice)
{
    uint64_t cost = UINT64_MAX;

    for (int turn = 0; turn < TURNS && !(first && cost == 0); turn++)
        if (!is_repeated(shape, turn))
            search_turned(s, turned(shape, turn), first, slice, &cost);
    return cost != UINT64_MAX;
}

int torus_find(const torus_pod *pod, const uint64_t *taken, torus_shape shape, torus_slice *slice)
{
    sums s;

    if (!torus_shape_is_legal(pod, shape))
        return 0;
    sum_up(&s, pod, taken);
    return search(&s, shape, 0, slice);
}

int torus_has_room(const torus_pod *pod, const uint64_t *taken, torus_shape shape)
{
    torus_slice slice;
    sums s;

    if (!torus_shape_is_legal(pod, shape))
        return 0;
    sum_up(&s, pod, taken);
    return search(&s, shape, 1, &slice);
}

uint32_t torus_largest_free(const torus_pod *pod, const uint64_t *taken, torus_slice *slice)
{
    torus_shape list[TORUS_SHAPES_MAX];
    uint32_t free = torus_free_chips(pod, taken);
    sums s;

    sum_up(&s, pod, taken);
    for (uint32_t i = list_shapes(pod, list); i-- > 0;)
        if (torus_chips(list[i]) <= free && search(&s, list[i], 1, slice))
            return torus_chips(list[i]);
    return 0;
}
