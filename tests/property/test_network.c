/* The network in time, and in the twin: routes by latency, cost and preference; links that fail under transfers;
 * bytes and money conserved; jobs that wait for their checkpoints; the break-even of a private line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "record.h"
#include "twin.h"
#include "validation.h"
#include "world/network/network.h"

#define LINE SKYTWIN_SOURCE_DIR "/scenarios/public-vs-private-interconnect.cfg"
#define GB   INT64_C(1000000000)

static scenario *load(const char *const *overrides, size_t count)
{
    scenario *s = calloc(1, sizeof *s);
    sky_error error;

    if (scenario_load(LINE, overrides, count, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    return s;
}

static void unload(scenario *s)
{
    scenario_free(s);
    free(s);
}

static uint32_t region(const scenario *s, const char *name)
{
    for (uint32_t i = 0; i < s->region_count; i++)
        if (strcmp(s->regions[i].name, name) == 0)
            return i;
    fail_msg("no region %s", name);
    return 0;
}

/* ---- routes ----------------------------------------------------------------------------------------------------- */

static void test_routes_follow_the_policy(void **state)
{
    static const char *const latency[] = { "network.routing=\"least-latency\"",
                                           "network.relays=[\"gcp:europe-west3\"]" };
    static const char *const cost[] = { "network.routing=\"least-cost\"",
                                        "network.relays=[\"onprem:fra-dc1\"]" };
    static const char *const direct[] = { "network.links[0].ordered=false" };
    scenario *s = load(latency, 2);
    uint32_t aws = region(s, "aws:eu-central-1"), site = region(s, "onprem:fra-dc1"),
             west = region(s, "gcp:europe-west3");
    topology_route route;
    topology t;

    (void)state;
    assert_int_equal(topology_init(&t, s), SKY_OK);
    route = topology_find_route(&t, aws, site); /* both 2 ms: the line is cheaper */
    assert_int_equal(route.count, 1);
    assert_int_equal(t.links[route.links[0]].kind, LINK_PRIVATE);
    route = topology_find_route(&t, west, site);
    assert_int_equal(route.count, 1);
    assert_int_equal(t.links[route.links[0]].kind, LINK_PUBLIC);
    topology_free(&t);
    unload(s);

    /* 0.02 over the line and nothing from the site on, against 0.09 */
    s = load(cost, 2);
    assert_int_equal(topology_init(&t, s), SKY_OK);
    route = topology_find_route(&t, aws, west);
    assert_int_equal(route.count, 2);
    assert_int_equal(t.links[route.links[0]].to, site);
    assert_int_equal(t.links[route.links[0]].kind, LINK_PRIVATE);
    topology_free(&t);
    unload(s);

    s = load(direct, 1);
    assert_int_equal(topology_init(&t, s), SKY_OK);
    route = topology_find_route(&t, aws, site);
    assert_int_equal(t.links[route.links[0]].kind, LINK_PUBLIC);
    topology_free(&t);
    unload(s);
}

/* ---- faults ------------------------------------------------------------------------------------------------------- */

/* 100 GB over the line of 1.25 GB a second; it fails after 40 s, the Internet's 0.625 GB a second take over, and
 * 50 s later that is down too; up again at 200 s. Each way's bytes are billed at its price. */
