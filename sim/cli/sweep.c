/* skytwin sweep: a scenario at many points, on this machine, all of it or a shard. */
#include "command.h"
#include "sweep_parts.h"
#include "sweep_results.h"
#include "sweep_work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct sweep_run {
    const options *options;
    sweep sweep;
    sweep_about about;
    char part[32];
    uint32_t *order;
    sweep_units units;
    unsigned char *done;
    sweep_journal *journal;
} sweep_run;

static command_exit load(sweep_run *r, sky_error *error)
{
    const options *o = r->options;
    command_exit code;

    if (o->output == NULL) {
        snprintf(error->message, sizeof error->message, "sweep: expected -o FILE.h5, where the record goes");
        return COMMAND_INPUT;
    }
    code = command_check_file(o->output, error);
    if (code == COMMAND_DONE)
        code = command_exit_of_named_file(sweep_load_options(o, &r->sweep, error));
    if (code != COMMAND_DONE)
        return code;
    if (o->shards > 0)
        snprintf(r->part, sizeof r->part, "%d/%d", o->shard, o->shards);
    code = command_exit_of(sweep_about_of(&r->sweep, r->part, &r->about, error));
    if (code == COMMAND_DONE)
        code = command_exit_of(sweep_order(&r->sweep, &r->order, error));
    if (code == COMMAND_DONE)
        code = command_exit_of(sweep_bits_new(&r->about, &r->done, error));
    r->units = sweep_units_of(&r->sweep, r->order, o->shards > 0 ? (size_t)o->shards : 1);
    return code;
}

static sweep_shard shard_of(const sweep_run *r)
{
    const options *o = r->options;

    return (sweep_shard){ .index = o->shards > 0 ? (size_t)o->shard - 1 : 0,
                          .count = o->shards > 0 ? (size_t)o->shards : 1,
                          .unit_count = r->units.count };
}

/* Runs of the shard that are not done. */
static size_t runs_to_come(const sweep_run *r)
{
    sweep_shard shard = shard_of(r);
    size_t count = 0, unit;
    int taken;

    while (sweep_shard_next(&shard, &unit, &taken, NULL) == SKY_OK && taken)
        for (size_t i = 0; i < r->units.runs_each; i++) {
            uint64_t run = sweep_unit_run(&r->units, unit) + i;

            count += !(r->done[run / 8] >> run % 8 & 1);
        }
    return count;
}

static sky_status work_off(sweep_run *r, sky_error *error)
{
    sweep_shard shard = shard_of(r);
    char folder[SWEEP_WORK_PATH];
    sweep_work_plan plan = { .sweep = &r->sweep,
                             .units = &r->units,
                             .dealer = { &shard, sweep_shard_next },
                             .done = r->done,
                             .run_count = runs_to_come(r),
                             .journal = r->journal,
                             .threads = r->options->threads,
                             .show_progress = !r->options->json };

    if (r->sweep.full) {
        snprintf(folder, sizeof folder, "%s.runs", r->options->output);
        plan.runs_folder = folder;
        if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
            snprintf(error->message, sizeof error->message, "%.300s: can't be made: %s", folder,
                     strerror(errno));
            return SKY_ERROR_INPUT;
        }
    }
    return sweep_work_off(&plan, error);
}

/* Runs what the journal does not have, then makes a record of it. */
static command_exit run(sweep_run *r, sky_error *error)
{
    const char *path = r->options->output;
    char reason[sizeof error->message];
    sky_status status = sweep_journal_open(path, &r->about, &r->journal, error);

    if (status != SKY_OK)
        return command_exit_of(status);
    sweep_bits_set(r->done, r->journal);
    status = work_off(r, error);
    if (status == SKY_OK)
        status = sweep_write_journal(path, &r->sweep, &r->about, r->journal, error);
    sweep_journal_close(r->journal, status == SKY_OK);
    if (status == SKY_OK)
        return COMMAND_DONE;
    snprintf(reason, sizeof reason, "%s", error->message);
    snprintf(error->message, sizeof error->message,
             "%.300s; what is finished stands in %.100s.journal: the same command goes on", reason, path);
    return command_exit_of(status);
}

/* A kill may have come after the record got its name, and before the journal lost its own. */
static command_exit drop_journal(sweep_run *r)
{
    sky_error ignored;

    if (sweep_journal_open(r->options->output, &r->about, &r->journal, &ignored) == SKY_OK)
        sweep_journal_close(r->journal, 1);
    return COMMAND_DONE;
}

static command_exit print(const options *options, sky_error *error)
{
    sweep_file *file;
    sky_status status = sweep_record_open(options->output, &file, error);

    if (status != SKY_OK)
        return COMMAND_OURS;
    status = sweep_results(file, options->json, error);
    sweep_record_close(file);
    if (!options->json)
        printf("The record is %s\n", options->output);
    return command_exit_of(status);
}

command_exit command_sweep(const options *options, sky_error *error)
{
    sweep_run r = { .options = options };
    command_exit code = load(&r, error);

    if (code == COMMAND_DONE)
        code = sweep_is_whole(options->output, &r.about) ? drop_journal(&r) : run(&r, error);
    if (code == COMMAND_DONE)
        code = print(options, error);
    free(r.done);
    free(r.order);
    sweep_about_free(&r.about);
    sweep_free(&r.sweep);
    return code;
}
