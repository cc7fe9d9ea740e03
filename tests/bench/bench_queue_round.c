/* What a scheduling round costs beside the search for room, as ratios within one run:
 *   round    2,000 groups wait; room comes back, 1,000 tasks are placed and every group then finds none. Against a sort
 *            of all that wait by the discipline's key (qsort of key and job), which a round without groups would need;
 *   promise  one promise of room among 100,000 nodes on which 10 tasks run each: to a small task, to one that needs a
 *            whole node, to a gang of 64; against a bare walk over all ends.
 * Arguments: none. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "kernel/random.h"
#include "queue/reservations.h"

#define TENANTS 50
#define CLASSES 20
#define PLACED  1000
#define NODES   100000
#define TASKS   10 /* a node */
#define ROUNDS  5  /* best of */
#define SECOND  SKY_NS_PER_SECOND

static void succeed(sky_status status)
{
    if (status != SKY_OK)
        bench_need(NULL);
}

/* ---- round ------------------------------------------------------------------------------------------------------- */

typedef struct sort_key {
    int64_t key;
    uint32_t job;
} sort_key;

static int compare(const void *a, const void *b)
{
    const sort_key *x = a, *y = b;

    return x->key != y->key ? (x->key < y->key ? -1 : 1) : x->job < y->job ? -1 : x->job > y->job;
}

static queue_entry entry_of(uint32_t job)
{
    const random_key key = { .seed = 1 };
    uint64_t bits = random_u64(&key, job);

    return (queue_entry){ .submit_ns = (int64_t)job * 1000 + (int64_t)(bits & 0xffff),
                          .estimate_ns = (int64_t)(bits >> 16 & 0xffff) * SECOND,
                          .job = job,
                          .tenant = (uint32_t)(bits >> 32 & 0xff) % TENANTS,
                          .job_class = (uint32_t)(bits >> 40 & 0xff) % CLASSES,
                          .tasks = 1 + (uint32_t)(bits >> 48 & 1) };
}

static double sort_all(uint32_t pending, int by_estimate)
{
    sort_key *keys = bench_need(malloc(pending * sizeof *keys));
    double start;

    for (uint32_t i = 0; i < pending; i++) {
        queue_entry e = entry_of(i * 7919u % pending);

        keys[i] = (sort_key){ by_estimate ? e.estimate_ns : e.submit_ns, e.job };
    }
    start = bench_wall_s();
    qsort(keys, pending, sizeof *keys, compare);
    start = bench_wall_s() - start;
    free(keys);
    return start;
}

static queue *fill(const char *discipline, uint32_t pending, double *add)
{
    const sky_queue_options options = {
        .half_life_ns = 3600 * SECOND, .age_weight = 1000, .size_weight = 100, .fair_share_weight = 1000
    };
    queue *q = bench_need(queue_create(queue_discipline_find(discipline), &options));
    double start = bench_wall_s();

    queue_capacity(q, &(queue_amounts){ .of = { NODES * INT64_C(64000), NODES * (INT64_C(1) << 38) } }, 0);
    for (uint32_t i = 0; i < CLASSES; i++)
        succeed(queue_class(q, i, &(queue_amounts){ .of = { 1000 * (i + 1), INT64_C(1) << 30 } }));
    for (uint32_t job = 0; job < pending; job++) {
        queue_entry e = entry_of(job);

        succeed(queue_add(q, &e));
    }
    *add = (bench_wall_s() - start) / pending;
    return q;
}

static double hold_round(queue *q, int64_t now_ns, uint32_t *tried)
{
    uint32_t placed = 0;
    queue_entry e;
    double start = bench_wall_s();

    queue_freed(q, NULL);
    queue_begin_round(q, now_ns);
    while (queue_next(q, &e)) {
        ++*tried;
        if (placed < PLACED) {
            placed++;
            queue_remove(q, e.job);
            succeed(queue_usage(q, e.tenant, &(queue_amounts){ .of = { 1000 * (e.job_class + 1) } }, now_ns));
        } else {
            queue_refused(q, &e, 0);
        }
    }
    return bench_wall_s() - start;
}