static void test_a_transfer_survives_its_link(void **state)
{
    scenario *s = load(NULL, 0);
    transfer_meter *meters = calloc(s->provider_count, sizeof *meters);
    uint32_t aws = region(s, "aws:eu-central-1"), site = region(s, "onprem:fra-dc1"), line, transfer, ended;
    uint32_t internet = aws * (uint32_t)s->region_count + site;
    const int64_t second = SKY_NS_PER_SECOND;
    network n;
    sky_error error;

    (void)state;
    for (size_t i = 0; i < s->provider_count; i++)
        meters[i] = (transfer_meter){ .tiers = s->providers[i].internet_egress,
                                      .tier_count = s->providers[i].internet_egress_count };
    assert_int_equal(network_init(&n, s, meters, &error), SKY_OK);
    line = (uint32_t)n.topology.link_count - 1; /* its way back, from AWS */
    assert_int_equal(network_send(&n, 0, aws, site, 100 * GB, NETWORK_JOB, 7, &transfer), SKY_OK);
    assert_int_equal(network_next_ns(&n), 80 * second);
    assert_int_equal(network_set_link(&n, 40 * second, line, 1, 0, 0), SKY_OK);
    assert_int_equal(network_next_ns(&n), 120 * second);
    assert_int_equal(n.transfers[transfer].nusd, 50 * 20000000);
    assert_int_equal(network_left_ns(&n, 90 * second, transfer), 30 * second);
    assert_int_equal(network_set_link(&n, 90 * second, internet, 1, 0, 0), SKY_OK);
    assert_int_equal(network_left_ns(&n, 90 * second, transfer), SKY_NEVER_NS);
    assert_int_equal(network_next_ns(&n), 3600 * second); /* the nightly replication */
    assert_int_equal(network_set_link(&n, 200 * second, internet, 0, 0, 0), SKY_OK);
    network_set_pipe(&n, 200 * second, 4 * site + PIPE_PUBLIC_IN, 500000);
    assert_int_equal(network_next_ns(&n), 260 * second);
    assert_int_equal(network_advance(&n, 260 * second), SKY_OK);
    assert_true(network_take(&n, &ended));
    assert_int_equal(ended, transfer);
    assert_int_equal(n.transfers[ended].moved_bytes, 100 * GB);
    assert_int_equal(n.transfers[ended].nusd, 50 * 20000000 + 50 * INT64_C(90000000));
    assert_false(network_take(&n, &ended));
    network_free(&n);
    free(meters);
    unload(s);
}

/* A brown-out's loss slows TCP down, not the link. */
static void test_loss_slows_transfers(void **state)
{
    scenario *s = load(NULL, 0);
    transfer_meter *meters = calloc(s->provider_count, sizeof *meters);
    uint32_t aws = region(s, "aws:eu-central-1"), tokyo = region(s, "aws:ap-northeast-1"), transfer;
    uint32_t link = aws * (uint32_t)s->region_count + tokyo;
    int64_t before_ns;
    network n;
    sky_error error;

    (void)state;
    assert_int_equal(network_init(&n, s, meters, &error), SKY_OK);
    assert_int_equal(network_send(&n, 0, aws, tokyo, GB, NETWORK_JOB, 0, &transfer), SKY_OK);
    before_ns = network_left_ns(&n, 0, transfer);
    assert_int_equal(network_set_link(&n, 0, link, 0, 0, 10000000), SKY_OK);
    assert_true(network_left_ns(&n, 0, transfer) > 20 * before_ns);
    network_free(&n);
    free(meters);
    unload(s);
}

/* Frankfurt to Tokyo: loss and distance hold the direct way to some 70 Mbit/s with four connections; a goal beyond what it
 * reaches is met over relays too, each path with its share of the bytes, and the gateways' rent comes on top. */
