/* Pools that grow and shrink, checked against the stream of events of whole runs, under every strategy for tasks that
 * share nodes and every policy:
 * - billed = sum over nodes of usage × price, to the nano-dollar, by pool and purchase, and what commitments cost;
 * - no quota and no pool's most is exceeded, and no task runs on a node that is not up, after any event;
 * - a drain, a reclaim, or a release never loses a task: each that came is done, or waits, or runs;
 * - an engine stopped and restored on the way changes nothing, and the recorded events give the recorded actions. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include "../../engine/model/arith.h"
#include "../validation.h"
#include "record.h"
#include "scenario.h"
#include "tests/scenario_files.h"
#include "twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/folder.h"

#define NODES_MOST 4096
#define POOLS_MOST 16

/* Two regions of one cloud and one of another; spot, stock-outs, commitments, quotas, data in one region. */
static const char world_text[] =
    "@include \"catalog/catalog.cfg\"\n"
    "name = \"pools\"; duration = \"6 d\"; control_interval = \"5 min\"; strategies = [\"joint-cost\"]; seed "
    "= 5;\n"
    "pools = (\n"
    "  { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; zones = 2; purchases = [\"on-demand\", "
    "\"spot\"];\n"
    "    nodes = { initial = 2; least = 1; most = 12; committed = 2; };\n"
    "    boot = { distribution = \"lognormal\"; mean = \"3 min\"; sigma = 0.5; };\n"
    "    stock = { mean_available = \"20 h\"; mean_unavailable = \"3 h\"; }; },\n"
    "  { machine = \"aws:m5\"; regions = [\"aws:eu-west-1\"]; nodes = { most = 9; };\n"
    "    boot = { distribution = \"weibull\"; mean = \"2 min\"; shape = 0.7; }; },\n"
    "  { machine = \"gcp:n2\"; regions = [\"gcp:europe-west3\"]; purchases = [\"on-demand\", \"spot\"];\n"
    "    nodes = { most = 6; }; boot = \"1 min\"; }\n"
    ");\n"
    "classes = (\n"
    "  { name = \"small\"; request = { cpus = 1.5; memory = \"4 GB\"; };\n"
    "    data = { region = \"aws:eu-west-1\"; size = \"3 GB\"; }; },\n"
    "  { name = \"large\"; request = { cpus = 7; memory = \"9 GB\"; }; },\n"
    "  { name = \"chip\"; request = { cpus = 1; accelerators = 1; share = 0.5; }; }\n"
    ");\n"
    "workloads = (\n"
    "  { name = \"a\"; class = \"small\"; arrival = \"diurnal\"; rate = \"300 /d\"; estimate_factor = 3.0;\n"
    "    work = { distribution = \"exponential\"; mean = \"90 min\"; }; checkpoint = \"2 GB\";\n"
    "    checkpoint_interval = \"10 min\"; restart = \"1 min\"; },\n"
    "  { name = \"b\"; class = \"large\"; arrival = \"poisson\"; rate = \"60 /d\"; gang = 2;\n"
    "    work = { distribution = \"lognormal\"; mean = \"2 h\"; sigma = 1.0; }; },\n"
    "  { name = \"c\"; class = \"chip\"; arrival = \"poisson\"; rate = \"30 /d\";\n"
    "    work = { distribution = \"fixed\"; mean = \"3 h\"; }; checkpoint = \"1 GB\"; }\n"
    ");\n"
    "quotas = ( { provider = \"aws\"; cpus = 288; }, { region = \"aws:us-east-1\"; machines = 14; },\n"
    "           { provider = \"gcp\"; accelerators = 16; } );\n";

static const size_t row_size[RECORD_STREAM_COUNT] = {
    sizeof(sky_event),        sizeof(sky_action),           sizeof(record_series_row),
    sizeof(record_price_row), sizeof(record_placement_row), sizeof(record_job_row),
    sizeof(record_cost_row),  sizeof(record_summary),
};

typedef struct rows {
    unsigned char *bytes[RECORD_STREAM_COUNT];
    size_t size[RECORD_STREAM_COUNT];
} rows;

