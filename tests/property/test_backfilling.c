/* Backfilling keeps its promises, on random workloads in a small cluster of its own; and does exactly what a plain
 * implementation does that knows no queue, no profile and no heap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "kernel/random.h"
#include "queue/reservations.h"

#define SECOND   SKY_NS_PER_SECOND
#define NODES    12
#define CLASSES  6
#define TASKS    150
#define GANG     6
#define CASES(n) (SKYTWIN_SANITIZED ? (n) / 5 : (n))

typedef struct task {
    queue_entry entry;
    int64_t run_ns;
    int64_t first_promise_ns; /* -1: never had one */
    int64_t start_ns;         /* -1: not yet */
    uint32_t node[GANG], devices[GANG];
    int ended;
} task;

typedef struct cluster {
    node nodes[NODES];
    node_request classes[CLASSES];
    task tasks[TASKS];
    uint32_t node_count, class_count, task_count;
} cluster;

typedef struct simulation {
    cluster c;
    queue *q;
    reservations *r;
    sky_backfilling backfill;
    uint32_t depth; /* promises at most; 0: any number */
    int64_t now_ns;
    uint32_t arrived, head; /* head: who holds EASY's promise; SKY_NONE */
} simulation;

/* ---- clusters and workloads -------------------------------------------------------------------------------------- */

static node make_node(int64_t mcpu, int64_t memory, uint32_t devices)
{
    node n = { .mcpu_left = mcpu,
               .memory_left_bytes = memory,
               .mcpu = mcpu,
               .memory_bytes = memory,
               .state = NODE_UP,
               .devices = (uint8_t)devices,
               .model = devices > 0 ? 0 : NODE_NO_MODEL,
               .free_devices = (uint16_t)((1u << devices) - 1),
               .mgpu_left_sum = devices * NODE_DEVICE_MGPU };

    for (uint32_t i = 0; i < devices; i++)
        n.mgpu_left[i] = NODE_DEVICE_MGPU;
    return n;
}

/* Nodes of three kinds; tasks of cores, of memory, of whole devices and of shares of one. */
static void make_mixed(cluster *c)
{
    c->node_count = NODES;
    for (uint32_t i = 0; i < NODES; i++)
        c->nodes[i] = i % 3 == 0   ? make_node(8000, 32, 4)
                      : i % 3 == 1 ? make_node(16000, 16, 0)
                                   : make_node(1000, 8, 0);
    c->class_count = 6;
    c->classes[0] = (node_request){ .mcpu = 1000, .memory_bytes = 1 };
    c->classes[1] = (node_request){ .mcpu = 500, .memory_bytes = 8 };
    c->classes[2] =
        (node_request){ .mcpu = 2000, .memory_bytes = 2, .models = 1, .devices = 1, .mgpu = 1000 };
    c->classes[3] = (node_request){ .mcpu = 500, .memory_bytes = 2, .models = 1, .devices = 1, .mgpu = 400 };
    c->classes[4] = (node_request){ .mcpu = 8000, .memory_bytes = 4 };
    c->classes[5] =
        (node_request){ .mcpu = 4000, .memory_bytes = 8, .models = 1, .devices = 3, .mgpu = 1000 };
}

/* A parallel machine as in the papers: nodes of one core, gangs of one-core tasks. */
static void make_cores(cluster *c, uint32_t nodes)
{
    c->node_count = nodes;
    for (uint32_t i = 0; i < nodes; i++)
        c->nodes[i] = make_node(1000, 1, 0);
    c->class_count = 1;
    c->classes[0] = (node_request){ .mcpu = 1000 };
}