static void test_a_goal_is_met_over_relays(void **state)
{
    static const char *const wanted[] = { "network.transfers[0].to=gcp:asia-northeast1",
                                          "network.transfers[0].size=1000 GB",
                                          "network.relays=[\"aws:ap-northeast-1\",\"aws:us-west-2\"]",
                                          "network.gateway=3.6 USD/h",
                                          "network.streams=4",
                                          "network.transfers[0].goal=1.6 Gbit/s" };
    static const char *const too_much[] = { "network.transfers[0].goal=2 Tbit/s" };
    scenario *s = load(wanted, 6);
    transfer_meter *meters = calloc(s->provider_count, sizeof *meters);
    int64_t bytes = 0, nusd = 0, rate = 0, next_ns;
    uint32_t ended;
    network n;
    sky_error error;

    (void)state;
    assert_int_equal(network_init(&n, s, meters, &error), SKY_OK);
    for (uint32_t i = 0; i < n.plans[0].count; i++)
        rate += n.plans[0].paths[i].bytes_per_s;
    assert_in_range(rate, 199999900, 200000100);
    assert_true(n.plans[0].paths[0].route.count > 1 || n.plans[0].count > 1);
    while ((next_ns = network_next_ns(&n)) < 24 * SKY_NS_PER_HOUR)
        assert_int_equal(network_advance(&n, next_ns), SKY_OK);
    while (network_take(&n, &ended)) {
        bytes += n.transfers[ended].moved_bytes;
        nusd += n.transfers[ended].nusd;
        /* as planned: 5000 s after its start at 1 h */
        assert_in_range(n.transfers[ended].end_ns / 1000000, 8599990, 8600010);
    }
    assert_int_equal(bytes, 1000 * GB);
    assert_true(nusd >= n.plans[0].rent_nusd_per_hour * 50 / 36 - 10);
    network_free(&n);
    unload(s);

    s = load(too_much, 1);
    assert_int_equal(network_init(&n, s, meters, &error), SKY_ERROR_INPUT);
    assert_non_null(strstr(error.message, "network.transfers: replication: found no overlay so fast"));
    network_free(&n);
    free(meters);
    unload(s);
}

static void set_region(network *n, int64_t now_ns, uint32_t site, int down)
{
    for (uint32_t i = 0; i < n->topology.link_count; i++)
        if (n->topology.links[i].from != n->topology.links[i].to &&
            (n->topology.links[i].from == site || n->topology.links[i].to == site))
            network_change_link(n, i, down, 0, 0);
    assert_int_equal(network_reroute(n, now_ns), SKY_OK);
}

static int passes(const network *n, uint32_t way, uint32_t site)
{
    const topology_route *route = &n->ways[way].route;

    for (uint32_t i = 0; i < route->count; i++)
        if (n->topology.links[route->links[i]].to == site && i + 1 < route->count)
            return 1;
    return 0;
}

/* As above, from 1 h on. The relay that most goes through is out from 1.5 h to 2 h: meanwhile what took it goes on by the
 * best way that is left, and by its plan again when that is open. Where the far end is out all of it waits. */
static void test_relays_that_fail(void **state)
{
    static const char *const wanted[] = { "network.transfers[0].to=gcp:asia-northeast1",
                                          "network.transfers[0].size=1000 GB",
                                          "network.relays=[\"aws:ap-northeast-1\",\"aws:us-west-2\"]",
                                          "network.streams=4", "network.transfers[0].goal=1.6 Gbit/s" };
    const int64_t hour = SKY_NS_PER_HOUR;
    scenario *s = load(wanted, 5);
    transfer_meter *meters = calloc(s->provider_count, sizeof *meters);
    uint32_t relay = region(s, "aws:ap-northeast-1"), far = region(s, "gcp:asia-northeast1"), ended, count;
    uint32_t over_relay = 0;
    int64_t bytes = 0, next_ns;
    network n;
    sky_error error;

    (void)state;
    assert_int_equal(network_init(&n, s, meters, &error), SKY_OK);
    assert_int_equal(network_advance(&n, network_next_ns(&n)), SKY_OK);
    count = (uint32_t)n.transfer_count;
    for (uint32_t i = 0; i < count; i++)
        over_relay += (uint32_t)passes(&n, n.transfers[i].way, relay);
    assert_true(over_relay > 0);
    set_region(&n, hour + hour / 2, relay, 1);
    for (uint32_t i = 0; i < count; i++) {
        assert_false(passes(&n, n.transfers[i].way, relay));
        assert_true(network_left_ns(&n, hour + hour / 2, i) < SKY_NEVER_NS);
    }
    assert_true(network_is_conserved(&n));
    set_region(&n, hour + 3 * hour / 4, far, 1);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(network_left_ns(&n, hour + 3 * hour / 4, i), SKY_NEVER_NS);
    set_region(&n, 2 * hour, far, 0);
    set_region(&n, 2 * hour, relay, 0);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(n.transfers[i].way, n.transfers[i].plan_way);
    while ((next_ns = network_next_ns(&n)) < 24 * hour)
        assert_int_equal(network_advance(&n, next_ns), SKY_OK);
    while (network_take(&n, &ended)) {
        bytes += n.transfers[ended].moved_bytes;
        assert_true(n.transfers[ended].end_ns >= hour + 5000 * SKY_NS_PER_SECOND + hour / 4);
    }
    assert_int_equal(bytes, 1000 * GB);
    assert_true(network_is_conserved(&n));
    n.sent_bytes++; /* a byte that was lost would be seen */
    assert_false(network_is_conserved(&n));
    network_free(&n);
    free(meters);
    unload(s);
}

