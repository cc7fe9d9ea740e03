/* Datasets and all that they can meet: random small scenarios with and without a network, copies, caches, updates, rules,
 * readers, jobs that read, spot markets, links and regions that fail, and an engine that replicates, moves and tiers.
 * Whatever they do: the bill's rows, those of storage and the summary add up; an engine that is restarted on the way changes
 * nothing; the recorded events give the recorded actions. In Debug builds the twin's own invariants (reads, bytes, money) are
 * checked after every event as well. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/random.h"
#include "scenario.h"
#include "tests/record_rows.h"
#include "tests/scenario_files.h"
#include "twin.h"
#include "tests/folder.h"

#define CASES (SKYTWIN_SANITIZED ? 10 : 60)

typedef struct dice {
    random_key key;
    uint64_t thrown;
} dice;

static int throw(dice * d, int sides)
{
    return (int)(random_u64(&d->key, d->thrown++) % (uint64_t)sides);
}

static const char *pick(dice *d, const char *const *of, int count)
{
    return of[throw(d, count)];
}

#define PICK(d, ...)                                                                                         \
    pick(d, (const char *const[]){ __VA_ARGS__ },                                                            \
         (int)(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)))
#define REGION(d) PICK(d, "aws:us-east-1", "aws:eu-west-1", "gcp:europe-west3")

typedef struct text {
    char is[16384];
    size_t length;
} text;

__attribute__((format(printf, 2, 3))) static void put(text *t, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    t->length += (size_t)vsnprintf(t->is + t->length, sizeof t->is - t->length, format, arguments);
    va_end(arguments);
    assert_true(t->length < sizeof t->is);
}

static void put_jobs(text *t, dice *d)
{
    put(t, "pools = ( { machine = \"aws:m5\"; regions = [\"aws:eu-west-1\"]; capacity = %d; },\n",
        2 + throw(d, 5));
    put(t, "  { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; capacity = %d;\n", 2 + throw(d, 5));
    put(t, "    purchases = [\"on-demand\", \"spot\"]; spot: { mean_available = \"3 h\"; mean_unavailable = "
           "\"1 h\"; }; },\n");
    put(t, "  { machine = \"gcp:n2\"; regions = [\"gcp:europe-west3\"]; nodes = 1; } );\n");
    put(t, "classes = ( { name = \"own\"; runs_on = ( { machine = \"aws:m5\"; } ); },\n"
           "  { name = \"shared\"; request = { cpus = 2.0; }; } );\n");
    put(t, "workloads = ( { name = \"a\"; class = \"own\"; arrival = \"poisson\"; rate = \"%d /d\";\n",
        5 + throw(d, 20));
    put(t, "    work = { distribution = \"exponential\"; mean = \"2 h\"; }; checkpoint = \"5 GB\"; restart = "
           "\"2 min\";\n"
           "    checkpoint_interval = \"10 min\"; deadline_factor = 4.0; },\n");
    put(t,
        "  { name = \"b\"; class = \"shared\"; arrival = \"poisson\"; rate = \"%d /d\"; restart = \"1 "
        "min\";\n",
        5 + throw(d, 20));
    put(t, "    work = { distribution = \"exponential\"; mean = \"1 h\"; }; } );\n");
}

static void put_dataset(text *t, dice *d, const char *name)
{
    const char *home = REGION(d), *other = REGION(d);

    put(t, "    { name = \"%s\"; size = \"%d GB\"; objects = %d; home = \"%s\"; lag = \"%d min\";\n", name,
        1 + throw(d, 100), 1 + throw(d, 100), home, throw(d, 3) * 20);
    if (strcmp(home, other) != 0)
        put(t, "      replicas = ( { region = \"%s\"; tier = \"%s\"; } );\n", other, PICK(d, "hot", "cool"));
    if (throw(d, 2))
        put(t, "      growth = \"%d /d\";\n", 1 + throw(d, 100));
    if (throw(d, 2))
        put(t, "      updates = \"%d /d\";\n", 1 + throw(d, 300));
    if (throw(d, 2))
        put(t, "      lifecycle = ( { after = \"%d h\"; to = \"cool\"; }%s );\n", 1 + throw(d, 10),
            PICK(d, "", ", { after = \"15 h\"; to = \"delete\"; }"));
    put(t, "    }");
}

static void put_reader(text *t, dice *d, const char *name, const char *set)
{
    put(t, "    { name = \"%s\"; dataset = \"%s\"; region = \"%s\"; %s rate = %d.0E-3; swing = 0.5; }", name,
        set, REGION(d), PICK(d, "pattern = \"scan\";", "exponent = 0.0;", "exponent = 1.2;"),
        1 + throw(d, 50));
}

static void put_storage(text *t, dice *d)
{
    put(t, "storage = {\n  extra_tiers = (\n"
           "    { name = \"h\"; kind = \"hot\"; latency = \"10 ms\"; throughput = \"1 Gbit/s\"; held = "
           "\"0.02 USD/GB\";\n"
           "      write = \"0.005 USD/1000\"; read = \"0.0004 USD/1000\"; },\n"
           "    { name = \"c\"; kind = \"cool\"; latency = \"20 ms\"; throughput = \"1 Gbit/s\"; gb = \"1 "
           "GiB\"; held = \"0.01 "
           "USD/GB\";\n"
           "      retrieval = \"0.01 USD/GB\"; write = \"0.01 USD/1000\"; read = \"0.001 USD/1000\"; move = "
           "\"0.01 "
           "USD/1000\";\n"
           "      retention = \"30 d\"; least = \"128 KiB\"; } );\n  datasets = (\n");
    put_dataset(t, d, "x");
    put(t, ",\n");
    put_dataset(t, d, "y");
    put(t, " );\n  readers = (\n");
    put_reader(t, d, "r", "x");
    put(t, ",\n");
    put_reader(t, d, "s", "y");
    put(t, " );\n");
    if (throw(d, 2))
        put(t,
            "  caches = ( { region = \"%s\"; tier = \"hot\"; size = \"%d GB\"; policy = \"%s\"; prefetch = "
            "%d; %s } );\n",
            REGION(d), 101 + throw(d, 50), PICK(d, "lru", "lfu", "sieve", "w-tinylfu"), throw(d, 3),
            PICK(d, "", "admission = \"cost\"; price = \"0.1 USD/h\";"));
    put(t, "  jobs = ( { class = \"own\"; dataset = \"x\"; size = \"%d GB\"; hourly = \"%d GB\"; },\n",
        1 + throw(d, 50), throw(d, 5));
    put(t, "           { class = \"shared\"; dataset = \"%s\"; size = \"1 GB\"; hourly = \"1 GB\"; } );\n",
        PICK(d, "x", "y"));
    put(t, "  replication = \"%s\"; tiering = \"%s\"; time_value = \"%d USD/h\";\n};\n",
        PICK(d, "none", "break-even"), PICK(d, "none", "by-reads"), throw(d, 3));
}

static void put_network(text *t, dice *d)
{
    put(t, "network: { relays = [%s]; public: { capacity = \"%d Mbit/s\"; }; };\n",
        PICK(d, "", "\"aws:eu-west-1\""), 200 + throw(d, 2000));
    put(t, "faults = ( { kind = \"link-outage\"; target = \"%s\"; every = \"5 h\"; lasts = \"%d min\"; },\n",
        REGION(d), 10 + throw(d, 100));
    put(t,
        "  { kind = \"brown-out\"; target = \"%s\"; slow = 3.0; loss = 0.01; every = \"5 h\"; lasts = \"1 "
        "h\"; },\n",
        REGION(d));
    put(t, "  { kind = \"outage\"; target = \"%s\"; every = \"9 h\"; lasts = \"1 h\"; } );\n", REGION(d));
}

static void load(unsigned i, scenario *s, char *strategy, size_t size)
{
    dice d = { .key = { .seed = i, .thing = 29 } };
    static text t;
    char path[256];
    sky_error error;

    t.length = 0;
    put(&t,
        "@include \"catalog/catalog.cfg\"\nname = \"data\"; duration = \"1 d\"; control_interval = \"%d "
        "min\";\n",
        5 + throw(&d, 40));
    put(&t, "strategies = [\"data-gravity\"]; seed = %u;\n", i);
    put_jobs(&t, &d);
    put_storage(&t, &d);
    if (throw(&d, 3) > 0)
        put_network(&t, &d);
    snprintf(
        strategy, size, "%s",
        PICK(&d, "data-gravity", "data-to-compute", "compute-to-data", "spot-greedy", "on-demand-cheapest"));
    assert_true(tiny_write(folder, "data.cfg", t.is, t.length));
    snprintf(path, sizeof path, "%s/data.cfg", folder);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("case %u: %s", i, error.message);
}

static record_summary run(const scenario *s, unsigned i, const char *strategy, int64_t restart_ns,
                          record_rows *r)
{
    twin_options options = { .strategy = strategy, .seed = s->seed, .restart_at_ns = restart_ns };
    twin_output output = { .context = r, .rows = record_rows_keep };
    record_summary summary;
    sky_error error;

    memset(r, 0, sizeof *r);
    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("case %u, %s: %s", i, strategy, error.message);
    return summary;
}

static void check_sums(const record_rows *r, const record_summary *s)
{
    const record_storage_row *rows = r->of[RECORD_STORAGE];
    const record_cost_row *costs = r->of[RECORD_COSTS];
    int64_t nusd = 0, reads = 0, failed = 0, bytes = 0, cost_nusd = 0;

    for (size_t i = 0; i < r->count[RECORD_STORAGE]; i++) {
        nusd += rows[i].nusd;
        reads += rows[i].reads;
        failed += rows[i].failed;
        bytes += rows[i].far_bytes + rows[i].local_bytes + rows[i].cache_bytes;
    }
    for (size_t i = 0; i < r->count[RECORD_COSTS]; i++)
        cost_nusd += costs[i].compute_nusd + costs[i].probe_nusd + costs[i].egress_nusd +
                     costs[i].energy_nusd + costs[i].storage_nusd;
    assert_int_equal(nusd, s->storage_nusd);
    assert_int_equal(reads, s->data_reads);
    assert_int_equal(failed, s->data_failed);
    assert_int_equal(bytes, s->data_read_bytes);
    assert_int_equal(cost_nusd, s->cost_nusd);
}

static void check_same(unsigned i, const char *strategy, const record_rows *a, const record_rows *b)
{
    for (int k = 0; k < RECORD_STREAM_COUNT; k++)
        if (a->count[k] != b->count[k] ||
            (a->count[k] > 0 &&
             memcmp(a->of[k], b->of[k], a->count[k] * record_row_bytes((record_stream)k)) != 0))
            fail_msg("case %u, %s: stream %d differs", i, strategy, k);
}

static void replay(const scenario *s, unsigned i, const char *strategy, const record_rows *r)
{
    twin_options options = { .strategy = strategy, .seed = s->seed };
    sky_engine_config config = twin_engine_config(s, &options);
    const sky_event *events = r->of[RECORD_EVENTS];
    const sky_action *expected = r->of[RECORD_ACTIONS];
    sky_engine *engine = NULL;
    sky_error error;

    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_OK);
    for (size_t e = 0; e < r->count[RECORD_EVENTS]; e++) {
        const sky_action *actions;
        size_t count;

        if (sky_engine_observe(engine, &events[e], &error) != SKY_OK)
            fail_msg("case %u: %s", i, error.message);
        if (events[e].kind != SKY_EVENT_DECIDE)
            continue;
        assert_int_equal(sky_engine_decide(engine, events[e].time_ns, &actions, &count, &error), SKY_OK);
        if (count > 0)
            assert_memory_equal(actions, expected, count * sizeof *actions);
        expected += count;
    }
    sky_engine_destroy(engine);
}

/* What happened in all cases together. */
typedef struct met {
    int64_t reads, hits, stale, failed, orders, done;
} met;

