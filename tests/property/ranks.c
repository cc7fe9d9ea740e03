/* mpirun -n N ranks: logical processes on N ranks against the same on threads of one. Rank 0 runs both and compares the
 * digests of all that happened at each process; says what the meetings cost. Exits 1 where they differ.
 *   --bench    on stdout, what a window costs, and what is handed over in it */
#include "phold.h"

#include "mpi/partition.h"
#include "mpi/peers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define GROUPS       16 /* of processes that speak mostly to each other */
#define EACH         16
#define PROCESSES    (GROUPS * EACH)
#define LOOKAHEAD_NS 100000000
#define MEAN_NS      9e8

static int rank, ranks_in_all;

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "ranks: rank %d of %d: %s\n", rank, ranks_in_all, what);
    MPI_Abort(MPI_COMM_WORLD, 1);
    abort();
}

static void expect(int holds, const char *what)
{
    if (!holds)
        fail(what);
}

/* ---- the model: PHOLD in groups ------------------------------------------------------------------------------ */

/* Neighbours in numbers are in different groups: dealt in runs of numbers, ranks would speak to each other all the time. */
static uint32_t group_of(uint32_t process)
{
    return process % GROUPS;
}

typedef struct load {
    uint32_t fails_at; /* process that fails at its 20th event; SKY_NONE */
    uint32_t tokens;   /* events under way, by process */
    double mean_ns;
} load;

static void next(process_context *c, phold_state *s)
{
    const load *l = c->shared;
    const random_key key = { .seed = 3, .thing = c->self, .purpose = RANDOM_WORK };
    uint64_t bits[2];
    uint32_t where, to = c->self;

    random_pair(&key, s->happened++, bits);
    where = stream_below_of((uint32_t)bits[1], 100);
    if (where < 20)
        to = stream_below_of((uint32_t)(bits[1] >> 32), EACH) * GROUPS + group_of(c->self);
    else if (where < 22)
        to = stream_below_of((uint32_t)(bits[1] >> 32), PROCESSES);
    process_send(c, to, LOOKAHEAD_NS + (int64_t)(stream_exponential_of(bits[0]) * l->mean_ns), 0, c->self, 0,
                 (int64_t)bits[1]);
}

static void happen(process_context *c, void *state, const kernel_event *event)
{
    phold_state *s = state;

    s->digest = phold_mix(s->digest, (uint64_t)event->time_ns);
    s->digest = phold_mix(s->digest, event->order);
    s->digest = phold_mix(s->digest, (uint64_t)event->a);
    if (((const load *)c->shared)->fails_at == c->self && s->happened == 20)
        process_fail(c, SKY_ERROR_STATE, "as it was told to");
    if (event->kind == 0)
        next(c, s);
}

static void begin(process_context *c, void *state)
{
    for (uint32_t i = 0; i < ((const load *)c->shared)->tokens; i++)
        next(c, state);
}

static process_handler *const handlers[] = { happen, happen };
static const process_model model = {
    .name = "held", .state_bytes = sizeof(phold_state), .begin = begin, .handlers = handlers, .kinds = 2
};

/* What a run does beside it: the same on all ranks. */
typedef struct watch {
    int64_t asked;
    int64_t stop_at; /* of the calls of `stop` on the last rank; negative: never */
} watch;

static int64_t control(void *context, windows *w, int64_t now_ns)
{
    (void)context;
    for (uint32_t i = 0; i < 3; i++)
        expect(windows_send(w, (uint32_t)(now_ns / LOOKAHEAD_NS * 7 + i * 31) % PROCESSES, now_ns + i, 1, 0,
                            0, now_ns) == SKY_OK,
               "the control process can't send");
    windows_set_lookahead(w, now_ns % (4 * SKY_NS_PER_SECOND) == 0 ? LOOKAHEAD_NS : LOOKAHEAD_NS / 2);
    return now_ns + SKY_NS_PER_SECOND;
}

static int stop(void *context)
{
    watch *seen = context;

    return rank == ranks_in_all - 1 && seen->asked++ == seen->stop_at;
}

/* ---- runs ------------------------------------------------------------------------------------------------------- */

static windows_config config_of(const load *l, watch *seen, const ranks *r)
{
    static const process_model *models[PROCESSES];

    for (uint32_t i = 0; i < PROCESSES; i++)
        models[i] = &model;
    return (windows_config){ .processes = PROCESSES,
                             .model = models,
                             .shared = l,
                             .lookahead_ns = LOOKAHEAD_NS,
                             .threads = 1,
                             .context = seen,
                             .control = control,
                             .control_first_ns = SKY_NS_PER_SECOND,
                             .stop = stop,
                             .ranks = r };
}

