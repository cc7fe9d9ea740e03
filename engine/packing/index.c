#include "index.h"

#include "../govern/gate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 64u

/* One class's scores. Ranks that no node has, and nodes without room, are PACKING_NO_ROOM. */
typedef struct class_scores {
    int32_t *of_rank;  /* [ranks] */
    int32_t *of_block; /* greatest of 64 ranks */
    int32_t *of_group; /* greatest of 64 blocks */
    uint32_t *room;    /* nodes with room in a block of 64 ranks; only at random */
    uint64_t rooms;    /* sum of those */
    uint64_t seen;     /* changes that it knows of */
    uint32_t ranks;    /* covered, a multiple of BLOCK × BLOCK */
    uint32_t reserved;
} class_scores;

struct packing_index {
    const packing *packing;
    void *prepared;
    class_scores *classes;
    uint32_t class_count;
    uint32_t ranks;        /* needed, a multiple of BLOCK × BLOCK */
    uint32_t *node_of;     /* by rank; SKY_NONE */
    uint64_t *last_change; /* of a node: number of the change */
    unsigned char *masked; /* of a node: 1 */
    size_t mask_capacity;
    size_t node_capacity, rank_capacity;
    uint32_t *log; /* node of each change, from number log_first on */
    uint64_t log_first, changes;
    size_t log_capacity;
};

packing_index *packing_index_create(const model *m, const packing *p)
{
    packing_index *index = calloc(1, sizeof *index);

    if (index == NULL)
        return NULL;
    index->packing = p;
    index->class_count = m->array[MODEL_CLASSES].count;
    index->classes = calloc(index->class_count + 1u, sizeof *index->classes);
    if (index->classes == NULL || (p->prepare != NULL && p->prepare(m, &index->prepared) != SKY_OK)) {
        packing_index_free(index);
        return NULL;
    }
    return index;
}

void packing_index_free(packing_index *index)
{
    if (index == NULL)
        return;
    for (uint32_t i = 0; index->classes != NULL && i < index->class_count; i++) {
        free(index->classes[i].of_rank);
        free(index->classes[i].room);
    }
    free(index->classes);
    free(index->prepared);
    free(index->node_of);
    free(index->last_change);
    free(index->masked);
    free(index->log);
    free(index);
}

/* ---- changes -------------------------------------------------------------------------------------------------- */

static sky_status grow(void **items, size_t *capacity, size_t needed, size_t item, int fill)
{
    size_t more = *capacity < 64 ? 64 : *capacity;
    void *grown;

    if (needed <= *capacity)
        return SKY_OK;
    while (more < needed)
        more *= 2;
    grown = realloc(*items, more * item);
    if (grown == NULL)
        return SKY_ERROR_MEMORY;
    memset((char *)grown + *capacity * item, fill, (more - *capacity) * item);
    *items = grown;
    *capacity = more;
    return SKY_OK;
}

static sky_status know_node(packing_index *index, const model *m, uint32_t node)
{
    uint32_t rank = model_nodes(m)[node].rank;

    if (grow((void **)&index->last_change, &index->node_capacity, node + 1u, sizeof *index->last_change, 0) !=
            SKY_OK ||
        grow((void **)&index->node_of, &index->rank_capacity, rank + 1u, sizeof *index->node_of, 0xff) !=
            SKY_OK)
        return SKY_ERROR_MEMORY;
    index->node_of[rank] = node;
    if (rank >= index->ranks)
        index->ranks = (rank / (BLOCK * BLOCK) + 1) * BLOCK * BLOCK;
    return SKY_OK;
}

/* A log much longer than there are nodes helps nobody: a class that is so far behind looks at all of them. */
static void shorten_log(packing_index *index)
{
    size_t length = (size_t)(index->changes - index->log_first), keep = index->node_capacity;

    if (length < 4 * keep + 1024)
        return;
    memmove(index->log, index->log + (length - keep), keep * sizeof *index->log);
    index->log_first = index->changes - keep;
}

static sky_status hear(packing_index *index, model *m)
{
    for (size_t i = 0; i < m->changed.count; i++) {
        uint32_t node = m->changed.of[i];

        if (know_node(index, m, node) != SKY_OK)
            return SKY_ERROR_MEMORY;
        shorten_log(index);
        if (grow((void **)&index->log, &index->log_capacity, (size_t)(index->changes - index->log_first) + 1,
                 sizeof *index->log, 0) != SKY_OK)
            return SKY_ERROR_MEMORY;
        index->log[index->changes - index->log_first] = node;
        index->last_change[node] = ++index->changes;
    }
    m->changed.count = 0;
    return SKY_OK;
}

sky_status packing_index_mask(packing_index *index, model *m, uint32_t node, int masked)
{
    if (grow((void **)&index->masked, &index->mask_capacity, node + 1u, 1, 0) != SKY_OK)
        return SKY_ERROR_MEMORY;
    index->masked[node] = masked != 0;
    return model_note(&m->changed, node);
}

