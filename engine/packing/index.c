#include "index.h"

#include "../govern/gate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 64u

/* One class's scores, with the points of what the nodes themselves decide. Ranks that no node has, nodes without room,
 * and those that a required term forbids, are PACKING_NO_ROOM. */
typedef struct class_scores {
    int32_t *of_rank;  /* [ranks] */
    int32_t *of_block; /* [domains][ranks / 64]: greatest of those among 64 ranks that are in the domain */
    int32_t *of_group; /* [domains][ranks / 64 / 64]: greatest of 64 blocks */
    uint32_t *room;    /* [domains][ranks / 64]: nodes with room in a block; only at random */
    uint64_t *rooms;   /* [domains]: sum of those */
    uint64_t seen;     /* changes that it knows of */
    uint64_t version;  /* of the class's terms, likewise */
    const uint32_t *domain_of_pool; /* NULL: one domain */
    uint32_t ranks;                 /* covered, a multiple of BLOCK × BLOCK */
    uint32_t domains;
} class_scores;

struct packing_index {
    const packing *packing;
    void *prepared;
    class_scores *classes;
    uint32_t class_count;
    uint32_t ranks;        /* needed, a multiple of BLOCK × BLOCK */
    uint32_t *node_of;     /* by rank; SKY_NONE */
    uint32_t *pool_of;     /* by rank, of that node */
    int32_t *points;       /* by domain, of the class that is looked at */
    uint64_t *last_change; /* of a node: number of the change */
    unsigned char *masked; /* of a node: 1 */
    size_t mask_capacity;
    size_t node_capacity, rank_capacity, pool_capacity;
    uint32_t *log; /* node of each change, from number log_first on */
    uint64_t log_first, changes;
    size_t log_capacity;
};

/* Into which domains the classes' terms cut the cluster. */
static sky_status make_domains(packing_index *index, const model *m)
{
    uint32_t most = 1;

    for (uint32_t i = 0; i < index->class_count; i++) {
        class_scores *c = &index->classes[i];

        c->domains = 1;
        if (m->terms == NULL || !model_is_task(m, i))
            continue;
        c->domains = terms_domain_count(m->terms, i);
        c->domain_of_pool = terms_domain_of_pool(m->terms, i);
        most = c->domains > most ? c->domains : most;
    }
    index->points = calloc(most, sizeof *index->points);
    return index->points != NULL ? SKY_OK : SKY_ERROR_MEMORY;
}

packing_index *packing_index_create(const model *m, const packing *p)
{
    packing_index *index = calloc(1, sizeof *index);

    if (index == NULL)
        return NULL;
    index->packing = p;
    index->class_count = m->array[MODEL_CLASSES].count;
    index->classes = calloc(index->class_count + 1u, sizeof *index->classes);
    if (index->classes == NULL || make_domains(index, m) != SKY_OK ||
        (p->prepare != NULL && p->prepare(m, &index->prepared) != SKY_OK)) {
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
        free(index->classes[i].rooms);
    }
    free(index->classes);
    free(index->prepared);
    free(index->node_of);
    free(index->pool_of);
    free(index->points);
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
            SKY_OK ||
        grow((void **)&index->pool_of, &index->pool_capacity, rank + 1u, sizeof *index->pool_of, 0) != SKY_OK)
        return SKY_ERROR_MEMORY;
    index->node_of[rank] = node;
    index->pool_of[rank] = model_nodes(m)[node].pool;
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

