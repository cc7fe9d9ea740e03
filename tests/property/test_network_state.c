/* A network that is saved, destroyed, made anew and restored goes on as the one that was not: transfers, bills, ways, to the
 * nanosecond and the byte; and whatever the bytes say, it is refused or does no harm. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/random.h"
#include "saved_state.h"
#include "scenario_files.h"
#include "world/network/network.h"

#define GB     INT64_C(1000000000)
#define SECOND SKY_NS_PER_SECOND

/* Relays, an overlay's plan, zones that are apart, a private line. */
#define TEXT                                                                                                 \
    "@include \"catalog/catalog.cfg\"\n"                                                                     \
    "name = \"links\"; duration = \"3 d\"; strategies = [\"on-demand-cheapest\"];\n"                         \
    "pools = ( { machine = \"aws:m5\"; regions = [\"aws:us-east-1\", \"aws:eu-west-1\"]; zones = 1; },\n"    \
    "          { machine = \"gcp:n2\"; regions = [\"gcp:europe-west3\"]; } );\n"                             \
    "classes = ( { name = \"c\"; runs_on = ( { machine = \"aws:m5\"; } ); } );\n"                            \
    "workloads = ( { name = \"w\"; class = \"c\"; arrival = \"start\"; work = { mean = \"1 h\"; }; } );\n"   \
    "network: { routing = \"least-cost\"; streams = 64; gateway = \"1 USD/h\"; relays = "                    \
    "[\"aws:eu-west-1\"];\n"                                                                                 \
    "  public: { capacity = \"1 Gbit/s\"; loss = 0.00001; }; zones: { capacity = \"8 Gbit/s\"; };\n"         \
    "  links = ( { name = \"line\"; from = \"aws:eu-west-1\"; to = \"gcp:europe-west3\"; capacity = \"2 "    \
    "Gbit/s\";\n"                                                                                            \
    "    rtt = \"90 ms\"; price = \"0.08 USD/GB\"; price_back = \"0.01 USD/GB\"; port = \"1 USD/h\"; } );\n" \
    "  transfers = (\n"                                                                                      \
    "    { name = \"x\"; from = \"aws:us-east-1a\"; to = \"aws:us-east-1b\"; size = \"300 GB\"; every = "    \
    "\"9 "                                                                                                   \
    "min\"; },\n"                                                                                            \
    "    { name = \"y\"; from = \"aws:us-east-1\"; to = \"gcp:europe-west3\"; size = \"90 GB\"; first = "    \
    "\"7 "                                                                                                   \
    "min\"; every = \"31 min\"; },\n"                                                                        \
    "    { name = \"z\"; from = \"aws:us-east-1\"; to = \"gcp:europe-west3\"; size = \"80 GB\"; first = "    \
    "\"3 "                                                                                                   \
    "min\";\n"                                                                                               \
    "      every = \"47 min\"; goal = \"1.5 Gbit/s\"; } ); };\n"

static char folder[] = "/tmp/skytwin-links-XXXXXX";
static uint64_t drawn;

static uint32_t draw(uint32_t below)
{
    const random_key key = { .seed = 4, .purpose = RANDOM_TASK };

    return (uint32_t)(random_u64(&key, drawn++) % below);
}

typedef struct links {
    const scenario *scenario;
    transfer_meter *meters;
    network network;
} links;

static void make(links *x, const scenario *s)
{
    sky_error error;

    x->scenario = s;
    x->meters = calloc(s->provider_count, sizeof *x->meters);
    assert_non_null(x->meters);
    for (size_t i = 0; i < s->provider_count; i++)
        x->meters[i] = (transfer_meter){ .tiers = s->providers[i].internet_egress,
                                         .tier_count = s->providers[i].internet_egress_count };
    if (network_init(&x->network, s, x->meters, &error) != SKY_OK)
        fail_msg("%s", error.message);
}

static void unmake(links *x)
{
    network_free(&x->network);
    free(x->meters);
}

static void links_state(void *thing, state *s)
{
    links *x = thing;

    network_state(&x->network, s);
    for (size_t i = 0; i < x->scenario->provider_count; i++)
        transfer_meter_state(&x->meters[i], s);
}

