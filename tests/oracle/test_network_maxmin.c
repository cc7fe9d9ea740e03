/* Rates of flows against an independent progressive filling, after every event on random topologies; against
 * two published cases; and bytes: what links carried is what flows got, exactly, at every instant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include "kernel/random.h"
#include "validation.h"
#include "world/network/flows.h"

#define LINKS   60
#define BUNDLES 150
#define HOPS    4

typedef struct network { /* as the test knows it */
    int64_t capacity[LINKS];
    uint32_t links[BUNDLES][HOPS], hops[BUNDLES];
    int64_t cap[BUNDLES];
    uint32_t flows[BUNDLES];
} network;

static uint64_t drawn;

static uint32_t draw(uint32_t below)
{
    const random_key key = { .seed = 1, .purpose = RANDOM_TASK };

    return (uint32_t)(random_u64(&key, drawn++) % below);
}

/* All rates rise together; where a link is full at its whole share, all its flows stay there. */
static void fill(const network *n, int64_t rate[BUNDLES])
{
    int frozen[BUNDLES] = { 0 };

    for (;;) {
        int64_t share[LINKS], least = INT64_MAX;

        for (int l = 0; l < LINKS; l++) {
            int64_t left = n->capacity[l] * MAXMIN_RATE_SCALE, rising = 0;

            for (int b = 0; b < BUNDLES; b++)
                for (uint32_t h = 0; h < n->hops[b]; h++)
                    if (n->links[b][h] == (uint32_t)l) {
                        left -= frozen[b] ? rate[b] * n->flows[b] : 0;
                        rising += frozen[b] ? 0 : n->flows[b];
                    }
            share[l] = rising > 0 ? left / rising : INT64_MAX;
            least = share[l] < least ? share[l] : least;
        }
        for (int b = 0; b < BUNDLES; b++)
            if (n->flows[b] > 0 && !frozen[b] && n->cap[b] * MAXMIN_RATE_SCALE < least)
                least = n->cap[b] * MAXMIN_RATE_SCALE;
        if (least == INT64_MAX)
            return;
        for (int b = 0; b < BUNDLES; b++) {
            int stays = n->cap[b] * MAXMIN_RATE_SCALE == least;

            for (uint32_t h = 0; h < n->hops[b]; h++)
                stays |= share[n->links[b][h]] == least;
            if (n->flows[b] > 0 && !frozen[b] && stays) {
                rate[b] = least;
                frozen[b] = 1;
            }
        }
    }
}

static int64_t draw_capacity(void)
{
    static const int64_t usual[] = { 1, 3, 1000, 125000000, 1250000000, INT64_C(12500000000) };

    return draw(3) > 0 ? usual[draw(6)] : (int64_t)draw(1000000000) * draw(1000);
}

static void draw_network(network *n, flows *f)
{
    memset(n, 0, sizeof *n);
    for (int l = 0; l < LINKS; l++)
        n->capacity[l] = draw_capacity();
    assert_int_equal(flows_init(f, n->capacity, LINKS), SKY_OK);
    for (uint32_t b = 0; b < BUNDLES; b++) {
        uint32_t index, first = draw(LINKS), step = 1 + draw(LINKS / HOPS - 1);

        n->hops[b] = draw(HOPS + 1);
        for (uint32_t h = 0; h < n->hops[b]; h++)
            n->links[b][h] = (first + h * step) % LINKS;
        n->cap[b] = draw(2) ? FLOWS_MOST_BYTES_PER_S : draw_capacity();
        assert_int_equal(flows_add_bundle(f, n->links[b], n->hops[b], n->cap[b], &index), SKY_OK);
        assert_int_equal(index, b);
    }
}

static void check_rates(const network *n, flows *f)
{
    int64_t rate[BUNDLES] = { 0 };

    fill(n, rate);
    for (uint32_t b = 0; b < BUNDLES; b++)
        if (n->flows[b] > 0)
            assert_int_equal(flows_rate(f, b), rate[b]);
}

/* Units that have arrived: of flows that ended, and of those under way. */
static void check_bytes(flows *f, int64_t now_ns, sky_int128 ended)
{
    sky_int128 arrived = ended, carried = 0;

    for (uint32_t b = 0; b < BUNDLES; b++)
        carried += flows_bundle_carried(f, now_ns, b);
    for (size_t i = 0; i < f->flow_count; i++) {
        const flow *x = &f->flows[i];

        if (x->bundle != SKY_NONE) {
            const flows_bundle *b = &f->bundles[x->bundle];

            arrived += x->units - (x->end - b->served) + (sky_int128)b->rate * (now_ns - b->since_ns);
        }
    }
    assert_true(carried == arrived);
    assert_true(flows_are_conserved(f));
}