/* Of all ranks' processes, on each rank: rank by rank, in rising order. */
static void gather(const windows *w, const ranks *r, uint64_t digests[PROCESSES])
{
    ranks_word word = { .next_ns = SKY_NEVER_NS, .failed_ns = SKY_NEVER_NS };
    const ranks_part *parts;
    uint64_t mine[PROCESSES];
    size_t count = 0;

    for (uint32_t i = 0; i < PROCESSES; i++)
        if (r->rank_of[i] == r->rank)
            mine[count++] = ((const phold_state *)windows_process(w, i))->digest;
    parts = r->gather(r->context, mine, count * sizeof *mine, &word);
    expect(parts != NULL, "what ranks have can't be gathered");
    for (uint32_t rank = 0; rank < r->count; rank++) {
        count = 0;
        for (uint32_t i = 0; i < PROCESSES; i++)
            if (r->rank_of[i] == rank)
                memcpy(&digests[i], parts[rank].bytes + sizeof *digests * count++, sizeof *digests);
        expect(parts[rank].size == count * sizeof *digests, "a rank says less or more than it has");
    }
}

static windows *must_create(const windows_config *config)
{
    sky_error error;
    windows *w;

    if (windows_create(config, &w, &error) != SKY_OK)
        fail(error.message);
    return w;
}

static void test_digests(const ranks *r, int64_t stop_at)
{
    const load l = { .fails_at = SKY_NONE, .tokens = 1, .mean_ns = MEAN_NS };
    watch seen = { .stop_at = stop_at }, never = { .stop_at = -1 };
    windows_config config = config_of(&l, &seen, r), alone = config_of(&l, &never, NULL);
    windows *w = must_create(&config), *reference = must_create(&alone);
    uint64_t found[PROCESSES];
    sky_error error;
    sky_status status = windows_run(w, 30 * SKY_NS_PER_SECOND, &error);

    expect(status == (stop_at < 0 ? SKY_OK : SKY_ERROR_STOPPED), "not all were stopped together");
    for (int piece = 30; piece <= 50; piece += 5)
        expect(windows_run(w, piece * SKY_NS_PER_SECOND, &error) == SKY_OK, "does not go on");
    expect(windows_run(reference, 50 * SKY_NS_PER_SECOND, &error) == SKY_OK, "the reference does not run");
    gather(w, r, found);
    for (uint32_t i = 0; i < PROCESSES; i++) {
        const phold_state *s = windows_process(reference, i);

        expect(s->happened > 0, "nothing happens");
        expect(found[i] == s->digest, "the digests of ranks and of one machine differ");
    }
    windows_destroy(w);
    windows_destroy(reference);
}

static void test_failure(const ranks *r)
{
    const load l = { .fails_at = 77, .tokens = 1, .mean_ns = MEAN_NS };
    watch never = { .stop_at = -1 };
    windows_config config = config_of(&l, &never, r);
    windows *w = must_create(&config);
    sky_error error;
    char expected[64];

    expect(windows_run(w, 50 * SKY_NS_PER_SECOND, &error) == SKY_ERROR_STATE, "goes on after a failure");
    snprintf(expected, sizeof expected, "windows: rank %u failed", r->rank_of[77]);
    if (r->rank_of[77] == (uint32_t)rank)
        expect(strstr(error.message, "held 77 at ") != NULL, error.message);
    else
        expect(strcmp(error.message, expected) == 0, error.message);
    windows_destroy(w);
}

/* One fails by itself, while the others are on their way to meet for something else. */
static void test_closing(const uint32_t *rank_of)
{
    const load l = { .fails_at = SKY_NONE, .tokens = 1, .mean_ns = MEAN_NS };
    ranks_word word = { .next_ns = SKY_NEVER_NS, .failed_ns = SKY_NEVER_NS };
    uint32_t last = (uint32_t)ranks_in_all - 1;

    for (int meeting = 0; meeting < 3; meeting++) {
        peers *p = peers_create(MPI_COMM_WORLD, rank_of);
        const ranks *r = p != NULL ? peers_ranks(p) : NULL;
        watch never = { .stop_at = -1 };
        windows_config config = config_of(&l, &never, r);
        sky_error error;
        windows *w;

        if (p == NULL)
            fail("out of memory");
        if (rank == ranks_in_all - 1)
            w = NULL;
        else if (meeting == 0)
            expect(windows_create(&config, &w, &error) == SKY_ERROR_STATE, "begins without a rank");
        else if (meeting == 1)
            expect(r->gather(r->context, NULL, 0, &word) == NULL && word.failed_rank == last,
                   "gathers without a rank");
        else
            expect(r->agree(r->context, 0) == 1, "agrees without a rank");
        expect(peers_close(p, rank == ranks_in_all - 1) == last, "nobody knows who failed");
        expect(peers_close(p, 0) == last, "a failure is forgotten");
        peers_destroy(p);
    }
}

