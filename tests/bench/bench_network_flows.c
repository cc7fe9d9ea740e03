/* Flows that end a second, beside SimGrid 3.32 with its plain max-min model where it is installed: 1,000, 5,000
 * and 10,000 flows, all of them under way at once over 550 links between 50 sites, until the last ends; in
 * one run, on the same network. Prints both rates, their ratio, and the greatest relative difference of a finish
 * time. Without SimGrid (libsimgrid-dev, g++) only our own rates are shown. Arguments: none, or a number of
 * flows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "bench_network.h"
#include "kernel/random.h"
#include "world/network/flows.h"

static uint64_t drawn;

static uint32_t draw(uint32_t below)
{
    const random_key key = { .seed = 1 };

    return (uint32_t)(random_u64(&key, drawn++) % below);
}

/* Fewest hops; from each site, breadth first. */
static void find_routes(bench_network *n, const uint32_t peer[BENCH_SITES][BENCH_PEERS], uint32_t from)
{
    uint32_t queue[BENCH_SITES], head = 0, tail = 0, reached[BENCH_SITES] = { 0 };

    queue[tail++] = from;
    reached[from] = 1;
    n->route[from][from][n->hops[from][from]++] = from;
    while (head < tail) {
        uint32_t site = queue[head++];

        for (uint32_t p = 0; p < BENCH_PEERS; p++) {
            uint32_t to = peer[site][p];

            if (reached[to])
                continue;
            reached[to] = 1;
            queue[tail++] = to;
            memcpy(n->route[from][to], n->route[from][site], sizeof n->route[from][to]);
            n->hops[from][to] = n->hops[from][site];
            n->route[from][to][n->hops[from][to]++] = 2 * BENCH_SITES + site * BENCH_PEERS + p;
        }
    }
    for (uint32_t to = 0; to < BENCH_SITES; to++)
        n->route[from][to][n->hops[from][to]++] = BENCH_SITES + to;
}

static void build(bench_network *n, size_t flows)
{
    static const int64_t gbit[] = { 1, 2, 5, 10, 20, 40, 100 };
    uint32_t peer[BENCH_SITES][BENCH_PEERS];

    drawn = 0;
    memset(n, 0, sizeof *n);
    for (uint32_t l = 0; l < BENCH_LINKS; l++)
        n->bytes_per_s[l] = gbit[draw(7)] * 125000000;
    for (uint32_t s = 0; s < BENCH_SITES; s++)
        for (uint32_t p = 0; p < BENCH_PEERS; p++)
            peer[s][p] = p == 0 ? (s + 1) % BENCH_SITES : (s + 1 + draw(BENCH_SITES - 1)) % BENCH_SITES;
    for (uint32_t s = 0; s < BENCH_SITES; s++)
        find_routes(n, (const uint32_t(*)[BENCH_PEERS])peer, s);
    n->flow_count = flows;
    n->flows = calloc(flows, sizeof *n->flows);
    for (size_t i = 0; i < flows; i++) {
        bench_flow *f = &n->flows[i];

        f->from = draw(BENCH_SITES);
        f->to = (f->from + 1 + draw(BENCH_SITES - 1)) % BENCH_SITES;
        f->bytes = 1000000 * (1 + (int64_t)draw(10000));
    }
}

static double run_ours(const bench_network *n)
{
    static uint32_t bundle[BENCH_SITES][BENCH_SITES];
    uint32_t index, subject;
    double start = bench_wall_s();
    flows f;

    memset(bundle, 0xff, sizeof bundle);
    if (flows_init(&f, n->bytes_per_s, BENCH_LINKS) != SKY_OK)
        exit(3);
    for (uint32_t i = 0; i < n->flow_count; i++) {
        const bench_flow *x = &n->flows[i];
        uint32_t *b = &bundle[x->from][x->to];

        if (*b == SKY_NONE && flows_add_bundle(&f, n->route[x->from][x->to], n->hops[x->from][x->to],
                                               FLOWS_MOST_BYTES_PER_S, b) != SKY_OK)
            exit(3);
        if (flows_start(&f, 0, *b, x->bytes, i, &index) != SKY_OK)
            exit(3);
    }
    for (int64_t now_ns; (now_ns = flows_next_ns(&f)) != SKY_NEVER_NS;)
        while (flows_take(&f, now_ns, &index, &subject))
            n->flows[subject].end_ns = now_ns;
    flows_free(&f);
    return bench_wall_s() - start;
}

static void compare(size_t flows)
{
    bench_network n;
    double ours, theirs = 0, worst = 0;
    bench_flow *other;
    char name[96];

    build(&n, flows);
    ours = run_ours(&n);
    other = malloc(flows * sizeof *other);
    memcpy(other, n.flows, flows * sizeof *other);
#ifdef SKYTWIN_SIMGRID
    theirs = bench_simgrid(&n, other);
#endif
    for (size_t i = 0; i < flows; i++) {
        double difference = (double)llabs(n.flows[i].end_ns - other[i].end_ns) / (double)n.flows[i].end_ns;

        worst = difference > worst ? difference : worst;
    }
    snprintf(name, sizeof name, "network, %zu flows at once on 550 links, flows that end", flows);
    bench_report(name, (double)flows / ours, "1/s", theirs > 0 ? "SimGrid, plain max-min" : NULL,
                 (double)flows / theirs);
    if (theirs > 0)
        printf("finish times differ by %.1e at most\n", worst);
    fflush(stdout);
    free(other);
    free(n.flows);
}

/* In a process of its own: SimGrid holds one world a process. */
static int compare_apart(size_t flows)
{
    pid_t child = fork();
    int status = 1;

    if (child == 0) {
        compare(flows);
        exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = { 1000, 5000, 10000 };
    int well = 1;

#ifndef SKYTWIN_SIMGRID
    printf("SimGrid is not installed: nothing to compare with\n");
#endif
    if (argc > 1)
        return !compare_apart((size_t)atoi(argv[1]));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        well &= compare_apart(sizes[i]);
    return !well;
}
