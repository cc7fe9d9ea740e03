#include "go_on.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static command_exit refuse(const char *path, const char *found, const char *expected, sky_error *error)
{
    snprintf(error->message, sizeof error->message, "%.200s: found %.160s, expected %.160s", path, found,
             expected);
    return COMMAND_INPUT;
}

command_exit go_on_open(const char *path, record_file **file, sky_error *error)
{
    command_exit code = command_exit_of_named_file(record_open(path, file, error));
    const record_about *about;
    char found[160];

    if (code != COMMAND_DONE)
        return code;
    about = record_about_of(*file);
    snprintf(found, sizeof found, "a record of %.140s", about->build_id);
    if (about->plan.strategy_count == 0)
        code = refuse(path, "a record that does not say what was to be run",
                      "one of `run`, `compare` or `branch`, of schema 5.1", error);
    else if (strcmp(about->build_id, command_version()) != 0)
        code = refuse(path, found, command_version(), error);
    if (code == COMMAND_DONE)
        return code;
    record_close(*file);
    *file = NULL;
    return code;
}

command_exit go_on_scenario(const record_file *file, size_t dropped, const options *options, scenario *out,
                            sky_error *error)
{
    const record_about *about = record_about_of(file);
    scenario_source text = { .text = about->scenario_text,
                             .files = about->scenario_files,
                             .places = about->scenario_places,
                             .file_count = about->scenario_file_count,
                             .line_count = about->scenario_line_count };

    return command_exit_of_named_file(
        scenario_load_text(about->scenario_path, &text, dropped, options != NULL ? options->sets : NULL,
                           options != NULL ? options->set_count : 0, out, error));
}

/* ---- checkpoints ----------------------------------------------------------------------------------------------- */

static sky_status take(record_file *file, size_t run, go_on_point *point, sky_error *error)
{
    point->digest = record_digest_new();
    if (point->digest == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for a digest");
        return SKY_ERROR_MEMORY;
    }
    return record_replay(file, run, point->checkpoint.rows, point->digest, NULL, error);
}

/* One that is damaged is passed over for the one before it. */
sky_status go_on_find(record_file *file, size_t run, int64_t at_ns, go_on_point *point, sky_error *error)
{
    size_t count = run < record_run_count(file) ? record_run_info_of(file, run)->checkpoints : 0;
    sky_error damage;

    *point = (go_on_point){ .digest = NULL };
    for (size_t i = count; i-- > 0;) {
        sky_status status = record_checkpoint_of(file, run, i, &point->checkpoint, &damage);

        if (status == SKY_OK && point->checkpoint.time_ns > at_ns)
            continue;
        if (status == SKY_OK)
            status = record_checkpoint_read(file, run, i, &point->bytes, &point->size, &damage);
        if (status == SKY_ERROR_MEMORY) {
            *error = damage;
            return status;
        }
        if (status == SKY_OK && strcmp(point->checkpoint.build_id, command_version()) == 0) {
            point->index = i;
            return take(file, run, point, error);
        }
        free(point->bytes);
        point->bytes = NULL;
    }
    return SKY_OK;
}

void go_on_free(go_on_point *point)
{
    free(point->bytes);
    record_digest_free(point->digest);
    *point = (go_on_point){ .digest = NULL };
}

int go_on_is_past(const go_on_point *point, int64_t at_ns, int64_t control_interval_ns)
{
    return point->digest != NULL && point->checkpoint.time_ns - control_interval_ns >= at_ns;
}