/* Times are whole seconds. over: estimates are up to `over` times the run time. */
static void make_tasks(cluster *c, uint32_t seed, uint32_t count, uint32_t gang, uint32_t over, uint32_t gap)
{
    const random_key key = { .seed = seed, .thing = 3 };
    int64_t submit_ns = 0;

    c->task_count = count;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t bits = random_u64(&key, i);
        int64_t run = 1 + (int64_t)(bits % (bits >> 60 == 0 ? 60 : 15));

        submit_ns += (int64_t)(bits >> 8 & 0xff) % gap * SECOND;
        c->tasks[i] =
            (task){ .entry = { .submit_ns = submit_ns,
                               .estimate_ns = run * (1 + (int64_t)(bits >> 16 & 0xff) % over) * SECOND,
                               .job = i,
                               .job_class = (uint32_t)(bits >> 24 & 0xffff) % c->class_count,
                               .tenant = (uint32_t)(bits >> 58 & 1),
                               .tasks = 1 + (uint32_t)(bits >> 40 & 0xffff) % gang },
                    .run_ns = run * SECOND,
                    .first_promise_ns = -1,
                    .start_ns = -1 };
    }
}

/* ---- the world ----------------------------------------------------------------------------------------------------- */

static void begin(simulation *s, const char *discipline, const sky_queue_options *options)
{
    const queue_discipline *d = queue_discipline_find(discipline);

    s->q = queue_create(d, options);
    s->r = reservations_create();
    assert_true(s->q != NULL && s->r != NULL);
    s->backfill = queue_discipline_about(d)->backfill;
    s->depth = options != NULL ? options->depth : 0;
    s->now_ns = 0;
    s->arrived = 0;
    s->head = SKY_NONE;
    for (uint32_t i = 0; i < s->c.class_count; i++)
        assert_int_equal(reservations_class(s->r, i, &s->c.classes[i]), SKY_OK);
}

static void finish(simulation *s)
{
    queue_free(s->q);
    reservations_free(s->r);
}

static const node_request *ask_of(const simulation *s, const task *t)
{
    return &s->c.classes[t->entry.job_class];
}

static void start(simulation *s, task *t)
{
    t->start_ns = s->now_ns;
    queue_remove(s->q, t->entry.job);
    for (uint32_t i = 0; i < t->entry.tasks; i++) {
        const reservation part = { .from_ns = RESERVATIONS_RUNS,
                                   .until_ns = s->now_ns + t->entry.estimate_ns,
                                   .job = t->entry.job,
                                   .job_class = t->entry.job_class,
                                   .node = t->node[i],
                                   .devices = t->devices[i] };

        assert_int_equal(reservations_book(s->r, &part), SKY_OK);
    }
}

/* Places one more part on a node, if it may start there now. */
static int place_part(simulation *s, task *t, uint32_t part, uint32_t index)
{
    const node_request *ask = ask_of(s, t);
    node_room scratch;
    const node_view room = reservations_room(s->r, (node_view){ &s->c.nodes[index], NULL }, index,
                                             t->entry.estimate_ns, &scratch);

    if (!node_suits(room.is, ask) || !node_has_room(room, ask))
        return 0;
    t->node[part] = index;
    t->devices[part] = node_choose(room, ask);
    node_take(&s->c.nodes[index], NULL, ask, t->devices[part]);
    return 1;
}

/* First on nodes with promises: a task that may run there leaves the others to longer ones. */
static int place(simulation *s, task *t)
{
    uint32_t placed = 0;

    for (int promised = 1; promised >= 0; promised--)
        for (uint32_t i = 0; i < s->c.node_count; i++) {
            node_room scratch;
            const node_view n = { &s->c.nodes[i], NULL };
            int is_promised = reservations_room(s->r, n, i, 1, &scratch).is == &scratch.is;

            while (is_promised == promised && placed < t->entry.tasks && place_part(s, t, placed, i))
                placed++;
        }
    if (placed == t->entry.tasks)
        return 1;
    while (placed-- > 0)
        node_give(&s->c.nodes[t->node[placed]], NULL, ask_of(s, t), t->devices[placed]);
    return 0;
}

static int has_room_without_promises(const simulation *s, const task *t)
{
    int64_t places = 0;

    for (uint32_t i = 0; i < s->c.node_count && places < t->entry.tasks; i++)
        if (node_suits(&s->c.nodes[i], ask_of(s, t)))
            places += node_room_for((node_view){ &s->c.nodes[i], NULL }, ask_of(s, t), INT64_MAX);
    return places >= t->entry.tasks;
}