sky_status packing_index_hear(packing_index *index, model *m)
{
    for (size_t i = 0; i < m->changed.count; i++) {
        uint32_t node = m->changed.of[i];

        if (know_node(index, m, node) != SKY_OK ||
            (m->terms != NULL && terms_hear(m->terms, node, &model_nodes(m)[node]) != SKY_OK))
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

/* A score and points, each of which may say no. */
static int32_t sum(int32_t score, int32_t points)
{
    int64_t both = (int64_t)score + points;

    if (score == PACKING_NO_ROOM || points == TERMS_ILLEGAL)
        return PACKING_NO_ROOM;
    return both > INT32_MAX ? INT32_MAX : both <= PACKING_NO_ROOM ? PACKING_NO_ROOM + 1 : (int32_t)both;
}

/* How full the pod is afterwards, in percent. */
static int32_t score_of_pod(const node *n, const node_request *ask)
{
    int64_t all = node_mgpu(n), taken = all - n->mgpu_left_sum + node_request_mgpu(ask);

    return (int32_t)(100 * taken / all);
}

/* The packing's own score, and the points of the class's terms; at random only whether there are any. */
static int32_t with_points(const packing_index *index, const model *m, const node *n, uint32_t job_class,
                           int32_t points)
{
    const node_request *ask = &model_request_of(m, job_class)->ask;

    if (points == TERMS_ILLEGAL)
        return PACKING_NO_ROOM;
    if (index->packing->at_random)
        return 0;
    return sum(node_asks_slice(ask) ? score_of_pod(n, ask)
                                    : index->packing->score(m, index->prepared, n, job_class),
               points);
}

static int may_go(const model *m, node_view n, uint32_t job_class)
{
    const node_request *ask = &model_request_of(m, job_class)->ask;

    return node_has_room(n, ask) && node_suits(n.is, ask) && gate_check_class(m, job_class, n.is->pool) == 0;
}

int32_t packing_index_score(const packing_index *index, const model *m, uint32_t node_index, node_view n,
                            uint32_t job_class)
{
    return may_go(m, n, job_class)
               ? with_points(index, m, n.is, job_class, model_points(m, job_class, node_index))
               : PACKING_NO_ROOM;
}

/* What the node itself decides. */
static int32_t score_of(const packing_index *index, const model *m, uint32_t node, uint32_t job_class)
{
    const struct node *n = &model_nodes(m)[node];

    if (packing_index_is_masked(index, node) || !may_go(m, model_node_view(m, node), job_class))
        return PACKING_NO_ROOM;
    return with_points(index, m, n, job_class,
                       m->terms != NULL ? terms_of_node(m->terms, job_class, node, n) : 0);
}

static uint32_t domain_of_rank(const packing_index *index, const class_scores *c, uint32_t rank)
{
    return c->domain_of_pool != NULL && rank < index->pool_capacity ? c->domain_of_pool[index->pool_of[rank]]
                                                                    : 0;
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

/* Of those among a block's ranks that are in the domain. */
static int32_t greatest_of_ranks(const packing_index *index, const class_scores *c, uint32_t block,
                                 uint32_t domain)
{
    int32_t most = PACKING_NO_ROOM;

    if (c->domains == 1)
        return greatest(c->of_rank + block * BLOCK);
    for (uint32_t rank = block * BLOCK; rank < (block + 1) * BLOCK; rank++)
        if (c->of_rank[rank] > most && domain_of_rank(index, c, rank) == domain)
            most = c->of_rank[rank];
    return most;
}

/* A new score; the maxima above follow only where they must. */
static void put(const packing_index *index, class_scores *c, uint32_t rank, int32_t score)
{
    uint32_t domain = domain_of_rank(index, c, rank), block = rank / BLOCK, group = block / BLOCK;
    int32_t *of_block = c->of_block + (size_t)domain * (c->ranks / BLOCK);
    int32_t *of_group = c->of_group + (size_t)domain * (c->ranks / BLOCK / BLOCK);
    int32_t old = c->of_rank[rank], old_block = of_block[block];

    if (old == score)
        return;
    c->of_rank[rank] = score;
    if (c->room != NULL && (old == PACKING_NO_ROOM) != (score == PACKING_NO_ROOM)) {
        c->room[(size_t)domain * (c->ranks / BLOCK) + block] += score == PACKING_NO_ROOM ? UINT32_MAX : 1;
        c->rooms[domain] += score == PACKING_NO_ROOM ? UINT64_MAX : 1; /* one less, or one more */
    }
    if (score > old_block)
        of_block[block] = score;
    else if (old == old_block)
        of_block[block] = greatest_of_ranks(index, c, block, domain);
    if (of_block[block] > of_group[group])
        of_group[group] = of_block[block];
    else if (old_block == of_group[group] && of_block[block] < old_block)
        of_group[group] = greatest(of_block + group * BLOCK);
}

static void look_at_block(packing_index *index, const model *m, class_scores *c, uint32_t job_class,
                          uint32_t block)
{
    size_t blocks = c->ranks / BLOCK;

    for (uint32_t domain = 0; domain < c->domains; domain++) {
        c->of_block[domain * blocks + block] = PACKING_NO_ROOM;
        if (c->room != NULL)
            c->room[domain * blocks + block] = 0;
    }
    for (uint32_t rank = block * BLOCK; rank < (block + 1) * BLOCK; rank++) {
        uint32_t node = rank < index->rank_capacity ? index->node_of[rank] : SKY_NONE;
        int32_t score = node == SKY_NONE ? PACKING_NO_ROOM : score_of(index, m, node, job_class);
        size_t at = domain_of_rank(index, c, rank) * blocks + block;

        c->of_rank[rank] = score;
        if (score == PACKING_NO_ROOM)
            continue;
        c->of_block[at] = score > c->of_block[at] ? score : c->of_block[at];
        if (c->room != NULL) {
            c->room[at]++;
            c->rooms[at / blocks]++;
        }
    }
}

static void look_at_all(packing_index *index, const model *m, class_scores *c, uint32_t job_class)
{
    uint32_t blocks = c->ranks / BLOCK, groups = blocks / BLOCK;

    for (uint32_t domain = 0; c->rooms != NULL && domain < c->domains; domain++)
        c->rooms[domain] = 0;
    for (uint32_t block = 0; block < blocks; block++)
        look_at_block(index, m, c, job_class, block);
    for (size_t group = 0; group < (size_t)c->domains * groups; group++)
        c->of_group[group] = greatest(c->of_block + group * BLOCK);
}

static sky_status make_room(packing_index *index, class_scores *c)
{
    size_t blocks = (size_t)index->ranks / BLOCK * c->domains, groups = blocks / BLOCK;
    int at_random = index->packing->at_random;

    free(c->of_rank);
    free(c->room);
    free(c->rooms);
    c->room = NULL;
    c->rooms = NULL;
    c->of_rank = malloc((index->ranks + blocks + groups) * sizeof *c->of_rank);
    if (at_random) {
        c->room = malloc(blocks * sizeof *c->room);
        c->rooms = malloc(c->domains * sizeof *c->rooms);
    }
    c->ranks = 0;
    if (c->of_rank == NULL || (at_random && (c->room == NULL || c->rooms == NULL)))
        return SKY_ERROR_MEMORY;
    c->of_block = c->of_rank + index->ranks;
    c->of_group = c->of_block + blocks;
    c->ranks = index->ranks;
    return SKY_OK;
}

static sky_status catch_up(packing_index *index, const model *m, uint32_t job_class)
{
    class_scores *c = &index->classes[job_class];
    uint64_t version = m->terms != NULL ? terms_version(m->terms, job_class) : 0;

    if (c->ranks < index->ranks || c->seen < index->log_first || c->version != version ||
        index->changes - c->seen > model_node_count(m) / 2 + 16) {
        if (c->ranks < index->ranks && make_room(index, c) != SKY_OK)
            return SKY_ERROR_MEMORY;
        look_at_all(index, m, c, job_class);
    } else {
        for (uint64_t i = c->seen; i < index->changes; i++) {
            uint32_t node = index->log[i - index->log_first];

            if (index->last_change[node] == i + 1) /* else it changes again, further down */
                put(index, c, model_nodes(m)[node].rank, score_of(index, m, node, job_class));
        }
    }
    c->seen = index->changes;
    c->version = version;
    return SKY_OK;
}

/* ---- choosing -------------------------------------------------------------------------------------------------- */

/* What the class's terms make of each domain now, into index->points. */
static void weigh_domains(packing_index *index, const model *m, uint32_t job_class)
{
    if (m->terms != NULL)
        terms_of_domains(m->terms, job_class, index->points);
    for (uint32_t i = 0; index->packing->at_random && i < index->classes[job_class].domains; i++)
        index->points[i] = index->points[i] == TERMS_ILLEGAL ? TERMS_ILLEGAL : 0;
}

/* The first rank of that score, which is the greatest in the domain. */
static uint32_t rank_of_greatest(const packing_index *index, const class_scores *c, uint32_t domain,
                                 int32_t score)
{
    uint32_t blocks = c->ranks / BLOCK, groups = blocks / BLOCK, group, block, rank;
    const int32_t *of_block = c->of_block + (size_t)domain * blocks;

    group = first_equal(c->of_group + (size_t)domain * groups, groups, score);
    block = group * BLOCK + first_equal(of_block + group * BLOCK, BLOCK, score);
    rank = block * BLOCK + first_equal(c->of_rank + block * BLOCK, BLOCK, score);
    while (domain_of_rank(index, c, rank) != domain)
        rank += 1 + first_equal(c->of_rank + rank + 1, BLOCK, score);
    return rank;
}

static uint32_t rank_of_best(const packing_index *index, const class_scores *c, int32_t *score)
{
    uint32_t groups = c->ranks / (BLOCK * BLOCK), best = SKY_NONE;

    *score = PACKING_NO_ROOM;
    for (uint32_t domain = 0; domain < c->domains; domain++) {
        const int32_t *of_group = c->of_group + (size_t)domain * groups;
        int32_t most = PACKING_NO_ROOM, all;
        uint32_t rank;

        for (uint32_t i = 0; i < groups; i++)
            most = of_group[i] > most ? of_group[i] : most;
        all = sum(most, index->points[domain]);
        if (all == PACKING_NO_ROOM || all < *score)
            continue;
        rank = rank_of_greatest(index, c, domain, most);
        if (all > *score || rank < best)
            best = rank;
        *score = all;
    }
    return best;
}

/* The n-th node with room, in the order of domains and ranks; SKY_NONE: there are fewer. */
static uint32_t rank_of_nth(const packing_index *index, const class_scores *c, uint64_t n)
{
    for (uint32_t domain = 0; domain < c->domains; domain++) {
        const uint32_t *room = c->room + (size_t)domain * (c->ranks / BLOCK);
        uint32_t block = 0;

        if (index->points[domain] == TERMS_ILLEGAL || n >= c->rooms[domain]) {
            n -= index->points[domain] == TERMS_ILLEGAL ? 0 : c->rooms[domain];
            continue;
        }
        while (n >= room[block])
            n -= room[block++];
        for (uint32_t rank = block * BLOCK;; rank++)
            if (c->of_rank[rank] != PACKING_NO_ROOM && domain_of_rank(index, c, rank) == domain && n-- == 0)
                return rank;
    }
    return SKY_NONE;
}

static uint64_t count_rooms(const packing_index *index, const class_scores *c)
{
    uint64_t rooms = 0;

    for (uint32_t domain = 0; domain < c->domains; domain++)
        rooms += index->points[domain] == TERMS_ILLEGAL ? 0 : c->rooms[domain];
    return rooms;
}

/* Takes the best away for a moment, looks again, and puts it back. */
static void find_runner_up(const packing_index *index, class_scores *c, uint32_t best, packing_choice *choice)
{
    int32_t score = c->of_rank[best];
    uint32_t rank;

    put(index, c, best, PACKING_NO_ROOM);
    rank = rank_of_best(index, c, &choice->runner_up_score);
    put(index, c, best, score);
    choice->runner_up = rank == SKY_NONE ? SKY_NONE : index->node_of[rank];
}

sky_status packing_index_choose(packing_index *index, model *m, uint32_t job, packing_choice *choice)
{
    uint32_t job_class = model_job_at(m, job)->job_class, rank = SKY_NONE;
    class_scores *c = &index->classes[job_class];
    uint64_t rooms;

    *choice = (packing_choice){ SKY_NONE, SKY_NONE, PACKING_NO_ROOM, PACKING_NO_ROOM };
    if (packing_index_hear(index, m) != SKY_OK || catch_up(index, m, job_class) != SKY_OK)
        return SKY_ERROR_MEMORY;
    weigh_domains(index, m, job_class);
    if (!index->packing->at_random)
        rank = rank_of_best(index, c, &choice->score);
    else if ((rooms = count_rooms(index, c)) > 0)
        rank = rank_of_nth(index, c, packing_random(m, job, 0) % rooms);
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
    const class_scores *c = &index->classes[job_class];

    *choice = (packing_choice){ SKY_NONE, SKY_NONE, PACKING_NO_ROOM, PACKING_NO_ROOM };
    if (packing_index_hear(index, m) != SKY_OK)
        return SKY_ERROR_MEMORY;
    weigh_domains(index, m, job_class);
    for (uint32_t i = 0; i < model_node_count(m); i++) {
        uint32_t rank = model_nodes(m)[i].rank;
        int32_t score = is_within(m, i, bounds) ? score_of(index, m, i, job_class) : PACKING_NO_ROOM;

        score = sum(score, index->points[domain_of_rank(index, c, rank)]);
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
        if ((index == NULL || !packing_index_is_masked(index, i)) && is_within(m, i, bounds) &&
            may_go(m, model_node_view(m, i), job_class))
            room += node_room_for(model_node_view(m, i), ask, parts);
    }
    return room < parts ? room : parts;
}

uint32_t packing_index_devices(const packing_index *index, const model *m, uint32_t job, node_view n)
{
    uint32_t job_class = model_job_at(m, job)->job_class;
    const node_request *ask = &model_request_of(m, job_class)->ask;

    if (ask->devices == 0 || node_asks_slice(ask))
        return node_choose(n, ask);
    return index->packing->devices(m, index->prepared, n.is, job, job_class);
}
