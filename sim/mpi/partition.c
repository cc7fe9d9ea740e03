#include "partition.h"

#include <metis.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST_WEIGHT                                                                                          \
    1000000 /* METIS adds weights up in 32 bits: the largest becomes this, over the number of them */

typedef struct graph {
    idx_t *start, *neighbour, *traffic, *work;
} graph;

static void free_graph(graph *g)
{
    free(g->start);
    free(g->neighbour);
    free(g->traffic);
    free(g->work);
}

static int64_t largest(const int64_t *values, size_t count)
{
    int64_t most = 1;

    for (size_t i = 0; i < count; i++)
        most = values[i] > most ? values[i] : most;
    return most;
}

/* In 1 … MOST_WEIGHT. */
static idx_t scaled(int64_t value, int64_t most)
{
    return 1 + (idx_t)((double)value / (double)most * (MOST_WEIGHT - 1));
}

/* Adjacency lists of both ends: that of i from start[i + 1] to start[i + 2]. */
static void fill(graph *g, uint32_t processes, const partition_edge *edges, size_t count)
{
    int64_t most = 1;

    for (size_t i = 0; i < count; i++) {
        most = edges[i].traffic > most ? edges[i].traffic : most;
        if (edges[i].a != edges[i].b) {
            g->start[edges[i].a + 1]++;
            g->start[edges[i].b + 1]++;
        }
    }
    for (uint32_t i = 0; i < processes; i++)
        g->start[i + 1] += g->start[i];
    g->start[processes + 1] = g->start[processes];
    for (size_t i = count; i-- > 0;) {
        uint32_t end[2] = { edges[i].a, edges[i].b };

        for (int k = 0; k < 2 && end[0] != end[1]; k++) {
            idx_t place = --g->start[end[k] + 1];

            g->neighbour[place] = (idx_t)end[1 - k];
            g->traffic[place] = scaled(edges[i].traffic, most);
        }
    }
}

static sky_status check(uint32_t processes, const int64_t *work, const partition_edge *edges, size_t count,
                        sky_error *error)
{
    int good = processes > 0;

    for (uint32_t i = 0; work != NULL && i < processes; i++)
        good &= work[i] >= 0;
    for (size_t i = 0; i < count; i++)
        good &= edges[i].a < processes && edges[i].b < processes && edges[i].traffic >= 0;
    if (good)
        return SKY_OK;
    snprintf(error->message, sizeof error->message,
             "partition: expected processes, edges between them, and no negative work or traffic");
    return SKY_ERROR_INPUT;
}

static int build(graph *g, uint32_t processes, const int64_t *work, const partition_edge *edges, size_t count)
{
    int64_t most = work != NULL ? largest(work, processes) : 1;

    g->start = calloc((size_t)processes + 2, sizeof *g->start);
    g->neighbour = calloc(2 * count + 1, sizeof *g->neighbour);
    g->traffic = calloc(2 * count + 1, sizeof *g->traffic);
    g->work = calloc(processes, sizeof *g->work);
    if (g->start == NULL || g->neighbour == NULL || g->traffic == NULL || g->work == NULL)
        return -1;
    for (uint32_t i = 0; i < processes; i++)
        g->work[i] = work != NULL ? scaled(work[i], most) : 1;
    fill(g, processes, edges, count);
    return 0;
}

/* METIS may leave some ranks without any: each gets one of those that have most. */
static void fill_empty(uint32_t processes, uint32_t ranks, uint32_t *rank_of, uint32_t *count)
{
    for (uint32_t i = 0; i < processes; i++)
        count[rank_of[i]]++;
    for (uint32_t empty = 0; empty < ranks; empty++) {
        uint32_t most = 0, process = 0;

        if (count[empty] > 0)
            continue;
        for (uint32_t i = 1; i < ranks; i++)
            most = count[i] > count[most] ? i : most;
        while (rank_of[process] != most)
            process++;
        rank_of[process] = empty;
        count[most]--;
        count[empty]++;
    }
}

static sky_status divide(graph *g, uint32_t processes, uint32_t ranks, uint32_t *rank_of)
{
    idx_t vertices = (idx_t)processes, constraints = 1, parts = (idx_t)ranks, cut, options[METIS_NOPTIONS];
    idx_t *part = malloc(processes * sizeof *part);
    uint32_t *count = calloc(ranks, sizeof *count);
    sky_status status = SKY_ERROR_MEMORY;

    METIS_SetDefaultOptions(options);
    options[METIS_OPTION_SEED] = 1;
    if (part != NULL && count != NULL &&
        METIS_PartGraphKway(&vertices, &constraints, g->start + 1, g->neighbour, g->work, NULL, g->traffic,
                            &parts, NULL, NULL, options, &cut, part) == METIS_OK) {
        for (uint32_t i = 0; i < processes; i++)
            rank_of[i] = (uint32_t)part[i];
        fill_empty(processes, ranks, rank_of, count);
        status = SKY_OK;
    }
    free(part);
    free(count);
    return status;
}

sky_status partition_make(uint32_t processes, const int64_t *work, const partition_edge *edges,
                          size_t edge_count, uint32_t ranks, uint32_t *rank_of, sky_error *error)
{
    graph g = { 0 };
    sky_status status = check(processes, work, edges, edge_count, error);

    if (status != SKY_OK)
        return status;
    if (ranks < 2 || ranks >= processes) {
        for (uint32_t i = 0; i < processes; i++)
            rank_of[i] = ranks < 2 ? 0 : i;
        return SKY_OK;
    }
    if (build(&g, processes, work, edges, edge_count) != 0)
        status = SKY_ERROR_MEMORY;
    else
        status = divide(&g, processes, ranks, rank_of);
    if (status != SKY_OK)
        snprintf(error->message, sizeof error->message, "partition: out of memory");
    free_graph(&g);
    return status;
}

int64_t partition_cut(const partition_edge *edges, size_t edge_count, const uint32_t *rank_of)
{
    int64_t cut = 0;

    for (size_t i = 0; i < edge_count; i++)
        cut += rank_of[edges[i].a] != rank_of[edges[i].b] ? edges[i].traffic : 0;
    return cut;
}