static int may_promise(const simulation *s)
{
    if (s->backfill == SKY_BACKFILL_EASY)
        return s->head == SKY_NONE;
    return s->backfill == SKY_BACKFILL_CONSERVATIVE && (s->depth == 0 || reservations_count(s->r) < s->depth);
}

/* ---- the earliest place, second by second ------------------------------------------------------------------------- */

#define HORIZON 2000 /* seconds from now */
#define AMOUNTS 6    /* cores, memory, four devices */

/* What is left on each node in each second, as those who run and those who were promised a place will have it. */
typedef int64_t calendar[NODES][HORIZON][AMOUNTS];

static void enter(const simulation *s, const node_request *ask, uint32_t index, uint32_t devices,
                  int64_t from_ns, int64_t until_ns, calendar left)
{
    for (int64_t t = from_ns > s->now_ns ? (from_ns - s->now_ns) / SECOND : 0;
         t < (until_ns - s->now_ns) / SECOND; t++) {
        assert_true(t < HORIZON);
        left[index][t][0] -= ask->mcpu;
        left[index][t][1] -= ask->memory_bytes;
        for (int i = 0; i < 4; i++)
            left[index][t][2 + i] -= (devices >> i & 1) != 0 ? ask->mgpu : 0;
    }
}

static void fill_calendar(const simulation *s, calendar left)
{
    for (uint32_t i = 0; i < s->c.node_count; i++)
        for (int64_t t = 0; t < HORIZON; t++) {
            left[i][t][0] = s->c.nodes[i].mcpu;
            left[i][t][1] = s->c.nodes[i].memory_bytes;
            for (uint32_t d = 0; d < 4; d++)
                left[i][t][2 + d] = d < s->c.nodes[i].devices ? NODE_DEVICE_MGPU : 0;
        }
    for (uint32_t j = 0; j < s->arrived; j++) {
        const task *t = &s->c.tasks[j];
        const reservation *part;

        if (t->start_ns >= 0 && !t->ended)
            for (uint32_t i = 0; i < t->entry.tasks; i++)
                enter(s, ask_of(s, t), t->node[i], t->devices[i], t->start_ns,
                      t->start_ns + t->entry.estimate_ns, left);
        for (uint32_t i = 0; t->start_ns < 0 && (part = reservations_part(s->r, j, i)) != NULL; i++)
            enter(s, ask_of(s, t), part->node, part->devices, part->from_ns, part->until_ns, left);
    }
}

/* Places for such tasks from second `from` on, for so many seconds. */
static int64_t plain_places(const node_request *ask, int64_t left[HORIZON][AMOUNTS], int64_t from,
                            int64_t length)
{
    int64_t least[AMOUNTS], places, of_devices = 0;

    assert_true(from + length < HORIZON);
    memcpy(least, left[from], sizeof least);
    for (int64_t t = from + 1; t < from + length; t++)
        for (int i = 0; i < AMOUNTS; i++)
            least[i] = left[t][i] < least[i] ? left[t][i] : least[i];
    places = least[0] / ask->mcpu;
    if (ask->memory_bytes > 0 && least[1] / ask->memory_bytes < places)
        places = least[1] / ask->memory_bytes;
    if (ask->devices == 0)
        return places;
    for (int i = 2; i < AMOUNTS; i++)
        of_devices += least[i] / ask->mgpu;
    of_devices /= ask->devices;
    return of_devices < places ? of_devices : places;
}

static int64_t plain_earliest_ns(const simulation *s, const task *t)
{
    static calendar left;

    fill_calendar(s, left);
    for (int64_t from = 0;; from++) {
        int64_t places = 0;

        for (uint32_t i = 0; i < s->c.node_count; i++)
            places += plain_places(ask_of(s, t), left[i], from, t->entry.estimate_ns / SECOND);
        if (places >= t->entry.tasks)
            return s->now_ns + from * SECOND;
    }
}