/* No link ever carries more than it can. */
static void check_links(const network *n, flows *f)
{
    for (uint32_t l = 0; l < LINKS; l++)
        assert_true(flows_link_rate(f, l) <= n->capacity[l]);
}

static void random_history(int events)
{
    static int64_t size[65536];
    network n;
    flows f;
    sky_int128 ended = 0;
    int64_t now_ns = 0;

    draw_network(&n, &f);
    for (int e = 0; e < events; e++) {
        int64_t next_ns = flows_next_ns(&f), at_ns = now_ns + draw(1000000);
        uint32_t index, b = draw(BUNDLES), what = draw(10);

        now_ns = next_ns < at_ns ? next_ns : at_ns;
        while (flows_take(&f, now_ns, &index, &b)) {
            n.flows[b]--;
            ended += (sky_int128)size[index] * FLOWS_UNITS_PER_BYTE;
        }
        b = draw(BUNDLES);
        if (what < 6) {
            int64_t bytes = 1 + (int64_t)draw(1000000) * draw(1000);

            assert_int_equal(flows_start(&f, now_ns, b, bytes, b, &index), SKY_OK);
            size[index] = bytes;
            n.flows[b]++;
        } else if (what == 6 && f.bundles[b].first != SKY_NONE) {
            index = f.bundles[b].first;
            ended += f.flows[index].units - (f.flows[index].end - f.bundles[b].served) +
                     (sky_int128)f.bundles[b].rate * (now_ns - f.bundles[b].since_ns);
            (void)flows_cancel(&f, now_ns, index);
            n.flows[b]--;
        } else if (what == 7) {
            uint32_t l = draw(LINKS);

            n.capacity[l] = draw(2) ? 0 : draw_capacity();
            flows_set_capacity(&f, now_ns, l, n.capacity[l]);
        }
        check_rates(&n, &f);
        check_links(&n, &f);
        check_bytes(&f, now_ns, ended);
    }
    flows_free(&f);
}

static void test_rates_are_those_of_progressive_filling(void **state)
{
    const int histories = SKYTWIN_SANITIZED ? 3 : 12, events = SKYTWIN_SANITIZED ? 150 : 400;
    char measured[80];

    (void)state;
    for (int i = 0; i < histories; i++)
        random_history(events);
    snprintf(measured, sizeof measured, "equal to the unit after each of %d events", histories * events);
    validation_row("max–min fair rates of flows, 12 random topologies of 60 links and 150 routes",
                   "those of progressive filling", measured, "Bertsekas and Gallager 1992, 6.5.2");
}

#define UNIT 30000 /* a capacity of 1 */

static void check_case(const network *n, const int *thirtieths, int sessions)
{
    flows f;
    uint32_t index;

    assert_int_equal(flows_init(&f, n->capacity, LINKS), SKY_OK);
    for (int b = 0; b < sessions; b++) {
        assert_int_equal(flows_add_bundle(&f, n->links[b], n->hops[b], FLOWS_MOST_BYTES_PER_S, &index),
                         SKY_OK);
        assert_int_equal(flows_start(&f, 0, index, 1000000, 0, &index), SKY_OK);
    }
    for (int b = 0; b < sessions; b++)
        assert_int_equal(flows_rate(&f, (uint32_t)b), (int64_t)thirtieths[b] * UNIT / 30 * MAXMIN_RATE_SCALE);
    flows_free(&f);
}

/* All links of capacity 1: link 0, (2,3), has sessions 2, 3 and 5; link 1, (3,5), sessions 1 and 3; link 2,
 * (4,5), session 4. Sessions 2, 3 and 5 get 1/3, session 1 gets 2/3, session 4 all. */
static void test_the_example_of_bertsekas_and_gallager(void **state)
{
    const network n = { .capacity = { UNIT, UNIT, UNIT },
                        .hops = { 1, 1, 2, 1, 1 },
                        .links = { { 1 }, { 0 }, { 0, 1 }, { 2 }, { 0 } } };

    (void)state;
    check_case(&n, (const int[]){ 20, 10, 10, 30, 10 }, 5);
    validation_row("max–min fair rates of five sessions", "2/3, 1/3, 1/3, 1, 1/3", "the same",
                   "Bertsekas and Gallager 1992, 6.5.2");
}

/* A line of equal links, one flow along all of it and one across each link: half of a link for each. */
static void test_the_linear_network_of_massoulie_and_roberts(void **state)
{
    const network n = { .capacity = { UNIT, UNIT, UNIT, UNIT },
                        .hops = { 4, 1, 1, 1, 1 },
                        .links = { { 0, 1, 2, 3 }, { 0 }, { 1 }, { 2 }, { 3 } } };

    (void)state;
    check_case(&n, (const int[]){ 15, 15, 15, 15, 15 }, 5);
    validation_row("max–min fair rates on a line of four links", "1/2 for each flow", "the same",
                   "Massoulié and Roberts, IEEE/ACM ToN 10(3), 2002, section II");
}