int packing_index_is_masked(const packing_index *index, uint32_t node)
{
    return node < index->mask_capacity && index->masked[node];
}

/* ---- scores --------------------------------------------------------------------------------------------------- */

int32_t packing_index_score(const packing_index *index, const model *m, const node *n, uint32_t job_class)
{
    const node_request *ask = &model_request_of(m, job_class)->ask;

    if (!node_has_room(n, ask) || !node_suits(n, ask) || gate_check_class(m, job_class, n->pool) != 0)
        return PACKING_NO_ROOM;
    return index->packing->at_random ? 0 : index->packing->score(m, index->prepared, n, job_class);
}

static int32_t score_of(const packing_index *index, const model *m, uint32_t node, uint32_t job_class)
{
    return packing_index_is_masked(index, node)
               ? PACKING_NO_ROOM
               : packing_index_score(index, m, &model_nodes(m)[node], job_class);
}

static int32_t greatest(const int32_t *of)
{
    int32_t most = of[0];

    for (uint32_t i = 1; i < BLOCK; i++)
        most = of[i] > most ? of[i] : most;
    return most;
}

static uint32_t first_equal(const int32_t *of, uint32_t count, int32_t value)
{
    uint32_t i = 0;

    while (i < count && of[i] != value)
        i++;
    return i;
}

/* A new score; the maxima above follow only where they must. */
static void put(class_scores *c, uint32_t rank, int32_t score)
{
    uint32_t block = rank / BLOCK, group = block / BLOCK;
    int32_t old = c->of_rank[rank], old_block = c->of_block[block];

    if (old == score)
        return;
    c->of_rank[rank] = score;
    if (c->room != NULL && (old == PACKING_NO_ROOM) != (score == PACKING_NO_ROOM)) {
        c->room[block] += score == PACKING_NO_ROOM ? UINT32_MAX : 1; /* one less, or one more */
        c->rooms += score == PACKING_NO_ROOM ? UINT64_MAX : 1;
    }
    if (score > old_block)
        c->of_block[block] = score;
    else if (old == old_block)
        c->of_block[block] = greatest(c->of_rank + block * BLOCK);
    if (c->of_block[block] > c->of_group[group])
        c->of_group[group] = c->of_block[block];
    else if (old_block == c->of_group[group] && c->of_block[block] < old_block)
        c->of_group[group] = greatest(c->of_block + group * BLOCK);
}

static void look_at_all(packing_index *index, const model *m, class_scores *c, uint32_t job_class)
{
    uint32_t blocks = c->ranks / BLOCK, groups = blocks / BLOCK;

    c->rooms = 0;
    for (uint32_t block = 0; block < blocks; block++) {
        uint32_t rooms = 0;

        for (uint32_t rank = block * BLOCK; rank < (block + 1) * BLOCK; rank++) {
            uint32_t node = rank < index->rank_capacity ? index->node_of[rank] : SKY_NONE;

            c->of_rank[rank] = node == SKY_NONE ? PACKING_NO_ROOM : score_of(index, m, node, job_class);
            rooms += c->of_rank[rank] != PACKING_NO_ROOM;
        }
        c->of_block[block] = greatest(c->of_rank + block * BLOCK);
        if (c->room != NULL)
            c->room[block] = rooms;
        c->rooms += rooms;
    }
    for (uint32_t group = 0; group < groups; group++)
        c->of_group[group] = greatest(c->of_block + group * BLOCK);
}

static sky_status make_room(packing_index *index, class_scores *c)
{
    size_t blocks = index->ranks / BLOCK, groups = blocks / BLOCK;

    free(c->of_rank);
    free(c->room);
    c->room = NULL;
    c->of_rank = malloc((index->ranks + blocks + groups) * sizeof *c->of_rank);
    if (index->packing->at_random)
        c->room = malloc(blocks * sizeof *c->room);
    c->ranks = 0;
    if (c->of_rank == NULL || (index->packing->at_random && c->room == NULL))
        return SKY_ERROR_MEMORY;
    c->of_block = c->of_rank + index->ranks;
    c->of_group = c->of_block + blocks;
    c->ranks = index->ranks;
    return SKY_OK;
}

static sky_status catch_up(packing_index *index, const model *m, uint32_t job_class)
{
    class_scores *c = &index->classes[job_class];

    if (c->ranks < index->ranks || c->seen < index->log_first ||
        index->changes - c->seen > model_node_count(m) / 2 + 16) {
        if (c->ranks < index->ranks && make_room(index, c) != SKY_OK)
            return SKY_ERROR_MEMORY;
        look_at_all(index, m, c, job_class);
    } else {
        for (uint64_t i = c->seen; i < index->changes; i++) {
            uint32_t node = index->log[i - index->log_first];

            if (index->last_change[node] == i + 1) /* else it changes again, further down */
                put(c, model_nodes(m)[node].rank, score_of(index, m, node, job_class));
        }
    }
    c->seen = index->changes;
    return SKY_OK;
}

/* ---- choosing -------------------------------------------------------------------------------------------------- */

