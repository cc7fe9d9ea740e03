/* Runs of a scenario to their end, which must come: for their digest, or of a text. Header only; after cmocka.h. */
#ifndef SKYTWIN_TESTS_WHOLE_RUN_H
#define SKYTWIN_TESTS_WHOLE_RUN_H

#include "record.h"
#include "scenario.h"
#include "twin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline record_summary whole_run(const scenario *s, const twin_options *options,
                                       const twin_output *output)
{
    record_summary summary;
    sky_error error;

    if (twin_run(s, options, output, &summary, &error) != SKY_OK)
        fail_msg("%s, %d threads, restarted at %lld ns: %s", options->strategy, options->threads,
                 (long long)options->restart_at_ns, error.message);
    return summary;
}

/* As twin_output.rows; the context is a record_digest. */
static inline sky_status whole_run_digest_add(void *digest, record_stream stream, const void *rows,
                                              size_t count, sky_error *error)
{
    (void)error;
    record_digest_add(digest, stream, rows, count * record_row_bytes(stream));
    return SKY_OK;
}

static inline record_summary whole_run_digest(const scenario *s, const twin_options *options,
                                              char digest[RECORD_DIGEST_CHARS])
{
    record_digest *all = record_digest_new();
    const twin_output output = { .context = all, .rows = whole_run_digest_add };
    record_summary summary;

    assert_non_null(all);
    summary = whole_run(s, options, &output);
    record_digest_text(all, digest);
    record_digest_free(all);
    return summary;
}

static inline record_summary whole_run_of_text(const char *text, const twin_options *options,
                                               const twin_output *output)
{
    char path[] = "/tmp/skytwin-text-XXXXXX";
    int file = mkstemp(path);
    record_summary summary;
    scenario s;
    sky_error error;

    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    if (scenario_load(path, NULL, 0, &s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    summary = whole_run(&s, options, output);
    scenario_free(&s);
    unlink(path);
    return summary;
}

#endif