/* Equal flows on one link end together after flows × size / capacity; one of half the size when each has got
 * that half. */
static void test_equal_flows_end_together(void **state)
{
    const int64_t capacity = 1000000000;
    flows f;
    uint32_t bundle, link = 0, index, subject;

    (void)state;
    assert_int_equal(flows_init(&f, &capacity, 1), SKY_OK);
    assert_int_equal(flows_add_bundle(&f, &link, 1, FLOWS_MOST_BYTES_PER_S, &bundle), SKY_OK);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(flows_start(&f, 5, bundle, i == 2 ? 500000000 : 1000000000, i, &index), SKY_OK);
    assert_int_equal(flows_next_ns(&f), 5 + 2 * SKY_NS_PER_SECOND);
    assert_int_equal(flows_got(&f, 5 + SKY_NS_PER_SECOND, index), 250000000);
    assert_true(flows_take(&f, 5 + 2 * SKY_NS_PER_SECOND, &index, &subject));
    assert_int_equal(subject, 2);
    assert_false(flows_take(&f, 5 + 2 * SKY_NS_PER_SECOND, &index, &subject));
    /* 1.5 GB are left of the three: a third of a byte a ns each, rounded down to a unit */
    assert_int_equal(flows_next_ns(&f), 5 + 3500000001);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(flows_take(&f, flows_next_ns(&f), &index, &subject));
        assert_int_equal(subject, i == 2 ? 3 : i);
    }
    assert_int_equal(flows_next_ns(&f), SKY_NEVER_NS);
    assert_true(flows_bundle_carried(&f, f.now_ns, bundle) == (sky_int128)3500000000 * FLOWS_UNITS_PER_BYTE);
    flows_free(&f);
}

/* A link that is down stops its flows; they go on when it is up again, or over another. */
static void test_flows_wait_for_their_link(void **state)
{
    const int64_t capacity[] = { 1000, 500 };
    const uint32_t link[] = { 0, 1 };
    flows f;
    uint32_t bundle[2], index, subject;

    (void)state;
    assert_int_equal(flows_init(&f, capacity, 2), SKY_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(flows_add_bundle(&f, &link[i], 1, FLOWS_MOST_BYTES_PER_S, &bundle[i]), SKY_OK);
    assert_int_equal(flows_start(&f, 0, bundle[0], 4000, 7, &index), SKY_OK);
    flows_set_capacity(&f, SKY_NS_PER_SECOND, 0, 0);
    assert_int_equal(flows_next_ns(&f), SKY_NEVER_NS);
    assert_int_equal(flows_got(&f, 5 * SKY_NS_PER_SECOND, index), 1000);
    flows_set_capacity(&f, 5 * SKY_NS_PER_SECOND, 0, 1000);
    assert_int_equal(flows_next_ns(&f), 8 * SKY_NS_PER_SECOND);
    flows_move(&f, 6 * SKY_NS_PER_SECOND, index, bundle[1]);
    assert_int_equal(flows_next_ns(&f), 10 * SKY_NS_PER_SECOND);
    assert_true(flows_take(&f, 10 * SKY_NS_PER_SECOND, &index, &subject));
    assert_int_equal(subject, 7);
    flows_free(&f);
}

/* One more flow over one link gets what was offered, where routes are of one link; its cap, where that is less. */
static void test_an_offer_is_kept(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        network n;
        flows f;
        uint32_t started;

        draw_network(&n, &f);
        for (uint32_t b = 0; b < BUNDLES; b++)
            if (n.hops[b] <= 1)
                for (uint32_t k = draw(4); k > 0; k--)
                    assert_int_equal(flows_start(&f, 0, b, INT64_MAX / 2, b, &started), SKY_OK);
        for (uint32_t b = 0; b < BUNDLES; b++) {
            int64_t offer, rate;

            if (n.hops[b] != 1)
                continue;
            offer = flows_offer(&f, n.links[b][0]);
            assert_int_equal(flows_start(&f, 0, b, INT64_MAX / 2, b, &started), SKY_OK);
            rate = flows_rate(&f, b) / MAXMIN_RATE_SCALE;
            assert_int_equal(rate, offer < n.cap[b] ? offer : n.cap[b]);
            flows_cancel(&f, 0, started);
        }
        flows_free(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates_are_those_of_progressive_filling),
        cmocka_unit_test(test_the_example_of_bertsekas_and_gallager),
        cmocka_unit_test(test_the_linear_network_of_massoulie_and_roberts),
        cmocka_unit_test(test_equal_flows_end_together),
        cmocka_unit_test(test_flows_wait_for_their_link),
        cmocka_unit_test(test_an_offer_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
