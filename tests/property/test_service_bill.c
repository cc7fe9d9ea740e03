/* The bill of services: replicas to the nano-dollar, bytes of requests and answers at their region's prices, the same over a
 * network of the same prices; rows of intervals, of the whole run and of the summary add up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../tiny_run.h"

enum { HOME, ABROAD, PLACES };

static const char text[] =
    "@include \"catalog/catalog.cfg\"\n"
    "name = \"bill\"; duration = \"2 h\"; control_interval = \"10 min\"; strategies = [ "
    "\"on-demand-cheapest\" ];\n"
    "pools = ( { machine = \"gcp:n2\"; regions = [ \"gcp:europe-west3\" ]; } );\n"
    "classes = ( { name = \"c\"; runs_on = ( { machine = \"gcp:n2\"; } ); } );\n"
    "workloads = ( { name = \"w\"; class = \"c\"; arrival = \"start\"; work = { mean = \"1 h\"; }; } );\n"
    "services = ( { name = \"s\"; time = { distribution = \"exponential\"; mean = \"20 ms\"; };\n"
    "               request_size = \"1 MB\"; answer_size = \"2 MB\"; places = (\n"
    "    { region = \"gcp:europe-west3\"; replicas = 2; price = \"0.5 USD/h\"; },\n"
    "    { region = \"aws:us-east-1\"; replicas = 1; most = 9; price = \"0.3 USD/h\"; } ); } );\n"
    "populations = ( { name = \"p\"; region = \"gcp:europe-west3\"; service = \"s\"; rate = 20.0; swing = "
    "0.9;\n"
    "                  routing = \"weight\"; objective = \"100 ms\"; objective_share = 0.5; },\n"
    "                { name = \"q\"; region = \"aws:us-east-1\"; service = \"s\"; rate = 10.0; } );\n";

typedef struct sums {
    int64_t served, failed, within, nusd, egress_nusd;
} sums;

static void add(sums *s, const record_request_row *row)
{
    s->served += row->served;
    s->failed += row->failed;
    s->within += row->within;
    s->nusd += row->nusd;
    s->egress_nusd += row->egress_nusd;
}

static record_summary run(const char *more, record_rows *kept)
{
    const twin_options options = { "on-demand-cheapest", 0, 11, SKY_NEVER_NS };
    char all[4096];

    snprintf(all, sizeof all, "%s%s", text, more);
    return tiny_run(all, &options, kept);
}

static const record_cost_row *cost_of(const record_rows *kept, uint32_t place)
{
    const record_cost_row *rows = kept->of[RECORD_COSTS];

    for (size_t i = 0; i < kept->count[RECORD_COSTS]; i++)
        if (rows[i].place == place)
            return &rows[i];
    fail_msg("no row of costs for place %u", place);
    return NULL;
}

static void check_sums(const record_rows *kept, const record_summary *summary)
{
    const record_request_row *each = kept->of[RECORD_REQUESTS], *whole = kept->of[RECORD_SERVICES];
    const record_series_row *series = kept->of[RECORD_SERIES];
    sums population = { 0 }, place[PLACES] = { { 0 } }, end = { 0 };

    for (size_t i = 0; i < kept->count[RECORD_REQUESTS]; i++)
        add(each[i].place == SKY_NONE ? &population : &place[each[i].place], &each[i]);
    assert_int_equal(kept->count[RECORD_SERVICES], 2 + PLACES);
    for (size_t i = 0; i < kept->count[RECORD_SERVICES]; i++) {
        if (whole[i].place == SKY_NONE) {
            add(&end, &whole[i]);
            continue;
        }
        assert_int_equal(whole[i].served, place[whole[i].place].served);
        assert_int_equal(whole[i].nusd, place[whole[i].place].nusd);
        assert_int_equal(whole[i].egress_nusd, place[whole[i].place].egress_nusd);
        assert_int_equal(cost_of(kept, whole[i].place)->compute_nusd, whole[i].nusd);
        assert_int_equal(cost_of(kept, whole[i].place)->egress_nusd, whole[i].egress_nusd);
    }
    assert_int_equal(end.served, population.served);
    assert_int_equal(end.within, population.within);
    assert_int_equal(summary->requests_served, end.served);
    assert_int_equal(summary->requests_failed, end.failed);
    assert_int_equal(summary->requests_within, end.within);
    assert_int_equal(summary->service_nusd, place[HOME].nusd + place[ABROAD].nusd);
    assert_int_equal(summary->egress_nusd, place[HOME].egress_nusd + place[ABROAD].egress_nusd);
    assert_int_equal(series[kept->count[RECORD_SERIES] - 1].cost_nusd, summary->cost_nusd);
}

static void test_bytes_cost_what_their_region_asks(void **state)
{
    record_rows kept = { 0 };
    record_summary summary = run("", &kept);
    const record_cost_row *home = cost_of(&kept, HOME), *abroad = cost_of(&kept, ABROAD);
    const record_request_row *whole = kept.of[RECORD_SERVICES];
    int64_t abroad_requests;

    (void)state;
    check_sums(&kept, &summary);
    assert_int_equal(home->compute_nusd, 2 * 2 * INT64_C(500000000));
    assert_int_equal(home->machine_us, 2 * 2 * SKY_NS_PER_HOUR / 1000);
    assert_true(abroad->machine_us > 2 * SKY_NS_PER_HOUR / 1000); /* it has scaled */
    assert_int_equal(home->egress_nusd, 0); /* users abroad have a place of their own that is nearer */
    /* Half of p's requests go abroad: each 1 MB at 0.12 USD/GB, its answer 2 MB at 0.09 USD/GB. */
    abroad_requests = whole[0].served - whole[2].served;
    assert_in_range(abroad->egress_nusd, (abroad_requests - 20) * (2 * 90000 + 120000),
                    (abroad_requests + 20) * (2 * 90000 + 120000)); /* but for those under way at the end */
    record_rows_free(&kept);
}

/* The Internet between the two clouds has the same tiers as a network's public link. */
static void test_a_network_bills_the_same_bytes(void **state)
{
    record_rows without = { 0 }, with = { 0 };
    record_summary a = run("", &without),
                   b = run("network: { public: { jitter = \"0 s\"; loss = 0.0; }; };\n", &with);

    (void)state;
    check_sums(&with, &b);
    assert_in_range(b.egress_nusd, a.egress_nusd * 999 / 1000, a.egress_nusd * 1001 / 1000);
    record_rows_free(&without);
    record_rows_free(&with);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_cost_what_their_region_asks),
        cmocka_unit_test(test_a_network_bills_the_same_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