static void bench_round(const char *discipline, uint32_t pending)
{
    double add, best = 1e9, sort = 1e9;
    queue *q = fill(discipline, pending, &add);
    uint32_t tried = 0;
    char name[96];

    for (int i = 0; i < ROUNDS; i++) {
        double round = hold_round(q, (2000 + 60 * i) * SECOND, &tried),
               s = sort_all(pending, discipline[0] == 's');

        best = round < best ? round : best;
        sort = s < sort ? s : sort;
    }
    snprintf(name, sizeof name, "a round that places 1,000, %s, %" PRIu32 " wait", discipline, pending);
    bench_report(name, best * 1e3, "ms", "sort of all that wait", sort * 1e3);
    snprintf(name, sizeof name, "one more that waits, %s, %" PRIu32 " wait", discipline, pending);
    bench_report(name, add * 1e9, "ns", NULL, 0);
    queue_free(q);
}

/* ---- promise ------------------------------------------------------------------------------------------------------ */

static node busy_node(void)
{
    return (node){ .mcpu = 64000,
                   .mcpu_left = 64000 - TASKS * 6000,
                   .memory_bytes = INT64_C(1) << 38,
                   .memory_left_bytes = INT64_C(1) << 37,
                   .hosted = { TASKS },
                   .state = NODE_UP,
                   .model = NODE_NO_MODEL };
}

static reservations *book_all(void)
{
    const node_request running = { .mcpu = 6000 }, whole = { .mcpu = 64000 };
    const random_key key = { .seed = 2 };
    reservations *r = bench_need(reservations_create());

    succeed(reservations_class(r, 0, &running));
    succeed(reservations_class(r, 1, &whole));
    for (uint32_t job = 0; job < NODES * TASKS; job++) {
        const reservation part = { .from_ns = RESERVATIONS_RUNS,
                                   .until_ns = (10 + (int64_t)(random_u64(&key, job) % 100000)) * SECOND,
                                   .job = job,
                                   .node = job / TASKS };

        succeed(reservations_book(r, &part));
    }
    reservations_begin_round(r, SECOND);
    return r;
}

/* A walk over the parts of all jobs: as little as a search that skips nothing can do. */
static double walk(const reservations *r)
{
    int64_t least_ns = INT64_MAX;
    double start = bench_wall_s();

    for (uint32_t job = 0; job < NODES * TASKS; job++) {
        int64_t until_ns = reservations_part(r, job, 0)->until_ns;

        least_ns = until_ns < least_ns ? until_ns : least_ns;
    }
    start = bench_wall_s() - start;
    if (least_ns == INT64_MAX) /* so that no compiler leaves the walk out */
        bench_need(NULL);
    return start;
}

static void bench_promises(void)
{
    static const struct {
        const char *what;
        queue_entry entry;
    } cases[] = { { "a small task", { .tasks = 1, .job_class = 0 } },
                  { "a whole node", { .tasks = 1, .job_class = 1 } },
                  { "a gang of 64", { .tasks = 64, .job_class = 0 } },
                  { "64 whole nodes", { .tasks = 64, .job_class = 1 } } };
    node *nodes = bench_need(malloc(NODES * sizeof *nodes));
    reservations *r = book_all();
    double walked = walk(r);

    for (uint32_t i = 0; i < NODES; i++)
        nodes[i] = busy_node();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        queue_entry entry = cases[i].entry;
        int64_t start_ns;
        double best = 1e9;
        char name[96];

        entry.job = NODES * TASKS;
        entry.estimate_ns = 1000 * SECOND;
        for (int round = 0; round < ROUNDS; round++) {
            double start = bench_wall_s();

            succeed(reservations_promise(r, (node_view){ nodes, NULL }, NODES, &entry, 1, &start_ns));
            start = bench_wall_s() - start;
            best = start < best ? start : best;
            reservations_drop(r, entry.job);
        }
        snprintf(name, sizeof name, "a promise of room to %s, 1,000,000 tasks run", cases[i].what);
        bench_report(name, best * 1e3, "ms", "walk over all ends", walked * 1e3);
    }
    reservations_free(r);
    free(nodes);
}

int main(void)
{
    static const char *const disciplines[] = { "fcfs", "sjf", "multifactor", "fair-share", "drf" };

    for (size_t d = 0; d < sizeof disciplines / sizeof *disciplines; d++)
        for (uint32_t pending = 10000; pending <= 1000000; pending *= 10)
            bench_round(disciplines[d], pending);
    bench_promises();
    return 0;
}