static uint32_t rank_of_best(const class_scores *c, int32_t *score)
{
    uint32_t groups = c->ranks / (BLOCK * BLOCK), group, block;
    int32_t most = PACKING_NO_ROOM;

    for (uint32_t i = 0; i < groups; i++)
        most = c->of_group[i] > most ? c->of_group[i] : most;
    *score = most;
    if (most == PACKING_NO_ROOM)
        return SKY_NONE;
    group = first_equal(c->of_group, groups, most);
    block = group * BLOCK + first_equal(c->of_block + group * BLOCK, BLOCK, most);
    return block * BLOCK + first_equal(c->of_rank + block * BLOCK, BLOCK, most);
}

/* The n-th node with room, in the order of ranks. */
static uint32_t rank_of_nth(const class_scores *c, uint64_t n)
{
    uint32_t block = 0, rank;

    while (n >= c->room[block])
        n -= c->room[block++];
    rank = block * BLOCK;
    for (;; rank++)
        if (c->of_rank[rank] != PACKING_NO_ROOM && n-- == 0)
            return rank;
}

/* Takes the best away for a moment, looks again, and puts it back. */
static void find_runner_up(const packing_index *index, class_scores *c, uint32_t best, packing_choice *choice)
{
    uint32_t rank;

    put(c, best, PACKING_NO_ROOM);
    rank = rank_of_best(c, &choice->runner_up_score);
    put(c, best, choice->score);
    choice->runner_up = rank == SKY_NONE ? SKY_NONE : index->node_of[rank];
}

sky_status packing_index_choose(packing_index *index, model *m, uint32_t job, packing_choice *choice)
{
    uint32_t job_class = model_job_at(m, job)->job_class, rank = SKY_NONE;
    class_scores *c = &index->classes[job_class];

    *choice = (packing_choice){ SKY_NONE, SKY_NONE, PACKING_NO_ROOM, PACKING_NO_ROOM };
    if (hear(index, m) != SKY_OK || catch_up(index, m, job_class) != SKY_OK)
        return SKY_ERROR_MEMORY;
    if (!index->packing->at_random)
        rank = rank_of_best(c, &choice->score);
    else if (c->rooms > 0)
        rank = rank_of_nth(c, packing_random(m, job, 0) % c->rooms);
    if (rank == SKY_NONE)
        return SKY_OK;
    choice->node = index->node_of[rank];
    if (!index->packing->at_random)
        find_runner_up(index, c, rank, choice);
    else
        choice->score = 0;
    return SKY_OK;
}

/* ---- gangs ---------------------------------------------------------------------------------------------------- */

static int is_within(const model *m, uint32_t index, const packing_bounds *b)
{
    const node *n = &model_nodes(m)[index];

    return (b->node == SKY_NONE || index == b->node) && (b->pool == SKY_NONE || n->pool == b->pool) &&
           (b->region == SKY_NONE || model_pools(m)[n->pool].region == b->region);
}

sky_status packing_index_choose_within(packing_index *index, model *m, uint32_t job,
                                       const packing_bounds *bounds, packing_choice *choice)
{
    uint32_t job_class = model_job_at(m, job)->job_class, best_rank = SKY_NONE;

    *choice = (packing_choice){ SKY_NONE, SKY_NONE, PACKING_NO_ROOM, PACKING_NO_ROOM };
    if (hear(index, m) != SKY_OK)
        return SKY_ERROR_MEMORY;
    for (uint32_t i = 0; i < model_node_count(m); i++) {
        uint32_t rank = model_nodes(m)[i].rank;
        int32_t score = is_within(m, i, bounds) ? score_of(index, m, i, job_class) : PACKING_NO_ROOM;

        if (score == PACKING_NO_ROOM || score < choice->score || (score == choice->score && rank > best_rank))
            continue;
        choice->node = i;
        choice->score = score;
        best_rank = rank;
    }
    return SKY_OK;
}

int64_t packing_index_room_within(const packing_index *index, const model *m, uint32_t job,
                                  const packing_bounds *bounds, uint32_t parts)
{
    uint32_t job_class = model_job_at(m, job)->job_class;
    const node_request *ask = &model_request_of(m, job_class)->ask;
    int64_t room = 0;

    for (uint32_t i = 0; i < model_node_count(m) && room < parts; i++) {
        const node *n = &model_nodes(m)[i];
        int64_t more;

        if ((index != NULL && packing_index_is_masked(index, i)) || !is_within(m, i, bounds) ||
            !node_has_room(n, ask) || !node_suits(n, ask) || gate_check_class(m, job_class, n->pool) != 0)
            continue;
        more = node_room_for(n, ask);
        room += more < parts ? more : parts;
    }
    return room < parts ? room : parts;
}

uint32_t packing_index_devices(const packing_index *index, const model *m, uint32_t job, const node *n)
{
    uint32_t job_class = model_job_at(m, job)->job_class;

    if (model_request_of(m, job_class)->ask.devices == 0)
        return 0;
    return index->packing->devices(m, index->prepared, n, job, job_class);
}