static void promise(simulation *s, task *t)
{
    int64_t start_ns, earliest_ns = t->entry.job % 5 == 0 ? plain_earliest_ns(s, t) : -1; /* it is slow */

    assert_int_equal(
        reservations_promise(s->r, (node_view){ s->c.nodes, NULL }, s->c.node_count, &t->entry, 1, &start_ns),
        SKY_OK);
    assert_true(start_ns > s->now_ns);
    assert_true(earliest_ns < 0 || start_ns == earliest_ns);
    if (t->first_promise_ns < 0)
        t->first_promise_ns = start_ns;
    if (s->backfill == SKY_BACKFILL_EASY)
        s->head = t->entry.job;
    else
        queue_remove(s->q, t->entry.job);
}

/* At the places that it was promised. */
static void start_due(simulation *s)
{
    int64_t start_ns;
    uint32_t job;

    while ((job = reservations_first(s->r, &start_ns)) != SKY_NONE && start_ns <= s->now_ns) {
        task *t = &s->c.tasks[job];

        for (uint32_t i = 0; i < t->entry.tasks; i++) {
            const reservation *part = reservations_part(s->r, job, i);

            assert_true(
                node_fits_devices((node_view){ &s->c.nodes[part->node], NULL }, ask_of(s, t), part->devices));
            t->node[i] = part->node;
            t->devices[i] = part->devices;
            node_take(&s->c.nodes[part->node], NULL, ask_of(s, t), part->devices);
        }
        reservations_drop(s->r, job);
        start(s, t);
    }
}

static void hold_round(simulation *s, int freed)
{
    uint32_t jobs[TASKS], lost;
    queue_entry entry;

    queue_begin_round(s->q, s->now_ns);
    reservations_begin_round(s->r, s->now_ns);
    if (freed) {
        if (s->backfill == SKY_BACKFILL_EASY)
            reservations_drop(s->r, s->head);
        s->head = SKY_NONE;
        queue_freed(s->q, NULL);
        assert_int_equal(
            reservations_advance(s->r, (node_view){ s->c.nodes, NULL }, s->c.node_count, jobs, &lost),
            SKY_OK);
        assert_int_equal(lost, 0);
    }
    if (s->backfill == SKY_BACKFILL_CONSERVATIVE)
        start_due(s);
    while (queue_next(s->q, &entry)) {
        task *t = &s->c.tasks[entry.job];

        if (place(s, t)) {
            start(s, t);
            continue;
        }
        if (may_promise(s))
            promise(s, t);
        if (queue_find(s->q, entry.job, &entry)) /* it still waits */
            queue_refused(s->q, &entry, has_room_without_promises(s, t) ? entry.estimate_ns : 0);
    }
}

static int end_tasks(simulation *s)
{
    int freed = 0;

    for (uint32_t i = 0; i < s->arrived; i++) {
        task *t = &s->c.tasks[i];

        if (t->start_ns < 0 || t->ended || t->start_ns + t->run_ns > s->now_ns)
            continue;
        t->ended = freed = 1;
        for (uint32_t part = 0; part < t->entry.tasks; part++)
            node_give(&s->c.nodes[t->node[part]], NULL, ask_of(s, t), t->devices[part]);
        reservations_drop(s->r, i);
    }
    return freed;
}

static int64_t next_time(const simulation *s)
{
    int64_t next_ns = SKY_NEVER_NS, start_ns;

    if (s->arrived < s->c.task_count)
        next_ns = s->c.tasks[s->arrived].entry.submit_ns;
    for (uint32_t i = 0; i < s->arrived; i++) {
        const task *t = &s->c.tasks[i];

        if (t->start_ns >= 0 && !t->ended && t->start_ns + t->run_ns < next_ns)
            next_ns = t->start_ns + t->run_ns;
    }
    if (s->backfill == SKY_BACKFILL_CONSERVATIVE && reservations_first(s->r, &start_ns) != SKY_NONE &&
        start_ns < next_ns)
        next_ns = start_ns;
    return next_ns;
}