static scenario *load(const char *const *overrides, size_t count)
{
    scenario *s = calloc(1, sizeof *s);
    char path[64];
    sky_error error;

    snprintf(path, sizeof path, "%s/links.cfg", folder);
    assert_non_null(s);
    if (scenario_load(path, overrides, count, s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    return s;
}

static void unload(scenario *s)
{
    scenario_free(s);
    free(s);
}

/* ---- what happens, to any number of networks alike ------------------------------------------------------------------ */

typedef struct happening {
    int64_t now_ns, value;
    uint32_t what, a, b;
} happening;

static happening draw_happening(const network *n, int64_t now_ns)
{
    happening h = { .now_ns = now_ns, .what = draw(12), .value = 1 + (int64_t)draw(100) * GB };

    if (h.what == 4 || h.what == 5) {
        h.a = draw((uint32_t)n->topology.link_count);
        h.b = draw(3);
    } else if (h.what == 6) {
        h.a = draw((uint32_t)n->topology.pipe_count);
        h.value = draw(4) * 300000;
    } else {
        h.a = draw((uint32_t)n->topology.region_count);
        h.b = (h.a + 1 + draw((uint32_t)n->topology.region_count - 1)) % (uint32_t)n->topology.region_count;
    }
    return h;
}

/* One of those under way, that nobody else has to cut. */
static uint32_t find_live(const network *n, uint32_t from)
{
    for (size_t i = 0; i < n->transfer_count; i++) {
        uint32_t t = (uint32_t)((from + i) % n->transfer_count);

        if (n->transfers[t].flow != SKY_NONE)
            return t;
    }
    return SKY_NONE;
}

/* Returns what it can be known by. */
static int64_t happen(network *n, const happening *h)
{
    uint32_t transfer = SKY_NONE;
    const topology_link *link;

    switch (h->what) {
    case 0:
    case 1:
    case 2:
        assert_int_equal(network_send(n, h->now_ns, h->a, h->b, h->value, NETWORK_JOB, h->a, &transfer),
                         SKY_OK);
        return transfer;
    case 3:
        if (n->scenario->regions[h->a].zone_count > 1)
            assert_int_equal(
                network_send_between_zones(n, h->now_ns, h->a, 1, 0, h->value, NETWORK_DATA, 3, &transfer),
                SKY_OK);
        return transfer;
    case 4:
    case 5:
        link = &n->topology.links[h->a];
        if (link->from != link->to || link->from_zone != link->to_zone)
            assert_int_equal(network_set_link(n, h->now_ns, h->a, h->b == 1, h->b == 2 ? 500000 : 0,
                                              h->b == 2 ? 1000000 : 0),
                             SKY_OK);
        return 0;
    case 6:
        network_set_pipe(n, h->now_ns, h->a, h->value);
        return 0;
    case 7:
        return network_bill(n, h->now_ns, h->a, h->b, h->value);
    case 8:
        transfer = n->live > 0 ? find_live(n, h->b) : SKY_NONE;
        if (transfer != SKY_NONE)
            network_cut(n, h->now_ns, transfer);
        return transfer;
    case 9:
        transfer = n->live > 0 ? find_live(n, h->a) : SKY_NONE;
        return transfer != SKY_NONE ? network_left_ns(n, h->now_ns, transfer) : 0;
    case 10:
        network_measure(n);
        return network_price(n, h->now_ns, h->a, h->b);
    default:
        network_carried(n, h->now_ns, (int64_t[256]){ 0 });
        return network_ports_nusd(n, h->now_ns);
    }
}

static void assert_same_transfer(const network_transfer *a, const network_transfer *b)
{
    assert_memory_equal(a, b, sizeof *a);
}

/* What ended of both, in order; or of some of it, so that the rest waits. */
static void take_both(network *a, network *b, uint32_t most)
{
    uint32_t x, y;

    while (most-- > 0 && network_take(a, &x)) {
        assert_true(network_take(b, &y));
        assert_int_equal(x, y);
        assert_same_transfer(&a->transfers[x], &b->transfers[y]);
    }
}

static void assert_same_rates(network *a, network *b)
{
    for (size_t i = 0; i < a->way_count; i++)
        if (a->flows.bundles[a->ways[i].bundle].flows > 0)
            assert_int_equal(flows_rate(&a->flows, a->ways[i].bundle),
                             flows_rate(&b->flows, b->ways[i].bundle));
    for (uint32_t i = 0; i < a->topology.pipe_count; i++) {
        assert_int_equal(flows_link_rate(&a->flows, i), flows_link_rate(&b->flows, i));
        assert_int_equal(flows_offer(&a->flows, i), flows_offer(&b->flows, i));
    }
}

static void save_and_restore(links *unbroken, links *x)
{
    size_t size, again_size;
    unsigned char *bytes = save_state(links_state, x, &size), *again;
    const scenario *s = x->scenario;
    sky_error error = { "" };

    unmake(x);
    make(x, s);
    if (restore_state(links_state, x, bytes, size, &error) != SKY_OK)
        fail_msg("%s", error.message);
    again = save_state(links_state, x, &again_size);
    assert_int_equal(again_size, size);
    assert_memory_equal(again, bytes, size);
    free(again);
    assert_same_rates(&unbroken->network, &x->network);
    /* nor does it show that it has been restored before, or not */
    again = save_state(links_state, unbroken, &again_size);
    assert_int_equal(again_size, size);
    assert_memory_equal(again, bytes, size);
    free(again);
    free(bytes);
}

static void go_to(network *n, int64_t now_ns)
{
    int64_t next_ns;

    while ((next_ns = network_next_ns(n)) <= now_ns)
        assert_int_equal(network_advance(n, next_ns), SKY_OK);
    assert_int_equal(network_advance(n, now_ns), SKY_OK);
}

static void test_goes_on_as_the_unbroken_one(void **context)
{
    scenario *s = load(NULL, 0);
    const int steps = SKYTWIN_SANITIZED ? 1500 : 6000;
    int64_t now_ns = 0, carried[256], other[256];
    size_t most_live = 0, ended = 0;
    links a, b;

    (void)context;
    make(&a, s);
    make(&b, s);
    assert_true(a.network.plans[2].count > 1); /* several paths */
    assert_true(a.network.topology.pipe_count <= 256);
    for (int i = 0; i < steps; i++) {
        happening h;

        now_ns += draw(3) == 0 ? 0 : draw(60) * SECOND + draw(1000);
        assert_int_equal(network_next_ns(&a.network), network_next_ns(&b.network));
        go_to(&a.network, now_ns);
        go_to(&b.network, now_ns);
        h = draw_happening(&a.network, now_ns);
        assert_int_equal(happen(&a.network, &h), happen(&b.network, &h));
        take_both(&a.network, &b.network, draw(8));
        most_live = a.network.live > most_live ? a.network.live : most_live;
        if (draw(25) == 0)
            save_and_restore(&a, &b);
    }
    network_carried(&a.network, now_ns, carried);
    network_carried(&b.network, now_ns, other);
    assert_memory_equal(carried, other, a.network.topology.pipe_count * sizeof *carried);
    for (size_t i = 0; i < s->provider_count; i++)
        assert_memory_equal(&a.meters[i], &b.meters[i], sizeof a.meters[i]);
    go_to(&a.network, now_ns);
    go_to(&b.network, now_ns);
    assert_true(network_is_conserved(&a.network));
    assert_true(network_is_conserved(&b.network));
    for (size_t i = 0; i < a.network.transfer_count; i++)
        ended += a.network.transfers[i].flow == SKY_NONE;
    assert_true(most_live > 20 && ended > (size_t)steps / 12 && a.meters[0].nusd > 0);
    unmake(&a);
    unmake(&b);
    unload(s);
}

/* ---- another scenario --------------------------------------------------------------------------------------------- */

/* 100 GB over a line of 250 MB a second, which after 100 s is one of 125: 25 GB of them by then, and 75 after another 600 s. */
static void test_capacities_and_ports_change_from_now_on(void **context)
{
    static const char *const few[] = {
        "network.transfers[0].first=2 d",      "network.transfers[1].first=2 d",
        "network.transfers[2].first=2 d",      "network.routing=\"private-first\"",
        "network.transfers[2].goal=10 Mbit/s", "network.links[0].capacity=2 Gbit/s"
    };
    static const char *const slow[] = {
        "network.transfers[0].first=2 d",      "network.transfers[1].first=2 d",
        "network.transfers[2].first=2 d",      "network.routing=\"private-first\"",
        "network.transfers[2].goal=10 Mbit/s", "network.links[0].capacity=1 Gbit/s",
        "network.links[0].port=2 USD/h"
    };
    scenario *s = load(few, sizeof few / sizeof few[0]), *other = load(slow, sizeof slow / sizeof slow[0]);
    uint32_t transfer;
    unsigned char *bytes;
    size_t size;
    sky_error error = { "" };
    links a, b;

    (void)context;
    make(&a, s);
    make(&b, other);
    assert_int_equal(network_send(&a.network, 0, 1, 2, 100 * GB, NETWORK_JOB, 0, &transfer), SKY_OK);
    assert_int_equal(network_next_ns(&a.network), 400 * SECOND);
    bytes = save_state(links_state, &a, &size);
    assert_int_equal(restore_state(links_state, &b, bytes, size, &error), SKY_OK);
    assert_int_equal(network_next_ns(&b.network), 400 * SECOND);
    assert_int_equal(network_follow_scenario(&b.network, 100 * SECOND), SKY_OK);
    assert_int_equal(network_next_ns(&b.network), 700 * SECOND);
    assert_int_equal(network_ports_nusd(&b.network, 100 * SECOND),
                     network_ports_nusd(&a.network, 100 * SECOND));
    assert_int_equal(network_ports_nusd(&b.network, 3700 * SECOND),
                     network_ports_nusd(&a.network, 100 * SECOND) + 2 * GB);
    free(bytes);
    unmake(&a);
    unmake(&b);
    unload(s);
    unload(other);
}

/* ---- bytes from anywhere ------------------------------------------------------------------------------------------- */

/* Restores them, and if they could be of such a run, goes on for a while. */
static int try(const scenario *s, const unsigned char *bytes, size_t size)
{
    sky_error error = { "" };
    uint32_t ended;
    links x;
    sky_status status;

    make(&x, s);
    status = restore_state(links_state, &x, bytes, size, &error);
    assert_true(status == SKY_OK || status == SKY_ERROR_INPUT);
    for (int i = 0; i < 20 && status == SKY_OK; i++) {
        int64_t next_ns = network_next_ns(&x.network);

        if (next_ns == SKY_NEVER_NS)
            break;
        assert_int_equal(network_advance(&x.network, next_ns), SKY_OK);
        while (network_take(&x.network, &ended))
            assert_true(ended < x.network.transfer_count);
    }
    unmake(&x);
    return status == SKY_OK;
}

static void test_whatever_the_bytes_are(void **context)
{
    static const char *const plain[] = { "network.transfers[2].every=3 d", "network.relays=[]",
                                         "network.transfers[2].goal=10 Mbit/s" };
    scenario *s = load(plain, 3);
    const size_t step = SKYTWIN_SANITIZED ? 7 : 1;
    int64_t now_ns = 0;
    unsigned char *bytes;
    size_t size, tried = 0, taken = 0;
    links x;

    (void)context;
    make(&x, s);
    for (int i = 0; i < 60; i++) {
        happening h;

        now_ns += draw(60) * SECOND;
        go_to(&x.network, now_ns);
        h = draw_happening(&x.network, now_ns);
        happen(&x.network, &h);
    }
    bytes = save_state(links_state, &x, &size);
    assert_true(try(s, bytes, size));
    for (size_t i = 0; i < size; i += step) {
        unsigned char was = bytes[i];

        bytes[i] ^= (unsigned char)(1u << i % 8);
        taken += (size_t)try(s, bytes, size);
        bytes[i] = (unsigned char)(was + 255 - 2 * (i % 2));
        taken += (size_t)try(s, bytes, size);
        bytes[i] = was;
        tried += 2;
    }
    for (size_t cut = 0; cut < size; cut += 97)
        assert_false(try(s, bytes, cut));
    assert_true(taken < tried * 9 / 10);
    free(bytes);
    unmake(&x);
    unload(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_on_as_the_unbroken_one),
        cmocka_unit_test(test_capacities_and_ports_change_from_now_on),
        cmocka_unit_test(test_whatever_the_bytes_are),
    };
    char command[64];
    int failed;

    if (mkdtemp(folder) == NULL || !tiny_write_all(folder) ||
        !tiny_write(folder, "links.cfg", TEXT, strlen(TEXT)))
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) != 0 || failed != 0;
}