static sky_status keep(void *context, record_stream stream, const void *from, size_t count, sky_error *error)
{
    rows *r = context;
    size_t size = count * row_size[stream];

    (void)error;
    r->bytes[stream] = realloc(r->bytes[stream], r->size[stream] + size);
    assert_non_null(r->bytes[stream]);
    memcpy(r->bytes[stream] + r->size[stream], from, size);
    r->size[stream] += size;
    return SKY_OK;
}

static void free_rows(rows *r)
{
    for (int i = 0; i < RECORD_STREAM_COUNT; i++)
        free(r->bytes[i]);
}

static void load(scenario *s, const char *text, const char *scaling)
{
    char path[256], all[8192];
    sky_error error;

    snprintf(all, sizeof all, "%s%s", text, scaling);
    assert_true(tiny_write(folder, "pools.cfg", all, strlen(all)));
    snprintf(path, sizeof path, "%s/pools.cfg", folder);
    if (scenario_load(path, NULL, 0, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static record_summary run(const scenario *s, const char *strategy, int64_t restart_ns, rows *r)
{
    twin_options options = { strategy, 0, s->seed, restart_ns };
    twin_output output = { .context = r, .rows = keep };
    record_summary summary;
    sky_error error;

    memset(r, 0, sizeof *r);
    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s: %s", strategy, error.message);
    return summary;
}

/* ---- what events say --------------------------------------------------------------------------------------------- */

typedef struct seen_node {
    int state; /* 0: none, 1: booting, 2: up, 3: draining */
    uint32_t pool, purchase, covered;
    int64_t launched_ns, priced_ns,
        billed_ns; /* billed_ns: up to where its uncovered time has been counted */
    int64_t segment_nusd;
} seen_node;

typedef struct books {
    const scenario *s;
    seen_node node[NODES_MOST];
    uint32_t nodes;
    int64_t price[POOLS_MOST][SKY_PURCHASE_COUNT];
    int64_t nusd[POOLS_MOST][SKY_PURCHASE_COUNT], covered_ns[POOLS_MOST];
    int64_t alive[POOLS_MOST], covered[POOLS_MOST];
    int64_t now_ns;
    int drains, reclaims, failures, quota_failures;
} books;

/* The segment at one price is over: price × time, rounded once. */
static void close_segment(books *b, seen_node *n, int64_t to_ns)
{
    if (n->covered)
        b->covered_ns[n->pool] += to_ns - n->priced_ns;
    else
        b->nusd[n->pool][n->purchase] += muldiv_i64(b->price[n->pool][n->purchase], to_ns - n->priced_ns,
                                                    SKY_NS_PER_HOUR);
    n->priced_ns = to_ns;
}

static void cover(books *b, uint32_t pool)
{
    seen_node *first = NULL;

    for (uint32_t i = 0; i < b->nodes; i++) {
        seen_node *n = &b->node[i];

        if (n->state != 0 && n->pool == pool && n->purchase == SKY_ON_DEMAND && !n->covered &&
            (first == NULL || n->launched_ns < first->launched_ns))
            first = n;
    }
    if (first == NULL || b->covered[pool] == b->s->pools[pool].scale.committed)
        return;
    close_segment(b, first, b->now_ns);
    first->covered = 1;
    b->covered[pool]++;
}

static void node_goes(books *b, seen_node *n)
{
    const scenario_provider *p = &b->s->providers[b->s->regions[b->s->pools[n->pool].region].provider];
    int64_t used_ns = b->now_ns - n->launched_ns, billed_ns = used_ns;

    if (!n->covered && used_ns > 0) {
        billed_ns = round_up_i64(used_ns, p->billing_increment_ns);
        if (billed_ns < p->billing_minimum_ns)
            billed_ns = p->billing_minimum_ns;
    }
    close_segment(b, n, n->launched_ns + billed_ns);
    n->state = 0;
    b->alive[n->pool]--;
    if (!n->covered)
        return;
    n->covered = 0;
    b->covered[n->pool]--;
    cover(b, n->pool);
}

static void check_limits(const books *b)
{
    const scenario *s = b->s;

    for (size_t i = 0; i < s->pool_count; i++)
        assert_true(b->alive[i] <= s->pools[i].scale.most);
    for (size_t q = 0; q < s->quota_count; q++) {
        int64_t used = 0;

        for (size_t i = 0; i < s->pool_count; i++) {
            const scenario_machine *m = &s->machines[s->pools[i].machine];
            uint32_t region = s->pools[i].region;

            if (s->regions[region].provider != s->quotas[q].provider ||
                (s->quotas[q].region != SKY_NONE && s->quotas[q].region != region))
                continue;
            used += b->alive[i] * (s->quotas[q].counts == SKY_QUOTA_MACHINES ? 1
                                   : s->quotas[q].counts == SKY_QUOTA_MCPU   ? m->mcpu
                                                                             : m->accelerators);
        }
        assert_true(used <= s->quotas[q].most);
    }
}

static void hear(books *b, const sky_event *e)
{
    seen_node *n = e->instance < NODES_MOST ? &b->node[e->instance] : NULL;

    b->now_ns = e->time_ns;
    switch (e->kind) {
    case SKY_EVENT_PRICE:
        for (uint32_t i = 0; i < b->nodes; i++)
            if (b->node[i].state != 0 && b->node[i].pool == e->pool && b->node[i].purchase == e->detail &&
                e->detail == SKY_SPOT)
                close_segment(b, &b->node[i], e->time_ns);
        b->price[e->pool][e->detail] = e->a;
        return;
    case SKY_EVENT_NODE_BOOTING:
        assert_non_null(n);
        assert_int_equal(n->state, 0);
        *n = (seen_node){ 1, e->pool, e->detail, 0, e->time_ns, e->time_ns, 0, 0 };
        b->nodes = e->instance >= b->nodes ? e->instance + 1 : b->nodes;
        b->alive[e->pool]++;
        if (n->purchase == SKY_ON_DEMAND)
            cover(b, e->pool);
        check_limits(b);
        return;
    case SKY_EVENT_NODE_READY:
        assert_int_equal(n->state, 1);
        n->state = 2;
        return;
    case SKY_EVENT_NODE_DRAINING:
        b->drains++;
        n->state = 3;
        return;
    case SKY_EVENT_NODE_NOTICE:
        n->state = 3;
        return;
    case SKY_EVENT_NODE_GONE:
        b->reclaims += e->detail == 1;
        node_goes(b, n);
        return;
    case SKY_EVENT_GROW_FAILED:
        b->failures++;
        b->quota_failures += e->a == 1;
        return;
    case SKY_EVENT_TASK_STARTED:
        assert_int_equal(n->state, 2);
        return;
    default:
        return;
    }
}

static books *read_events(const scenario *s, const rows *r, int64_t end_ns)
{
    books *b = calloc(1, sizeof *b);
    const sky_event *events = (const sky_event *)r->bytes[RECORD_EVENTS];

    assert_non_null(b);
    b->s = s;
    for (size_t i = 0; i < r->size[RECORD_EVENTS] / sizeof *events; i++)
        hear(b, &events[i]);
    for (uint32_t i = 0; i < b->nodes; i++)
        if (b->node[i].state != 0)
            close_segment(b, &b->node[i], end_ns);
    return b;
}

/* ---- the properties ---------------------------------------------------------------------------------------------- */

static void check_bill(const scenario *s, const books *b, const rows *r, const record_summary *summary)
{
    const record_cost_row *rows_of = (const record_cost_row *)r->bytes[RECORD_COSTS];
    int64_t waste = 0, all = 0;

    for (size_t i = 0; i < r->size[RECORD_COSTS] / sizeof *rows_of; i++) {
        const record_cost_row *row = &rows_of[i];
        const scenario_pool *p = &s->pools[row->pool];

        all += row->compute_nusd + row->egress_nusd + row->probe_nusd;
        if (row->purchase != SKY_RESERVED) {
            assert_int_equal(row->compute_nusd, b->nusd[row->pool][row->purchase]);
            continue;
        }
        assert_int_equal(row->compute_nusd, muldiv_i64(p->scale.committed * p->reserved_nusd_per_hour,
                                                       summary->end_ns, SKY_NS_PER_HOUR));
        assert_int_equal(row->covered_us, b->covered_ns[row->pool] / 1000);
        assert_true(row->waste_nusd >= 0 && row->waste_nusd <= row->compute_nusd);
        waste += row->waste_nusd;
    }
    assert_int_equal(all, summary->cost_nusd);
    assert_int_equal(waste, summary->waste_nusd);
}

static void check_tasks(const rows *r, const record_summary *summary)
{
    const record_job_row *jobs = (const record_job_row *)r->bytes[RECORD_JOBS];
    size_t count = r->size[RECORD_JOBS] / sizeof *jobs;
    int64_t done = 0;

    assert_int_equal(count, summary->jobs);
    for (size_t i = 0; i < count; i++) {
        assert_true(jobs[i].state <= 2);
        done += jobs[i].state == 2;
        if (jobs[i].state == 2)
            assert_int_equal(jobs[i].done_ns, jobs[i].work_ns);
        else
            assert_true(jobs[i].done_ns <= jobs[i].work_ns);
    }
    assert_int_equal(done, summary->done);
    assert_true(10 * done > 8 * (int64_t)count);
}

static void replay(const scenario *s, const char *strategy, const rows *r)
{
    twin_options options = { .strategy = strategy, .seed = s->seed };
    sky_engine_config config = twin_engine_config(s, &options);
    const sky_event *events = (const sky_event *)r->bytes[RECORD_EVENTS];
    const unsigned char *expected = r->bytes[RECORD_ACTIONS];
    sky_engine *engine = NULL;
    sky_error error;

    assert_int_equal(sky_engine_create(&config, &engine, &error), SKY_OK);
    for (size_t i = 0; i < r->size[RECORD_EVENTS] / sizeof *events; i++) {
        const sky_action *actions;
        size_t count;

        if (sky_engine_observe(engine, &events[i], &error) != SKY_OK)
            fail_msg("%s", error.message);
        if (events[i].kind != SKY_EVENT_DECIDE)
            continue;
        assert_int_equal(sky_engine_decide(engine, events[i].time_ns, &actions, &count, &error), SKY_OK);
        if (count > 0)
            assert_memory_equal(actions, expected, count * sizeof *actions);
        expected += count * sizeof *actions;
    }
    assert_ptr_equal(expected, r->bytes[RECORD_ACTIONS] + r->size[RECORD_ACTIONS]);
    sky_engine_destroy(engine);
}

static const char *const strategies[] = { "joint-cost", "region-first",    "best-fit",
                                          "fgd",        "joint-cost+easy", "random+conservative" };
static const char *const scalings[] = {
    "scaling = { idle = \"10 min\"; drain = \"20 min\"; };\n",
    "scaling = { idle = \"0 s\"; drain = \"0 s\"; drain_below = 0.4; wait_cost = \"0.10 USD/h\"; };\n",
    "scaling = { policy = \"utilisation\"; idle = \"20 min\"; drain_below = 0.2; drain = \"30 min\"; };\n",
};

static void test_bills_limits_and_tasks(void **state)
{
    int drains = 0, reclaims = 0, failures = 0;
    int64_t requeued = 0;

    (void)state;
    for (size_t k = 0; k < sizeof scalings / sizeof *scalings; k++)
        for (size_t i = 0; i < sizeof strategies / sizeof *strategies; i++) {
            scenario s;
            rows whole, restored;
            record_summary summary;
            books *b;

            load(&s, world_text, scalings[k]);
            summary = run(&s, strategies[i], SKY_NEVER_NS, &whole);
            b = read_events(&s, &whole, summary.end_ns);
            check_bill(&s, b, &whole, &summary);
            check_tasks(&whole, &summary);
            drains += b->drains;
            reclaims += b->reclaims;
            failures += b->failures;
            requeued += summary.requeued;
            assert_int_equal(b->quota_failures, 0); /* the engine knows its quotas */
            free(b);
            run(&s, strategies[i], s.duration_ns / 3, &restored);
            for (int stream = 0; stream < RECORD_STREAM_COUNT; stream++) {
                assert_int_equal(whole.size[stream], restored.size[stream]);
                if (whole.size[stream] > 0)
                    assert_memory_equal(whole.bytes[stream], restored.bytes[stream], whole.size[stream]);
            }
            replay(&s, strategies[i], &whole);
            free_rows(&whole);
            free_rows(&restored);
            scenario_free(&s);
        }
    assert_true(drains > 100 && reclaims > 10 && failures > 10 && requeued > 20); /* it did happen */
    validation_row("pools that grow and shrink: bill of every node", "usage x price, exact", "equal",
                   __FILE_NAME__);
}

/* The tiny catalog, with a reserved price of 0.5 USD/h for m5 in us-east-1. */
static void write_reserved_price(void)
{
    static const char old[] = "spot = \"0.29 USD/h\";", more[] = " reserved = \"0.5 USD/h\";";
    char text[4096];
    char *at;

    snprintf(text, sizeof text, "%s", TINY_AWS);
    at = strstr(text, old);
    assert_non_null(at);
    memmove(at + strlen(old) + strlen(more), at + strlen(old), strlen(at + strlen(old)) + 1);
    memcpy(at + strlen(old), more, strlen(more));
    assert_true(tiny_write(folder, "catalog/aws.cfg", text, strlen(text)));
}

/* One node is committed at 0.5 USD/h, two run on demand at 0.768: what is covered, on demand and wasted, by hand. */
static void test_commitment_by_hand(void **state)
{
    static const char text[] =
        "@include \"catalog/catalog.cfg\"\n"
        "name = \"hand\"; duration = \"10 h\"; control_interval = \"1 h\"; strategies = [\"best-fit\"];\n"
        "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\"]; nodes = { most = 4; committed = 1; "
        "}; } );\n"
        "classes = ( { name = \"t\"; request = { cpus = 16; }; } );\n"
        "workloads = ( { name = \"w\"; class = \"t\"; arrival = \"start\"; count = 2;\n"
        "                work = { mean = \"3 h\"; }; },\n"
        "              { name = \"x\"; class = \"t\"; arrival = \"poisson\"; rate = \"0.0001 /d\";\n"
        "                work = { mean = \"1 h\"; }; } );\n"
        "scaling = { idle = \"0 s\"; };\n";
    char path[256];
    scenario s;
    rows r;
    record_summary summary;
    const record_cost_row *cost;
    sky_error error;

    (void)state;
    assert_true(tiny_write(folder, "hand.cfg", text, strlen(text)));
    snprintf(path, sizeof path, "%s/hand.cfg", folder);
    if (scenario_load(path, NULL, 0, &s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    summary = run(&s, "best-fit", SKY_NEVER_NS, &r);
    cost = (const record_cost_row *)r.bytes[RECORD_COSTS];
    assert_int_equal(r.size[RECORD_COSTS], 2 * sizeof *cost);
    /* on demand: the second node's 3 h at 0.768 */
    assert_int_equal(cost[0].purchase, SKY_ON_DEMAND);
    assert_int_equal(cost[0].compute_nusd, INT64_C(2304000000));
    assert_int_equal(cost[0].machine_us, 3 * SKY_NS_PER_HOUR / 1000);
    /* reserved: all of the run, of which the first node used 3 h */
    assert_int_equal(cost[1].purchase, SKY_RESERVED);
    assert_int_equal(cost[1].machine_us, summary.end_ns / 1000);
    assert_int_equal(cost[1].compute_nusd, muldiv_i64(500000000, summary.end_ns, SKY_NS_PER_HOUR));
    assert_int_equal(cost[1].covered_us, 3 * SKY_NS_PER_HOUR / 1000);
    assert_int_equal(cost[1].waste_nusd,
                     muldiv_i64(500000000, summary.end_ns - 3 * SKY_NS_PER_HOUR, SKY_NS_PER_HOUR));
    free_rows(&r);
    scenario_free(&s);
}

static int make_world(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || !tiny_write_all(folder))
        return 1;
    write_reserved_price();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commitment_by_hand),
        cmocka_unit_test(test_bills_limits_and_tasks),
    };

    return cmocka_run_group_tests(tests, make_world, remove_folder);
}