static void run(simulation *s)
{
    while ((s->now_ns = next_time(s)) != SKY_NEVER_NS) {
        int freed = end_tasks(s);

        for (; s->arrived < s->c.task_count && s->c.tasks[s->arrived].entry.submit_ns == s->now_ns;
             s->arrived++)
            assert_int_equal(queue_add(s->q, &s->c.tasks[s->arrived].entry), SKY_OK);
        hold_round(s, freed);
    }
    for (uint32_t i = 0; i < s->c.task_count; i++)
        assert_true(s->c.tasks[i].ended);
}

/* ---- promises are kept --------------------------------------------------------------------------------------------- */

/* How many tasks had a promise; none may start after its first one. */
static uint32_t expect_kept(const cluster *c)
{
    uint32_t promised = 0;

    for (uint32_t i = 0; i < c->task_count; i++) {
        const task *t = &c->tasks[i];

        if (t->first_promise_ns < 0)
            continue;
        promised++;
        assert_true(t->start_ns <= t->first_promise_ns);
    }
    return promised;
}

static void expect_promises_kept(const char *discipline, const sky_queue_options *options)
{
    static simulation s;
    uint32_t promised = 0;

    for (uint32_t seed = 0; seed < CASES(40); seed++) {
        if (seed % 4 == 3)
            make_cores(&s.c, 8);
        else
            make_mixed(&s.c);
        make_tasks(&s.c, seed, TASKS, 1 + seed % 3, 1 + seed % 4, 3);
        begin(&s, discipline, options);
        run(&s);
        promised += expect_kept(&s.c);
        finish(&s);
    }
    assert_true(promised > 200);
}

static void test_easy_never_delays_its_head(void **state)
{
    (void)state;
    expect_promises_kept("easy", NULL);
}

static void test_conservative_delays_nobody(void **state)
{
    (void)state;
    expect_promises_kept("conservative", NULL);
    expect_promises_kept("conservative", &(sky_queue_options){ .depth = 5 });
}

/* Total time from the first submission to the last end. */
static double span_of(simulation *s, const char *discipline, const sky_queue_options *options, uint32_t seed)
{
    int64_t end_ns = 0;

    make_mixed(&s->c);
    make_tasks(&s->c, 100 + seed, TASKS, 3, 2, 2);
    begin(s, discipline, options);
    run(s);
    finish(s);
    for (uint32_t i = 0; i < s->c.task_count; i++) {
        int64_t task_end_ns = s->c.tasks[i].start_ns + s->c.tasks[i].run_ns;

        end_ns = task_end_ns > end_ns ? task_end_ns : end_ns;
    }
    return (double)end_ns;
}

/* The same work in less time is more of the cluster used. */
static void test_backfilling_uses_more(void **state)
{
    static simulation s;
    double strict = 0, easy = 0, conservative = 0;

    (void)state;
    for (uint32_t seed = 0; seed < CASES(30); seed++) {
        strict += span_of(&s, "fcfs", &(sky_queue_options){ .strict = 1 }, seed);
        easy += span_of(&s, "easy", NULL, seed);
        conservative += span_of(&s, "conservative", NULL, seed);
    }
    assert_true(easy < strict && conservative < strict);
}

/* ---- EASY as in the paper: counts of processors -------------------------------------------------------------------- */

/* Shadow time and extra nodes of a job that needs more than is free. */
static int64_t shadow(const cluster *c, const int64_t *starts, int64_t now_ns, int64_t free, int64_t needed,
                      int64_t *extra)
{
    for (int64_t t = now_ns + SECOND;; t += SECOND) {
        int64_t at_t = free;

        for (uint32_t i = 0; i < c->task_count; i++)
            if (starts[i] >= 0 && starts[i] + c->tasks[i].run_ns > now_ns &&
                starts[i] + c->tasks[i].entry.estimate_ns <= t)
                at_t += c->tasks[i].entry.tasks;
        if (at_t >= needed) {
            *extra = at_t - needed;
            return t;
        }
    }
}