/* ---- in the twin -------------------------------------------------------------------------------------------------- */

typedef struct seen {
    record_transfer_row transfers[4096];
    size_t transfer_count;
    int64_t job_nusd, cost_rows_nusd, link_bytes, moved_bytes, transfers_nusd;
    record_digest *digest;
} seen;

static sky_status keep(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    seen *x = context;

    (void)error;
    for (size_t i = 0; i < count; i++) {
        if (stream == RECORD_TRANSFERS) {
            const record_transfer_row *r = (const record_transfer_row *)rows + i;

            assert_true(x->transfer_count < 4096);
            x->transfers[x->transfer_count++] = *r;
            x->moved_bytes += r->moved_bytes;
            x->transfers_nusd += r->nusd;
        } else if (stream == RECORD_LINKS) {
            x->link_bytes += ((const record_link_row *)rows + i)->bytes;
        } else if (stream == RECORD_JOBS) {
            x->job_nusd += ((const record_job_row *)rows + i)->egress_nusd;
        } else if (stream == RECORD_COSTS) {
            x->cost_rows_nusd += ((const record_cost_row *)rows + i)->egress_nusd;
        }
    }
    record_digest_add(x->digest, stream, rows, count * record_row_bytes(stream));
    return SKY_OK;
}

static record_summary simulate(const scenario *s, int64_t restart_ns, seen *x)
{
    const twin_options options = { .strategy = s->strategies[0],
                                   .seed = s->seed,
                                   .restart_at_ns = restart_ns };
    const twin_output output = { .context = x, .rows = keep };
    record_summary summary;
    sky_error error;

    memset(x, 0, sizeof *x);
    x->digest = record_digest_new();
    if (twin_run(s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    return summary;
}

/* Nightly replication alone, so that the bill is known: 720 h of the port, 30 nights of 1200 GB. */
static int64_t month_of_replication(const char *gb, int ordered, seen *x)
{
    const char *overrides[] = { ordered ? "network.links[0].ordered=true" : "network.links[0].ordered=false",
                                gb, "workloads[0].count=0" };
    scenario *s = load(overrides, 2);
    record_summary summary;

    s->workloads[0].count = 0;
    summary = simulate(s, SKY_NEVER_NS, x);
    record_digest_free(x->digest);
    assert_int_equal(x->cost_rows_nusd, summary.egress_nusd);
    assert_int_equal(x->transfer_count, 30);
    unload(s);
    return summary.egress_nusd;
}

/* 1200 GB at 1.25 GB a second from 1 h on take 960 s: and 2 h more where the region that sends is out for so long. */
static void test_a_dark_region_sends_nothing(void **state)
{
    scenario *s = load(NULL, 0);
    scenario_fault dark = { .name = NULL,
                            .kind = FAULT_OUTAGE,
                            .provider = SKY_NONE,
                            .at_region = region(s, "aws:eu-central-1"),
                            .zone = SKY_NONE,
                            .rack = SKY_NONE,
                            .at_ns = SKY_NS_PER_HOUR + 300 * SKY_NS_PER_SECOND,
                            .lasts_ns = 2 * SKY_NS_PER_HOUR,
                            .reach = 1 };
    seen *x = calloc(1, sizeof *x);

    (void)state;
    assert_non_null(x);
    s->workloads[0].count = 0;
    s->faults = &dark;
    s->fault_count = 1;
    simulate(s, SKY_NEVER_NS, x);
    record_digest_free(x->digest);
    assert_int_equal(x->transfers[0].end_ns, 3 * SKY_NS_PER_HOUR + 960 * SKY_NS_PER_SECOND);
    assert_int_equal(x->transfers[0].moved_bytes, 1200 * GB);
    assert_int_equal(x->transfers[1].end_ns, 25 * SKY_NS_PER_HOUR + 960 * SKY_NS_PER_SECOND);
    free(x);
    unload(s);
}

static void test_a_private_line_pays_beyond_its_break_even(void **state)
{
    static seen x;
    int64_t line, internet;

    (void)state;
    line = month_of_replication("network.transfers[0].size=1200 GB", 1, &x);
    assert_int_equal(line, 720 * 2250000000 + 36000 * INT64_C(20000000));
    assert_int_equal(x.transfers[0].end_ns - x.transfers[0].start_ns, 960 * SKY_NS_PER_SECOND);
    internet = month_of_replication("network.transfers[0].size=1200 GB", 0, &x);
    assert_int_equal(internet, 10000 * INT64_C(90000000) + 26000 * INT64_C(85000000));
    assert_int_equal(x.transfers[0].end_ns - x.transfers[0].start_ns, 1920 * SKY_NS_PER_SECOND);
    assert_true(line < internet);
    /* 24,154 GB a month: 805.1 a night */
    assert_true(month_of_replication("network.transfers[0].size=805 GB", 1, &x) >
                month_of_replication("network.transfers[0].size=805 GB", 0, &x));
    assert_true(month_of_replication("network.transfers[0].size=806 GB", 1, &x) <
                month_of_replication("network.transfers[0].size=806 GB", 0, &x));
    validation_row(
        "monthly volume from which a private line pays (port 2.25 USD/h, 0.02 against 0.09 and 0.085 "
        "USD/GB)",
        "24,154 GB", "between 24,150 and 24,180 GB", "(720 h × port + 850 - 900) / 0.065: closed form");
}

/* Every byte that a link carried belongs to a transfer, and every nano-dollar to a job, a schedule or a port. */
static void test_bytes_and_money_add_up(void **state)
{
    scenario *s = load(NULL, 0);
    static seen x, again;
    record_summary summary = simulate(s, SKY_NEVER_NS, &x);
    char digest[RECORD_DIGEST_CHARS], same[RECORD_DIGEST_CHARS];
    int64_t scheduled = 0;
    size_t moves = 0;

    (void)state;
    assert_true(x.transfer_count > 30);
    /* each route here is one line, that is one capacity */
    assert_int_equal(x.link_bytes, x.moved_bytes);
    assert_int_equal(x.cost_rows_nusd, summary.egress_nusd);
    for (size_t i = 0; i < x.transfer_count; i++) {
        const record_transfer_row *r = &x.transfers[i];

        assert_int_equal(r->kind, LINK_PRIVATE);
        assert_true(r->moved_bytes <= r->bytes);
        scheduled += r->job == SKY_NONE ? r->nusd : 0;
        moves += r->job != SKY_NONE;
    }
    assert_true(moves > 0);
    assert_int_equal(summary.egress_nusd, 720 * 2250000000 + scheduled + x.job_nusd);
    assert_int_equal(x.transfers_nusd, scheduled + x.job_nusd);

    (void)simulate(s, 200 * SKY_NS_PER_HOUR, &again);
    record_digest_text(x.digest, digest);
    record_digest_text(again.digest, same);
    assert_string_equal(digest, same);
    record_digest_free(x.digest);
    record_digest_free(again.digest);
    unload(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes_follow_the_policy),
        cmocka_unit_test(test_a_transfer_survives_its_link),
        cmocka_unit_test(test_loss_slows_transfers),
        cmocka_unit_test(test_a_goal_is_met_over_relays),
        cmocka_unit_test(test_relays_that_fail),
        cmocka_unit_test(test_a_dark_region_sends_nothing),
        cmocka_unit_test(test_a_private_line_pays_beyond_its_break_even),
        cmocka_unit_test(test_bytes_and_money_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
