/* A region that is out as a whole can't be read from: reads of what lies there alone fail, others go to another copy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scenario.h"
#include "tests/record_rows.h"
#include "tests/scenario_files.h"
#include "twin.h"

/* 20 reads a second from Dublin of a dataset whose home, in Virginia, is out for 10 minutes of the hour. */
#define TEXT                                                                                                 \
    "@include \"catalog/catalog.cfg\"\n"                                                                     \
    "name = \"dark\"; duration = \"1 h\"; control_interval = \"10 min\"; strategies = [ "                    \
    "\"on-demand-cheapest\" ];\n"                                                                            \
    "pools = ( { machine = \"gcp:n2\"; regions = [ \"gcp:europe-west3\" ]; },\n"                             \
    "          { machine = \"aws:m5\"; regions = [ \"aws:us-east-1\" ]; } );\n"                              \
    "classes = ( { name = \"c\"; runs_on = ( { machine = \"gcp:n2\"; } ); } );\n"                            \
    "workloads = ( { name = \"w\"; class = \"c\"; arrival = \"start\"; work = { mean = \"30 min\"; }; } "    \
    ");\n"                                                                                                   \
    "storage = {\n"                                                                                          \
    "  extra_tiers = ( { name = \"s\"; kind = \"hot\"; latency = \"10 ms\"; throughput = \"800 Mbit/s\";\n"  \
    "    held = \"0.02 USD/GB\"; } );\n"                                                                     \
    "  datasets = ( { name = \"d\"; size = \"1 GB\"; objects = 1000; home = \"aws:us-east-1\"; %s } );\n"    \
    "  readers = ( { name = \"r\"; dataset = \"d\"; region = \"aws:eu-west-1\"; rate = 20.0; } ); };\n"      \
    "faults = ( { kind = \"outage\"; target = \"aws:us-east-1\"; at = \"1234 s\"; lasts = \"600 s\"; } );\n" \
    "%s"

static record_summary run(const char *replicas, const char *more)
{
    char folder[] = "/tmp/skytwin-dark-XXXXXX", path[64], text[4096];
    const twin_options options = { "on-demand-cheapest", 0, 11, SKY_NEVER_NS };
    record_rows rows = { 0 };
    const twin_output output = { .context = &rows, .rows = record_rows_keep };
    record_summary summary;
    scenario s;
    sky_error error;

    assert_non_null(mkdtemp(folder));
    assert_true(tiny_write_all(folder));
    snprintf(text, sizeof text, TEXT, replicas, more);
    assert_true(tiny_write(folder, "dark.cfg", text, strlen(text)));
    snprintf(path, sizeof path, "%s/dark.cfg", folder);
    if (scenario_load(path, NULL, 0, &s, &error) != SKY_OK ||
        twin_run(&s, &options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    scenario_free(&s);
    record_rows_free(&rows);
    snprintf(text, sizeof text, "rm -r '%s'", folder);
    assert_int_equal(system(text), 0);
    return summary;
}

static void test_dark_regions_are_not_read(void **state)
{
    (void)state;
    for (int network = 0; network < 2; network++) {
        const char *more = network ? "network: { };\n" : "";
        record_summary alone = run("", more);
        record_summary copied = run("replicas = ( { region = \"gcp:europe-west3\"; } );", more);

        assert_in_range(alone.data_reads, 68400, 75600);
        assert_in_range(alone.data_failed, 11400, 12600); /* 12,000 ± 5 % */
        assert_in_range(copied.data_reads, 68400, 75600);
        assert_int_equal(copied.data_failed, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_dark_regions_are_not_read) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