static void plain_easy_round(const cluster *c, int64_t *starts, int64_t now_ns)
{
    int64_t free = c->node_count, shadow_ns = -1, extra = 0;

    for (uint32_t i = 0; i < c->task_count; i++)
        if (starts[i] >= 0 && starts[i] + c->tasks[i].run_ns > now_ns)
            free -= c->tasks[i].entry.tasks;
    for (uint32_t i = 0; i < c->task_count && c->tasks[i].entry.submit_ns <= now_ns; i++) {
        const queue_entry *e = &c->tasks[i].entry;
        int ends_by_then = now_ns + e->estimate_ns <= shadow_ns;

        if (starts[i] >= 0)
            continue;
        if (e->tasks > free) {
            if (shadow_ns < 0)
                shadow_ns = shadow(c, starts, now_ns, free, e->tasks, &extra);
            continue;
        }
        if (shadow_ns >= 0 && !ends_by_then && e->tasks > extra)
            continue;
        starts[i] = now_ns;
        free -= e->tasks;
        extra -= ends_by_then ? 0 : e->tasks;
    }
}

static void test_easy_is_the_plain_one(void **state)
{
    static simulation s;

    (void)state;
    for (uint32_t seed = 0; seed < CASES(120); seed++) {
        int64_t starts[TASKS], last_ns = 0;

        make_cores(&s.c, 1 + seed % 10);
        make_tasks(&s.c, seed, 100, s.c.node_count < GANG ? s.c.node_count : GANG, 1 + seed % 3, 6);
        begin(&s, "easy", NULL);
        run(&s);
        for (uint32_t i = 0; i < s.c.task_count; i++) {
            starts[i] = -1;
            last_ns = s.c.tasks[i].start_ns > last_ns ? s.c.tasks[i].start_ns : last_ns;
        }
        for (int64_t t = 0; t <= last_ns; t += SECOND)
            plain_easy_round(&s.c, starts, t);
        for (uint32_t i = 0; i < s.c.task_count; i++)
            assert_int_equal(starts[i], s.c.tasks[i].start_ns);
        finish(&s);
    }
}

/* ---- conservative, node by node, second by second ------------------------------------------------------------------ */

typedef struct plain_job {
    int64_t from, until, run; /* seconds; from < 0: nowhere yet */
    uint32_t node[GANG];
    int runs;
} plain_job;

static int plain_is_free(const cluster *c, const plain_job *jobs, uint32_t index, int64_t from, int64_t until)
{
    for (uint32_t i = 0; i < c->task_count; i++)
        for (uint32_t part = 0; part < c->tasks[i].entry.tasks && jobs[i].from >= 0; part++)
            if (jobs[i].node[part] == index && jobs[i].from < until && from < jobs[i].until)
                return 0;
    return 1;
}

/* Since when a node has been free for so long; from + 1: it is not at `from`. */
static int64_t plain_free_since(const cluster *c, const plain_job *jobs, uint32_t index, int64_t from,
                                int64_t length, int64_t now)
{
    int64_t since = from + 1;

    while (since > now && plain_is_free(c, jobs, index, since - 1, since - 1 + length))
        since--;
    return since;
}

/* Books the job at `from`, if it fits: a single one on the first free node, a gang where it became free last. */
static int plain_book(const cluster *c, plain_job *jobs, uint32_t job, int64_t from, int64_t now)
{
    uint32_t tasks = c->tasks[job].entry.tasks, chosen = 0;
    int64_t length = c->tasks[job].entry.estimate_ns / SECOND;
    int taken[NODES] = { 0 };

    for (; chosen < tasks; chosen++) {
        int64_t best_since = -1;
        uint32_t best = SKY_NONE;

        for (uint32_t i = 0; i < c->node_count; i++) {
            int64_t since = plain_free_since(c, jobs, i, from, length, now);

            if (since > from || taken[i] || (tasks == 1 && best != SKY_NONE) || since < best_since)
                continue;
            best_since = since;
            best = i;
        }
        if (best == SKY_NONE)
            return 0;
        taken[best] = 1;
        jobs[job].node[chosen] = best;
    }
    jobs[job].from = from;
    jobs[job].until = from + length;
    return 1;
}