/* ---- who has what ------------------------------------------------------------------------------------------------- */

static size_t edges_of(partition_edge *edges)
{
    size_t count = 0;

    for (uint32_t a = 0; a < PROCESSES; a++)
        for (uint32_t b = a + 1; b < PROCESSES; b++)
            edges[count++] = (partition_edge){ a, b, 2 * (20 * (group_of(a) == group_of(b)) * GROUPS + 2) };
    return count;
}

static void deal(uint32_t *rank_of)
{
    partition_edge *edges = malloc(sizeof *edges * PROCESSES * PROCESSES / 2);
    uint32_t *in_runs = malloc(PROCESSES * sizeof *in_runs), has[64] = { 0 };
    sky_error error;
    size_t count;

    if (edges == NULL || in_runs == NULL)
        fail("out of memory");
    count = edges_of(edges);
    for (uint32_t i = 0; i < PROCESSES; i++)
        in_runs[i] = i * (uint32_t)ranks_in_all / PROCESSES;
    if (partition_make(PROCESSES, NULL, edges, count, (uint32_t)ranks_in_all, rank_of, &error) != SKY_OK)
        fail(error.message);
    if (ranks_in_all > 1)
        expect(partition_cut(edges, count, rank_of) * 4 < partition_cut(edges, count, in_runs),
               "the partition leaves groups torn");
    for (uint32_t i = 0; i < PROCESSES; i++)
        has[rank_of[i]]++;
    for (int i = 0; i < ranks_in_all; i++)
        expect(has[i] * 10 * (uint32_t)ranks_in_all <= 11 * PROCESSES, "the partition is not even");
    edges[0].b = PROCESSES;
    expect(partition_make(PROCESSES, NULL, edges, count, 2, in_runs, &error) == SKY_ERROR_INPUT,
           "an edge to nowhere was taken");
    free(edges);
    free(in_runs);
}

/* ---- what it costs -------------------------------------------------------------------------------------------------- */

static void bench(const peers *p, const ranks *r)
{
    static const load loads[] = { { SKY_NONE, 1, 10 * MEAN_NS },
                                  { SKY_NONE, 1, MEAN_NS },
                                  { SKY_NONE, 8, MEAN_NS },
                                  { SKY_NONE, 64, MEAN_NS } };

    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        watch never = { .stop_at = -1 };
        windows_config config = config_of(&loads[i], &never, r);
        windows *w;
        sky_error error;
        uint64_t bytes = peers_count(p).bytes, events;
        double s;

        config.control = NULL;
        w = must_create(&config);
        MPI_Barrier(MPI_COMM_WORLD);
        s = MPI_Wtime();
        expect(windows_run(w, (int64_t)(300 * loads[i].mean_ns), &error) == SKY_OK, "does not run");
        s = MPI_Wtime() - s;
        bytes = peers_count(p).bytes - bytes;
        events = windows_count(w).events;
        MPI_Allreduce(MPI_IN_PLACE, &events, 1, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
        if (rank == 0)
            printf("%d ranks: %.1f events a window, %.2f us a window, %.0f bytes handed over by a rank\n",
                   ranks_in_all, (double)events / (double)windows_count(w).windows,
                   s * 1e6 / (double)windows_count(w).windows,
                   (double)bytes / (double)windows_count(w).windows);
        windows_destroy(w);
    }
}

int main(int argc, char **argv)
{
    uint32_t rank_of[PROCESSES];
    peers *p;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks_in_all);
    deal(rank_of);
    p = peers_create(MPI_COMM_WORLD, rank_of);
    if (p == NULL)
        fail("out of memory");
    if (argc > 1 && strcmp(argv[1], "--bench") == 0) {
        bench(p, peers_ranks(p));
    } else {
        test_digests(peers_ranks(p), -1);
        test_digests(peers_ranks(p), 40);
        test_failure(peers_ranks(p));
        test_closing(rank_of);
        if (rank == 0)
            printf("%d ranks: the digests of one machine\n", ranks_in_all);
    }
    peers_destroy(p);
    MPI_Finalize();
    return 0;
}