static void count_orders(const record_rows *r, met *m)
{
    const sky_action *actions = r->of[RECORD_ACTIONS];

    for (size_t i = 0; i < r->count[RECORD_ACTIONS]; i++)
        m->orders += actions[i].kind >= SKY_ACTION_REPLICATE && actions[i].kind <= SKY_ACTION_EVICT;
}

static void test_data_and_all_that_it_meets(void **state)
{
    const char *from = getenv("SKYTWIN_CASE"); /* to look at one: its number */
    unsigned first = from != NULL ? (unsigned)atoi(from) : 0, cases = from != NULL ? 1 : CASES;
    met m = { 0 };

    (void)state;
    for (unsigned i = first; i < first + cases; i++) {
        record_summary summary;
        record_rows whole, again;
        char strategy[64];
        scenario s;

        load(i, &s, strategy, sizeof strategy);
        summary = run(&s, i, strategy, SKY_NEVER_NS, &whole);
        check_sums(&whole, &summary);
        run(&s, i, strategy, (int64_t)(3 + i % 15) * SKY_NS_PER_HOUR + i * SKY_NS_PER_SECOND, &again);
        check_same(i, strategy, &whole, &again);
        replay(&s, i, strategy, &whole);
        count_orders(&whole, &m);
        m.reads += summary.data_reads;
        m.hits += summary.data_hits;
        m.stale += summary.data_stale;
        m.failed += summary.data_failed;
        m.done += summary.done;
        record_rows_free(&whole);
        record_rows_free(&again);
        scenario_free(&s);
    }
    print_message(
        "    %lld reads, %lld hits, %lld stale, %lld failed, %lld orders about data, %lld jobs done\n",
        (long long)m.reads, (long long)m.hits, (long long)m.stale, (long long)m.failed, (long long)m.orders,
        (long long)m.done);
    if (from != NULL || SKYTWIN_SANITIZED) /* a few cases need not meet all there is */
        return;
    assert_true(m.reads > 1000 * cases && m.hits > 100 * cases && m.stale > cases && m.failed > 0 &&
                m.orders > 10 && m.done > 10 * cases);
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || !tiny_write_all(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_data_and_all_that_it_meets) };

    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