/* Starts it now, first on nodes with promises, if that delays none. */
static int plain_start(const cluster *c, plain_job *jobs, uint32_t job, int64_t now)
{
    uint32_t tasks = c->tasks[job].entry.tasks, chosen = 0;
    int64_t length = c->tasks[job].entry.estimate_ns / SECOND;

    for (int wanted = 1; wanted >= 0; wanted--)
        for (uint32_t n = 0; n < c->node_count && chosen < tasks; n++) {
            int promised = 0;

            for (uint32_t i = 0; i < c->task_count; i++)
                for (uint32_t part = 0; part < c->tasks[i].entry.tasks && jobs[i].from >= 0 && !jobs[i].runs;
                     part++)
                    promised |= jobs[i].node[part] == n;
            if (promised == wanted && plain_is_free(c, jobs, n, now, now + length))
                jobs[job].node[chosen++] = n;
        }
    if (chosen < tasks)
        return 0;
    jobs[job].from = now;
    jobs[job].until = now + length;
    return jobs[job].runs = 1;
}

static void plain_promise(const cluster *c, plain_job *jobs, uint32_t job, int64_t now)
{
    int64_t from = now;

    jobs[job].from = -1;
    while (!plain_book(c, jobs, job, from, now))
        from++;
}

/* Promises anew, in the order of the promised starts. */
static void plain_advance(const cluster *c, plain_job *jobs, int64_t now)
{
    plain_job before[TASKS];

    memcpy(before, jobs, sizeof before);
    for (int64_t from = 0; from < 20000; from++)
        for (uint32_t i = 0; i < c->task_count; i++)
            if (before[i].from == from && !before[i].runs)
                plain_promise(c, jobs, i, now);
}

static void plain_conservative_round(const cluster *c, plain_job *jobs, int64_t now)
{
    int freed = 0;

    for (uint32_t i = 0; i < c->task_count; i++)
        if (jobs[i].runs && jobs[i].from + jobs[i].run == now) {
            jobs[i].until = now;
            freed = 1;
        }
    if (freed)
        plain_advance(c, jobs, now);
    for (uint32_t i = 0; i < c->task_count; i++)
        jobs[i].runs |= jobs[i].from == now;
    for (uint32_t i = 0; i < c->task_count; i++)
        if (jobs[i].from < 0 && c->tasks[i].entry.submit_ns == now * SECOND && !plain_start(c, jobs, i, now))
            plain_promise(c, jobs, i, now);
}

static void test_conservative_is_the_plain_one(void **state)
{
    static simulation s;

    (void)state;
    for (uint32_t seed = 0; seed < CASES(30); seed++) {
        plain_job jobs[TASKS];
        int64_t last_ns = 0;

        make_cores(&s.c, 1 + seed % 6);
        make_tasks(&s.c, 50 + seed, 40, s.c.node_count < GANG ? s.c.node_count : GANG, 1 + seed % 3, 12);
        begin(&s, "conservative", NULL);
        run(&s);
        for (uint32_t i = 0; i < TASKS; i++) {
            jobs[i] = (plain_job){ .from = -1, .run = s.c.tasks[i].run_ns / SECOND };
            if (i < s.c.task_count && s.c.tasks[i].start_ns > last_ns)
                last_ns = s.c.tasks[i].start_ns;
        }
        for (int64_t t = 0; t <= last_ns / SECOND; t++)
            plain_conservative_round(&s.c, jobs, t);
        for (uint32_t i = 0; i < s.c.task_count; i++) {
            assert_true(jobs[i].runs);
            assert_int_equal(jobs[i].from * SECOND, s.c.tasks[i].start_ns);
        }
        finish(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_easy_never_delays_its_head),
        cmocka_unit_test(test_conservative_delays_nobody),
        cmocka_unit_test(test_backfilling_uses_more),
        cmocka_unit_test(test_easy_is_the_plain_one),
        cmocka_unit_test(test_conservative_is_the_plain_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
