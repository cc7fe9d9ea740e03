/* Runs a scenario, given as text, in the tiny world's folder, which is removed again. Header only; after cmocka.h. */
#ifndef SKYTWIN_TESTS_TINY_RUN_H
#define SKYTWIN_TESTS_TINY_RUN_H

#include "record_rows.h"
#include "scenario.h"
#include "scenario_files.h"
#include "twin.h"

/* The test fails where the scenario does, or the run. */
static inline record_summary tiny_run(const char *text, const twin_options *options, record_rows *kept)
{
    char folder[] = "/tmp/skytwin-tiny-XXXXXX", path[64], command[64];
    const twin_output output = { .context = kept, .rows = record_rows_keep };
    record_summary summary;
    scenario s;
    sky_error error;

    assert_non_null(mkdtemp(folder));
    assert_true(tiny_write_all(folder));
    assert_true(tiny_write(folder, "run.cfg", text, strlen(text)));
    snprintf(path, sizeof path, "%s/run.cfg", folder);
    if (scenario_load(path, NULL, 0, &s, &error) != SKY_OK ||
        twin_run(&s, options, &output, &summary, &error) != SKY_OK)
        fail_msg("%s", error.message);
    scenario_free(&s);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
    return summary;
}

#endif
