/* skytwin-mpi sweep: a sweep over the ranks of an MPI job. Rank 0 deals points, each other rank runs them and keeps a
 * journal of its own; when all is done each makes its file of it, and rank 0 joins them. */
#include "deal.h"
#include "interrupt.h"
#include "job.h"
#include "sweep_parts.h"
#include "sweep_results.h"

#include <errno.h>
#include <glob.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_CHARS SWEEP_WORK_PATH
#define ACCEPTED                                                                                             \
    (OPTION_STRATEGIES | OPTION_REPLICATIONS | OPTION_SEED | OPTION_SET | OPTION_OUTPUT | OPTION_THREADS |   \
     OPTION_JSON)

typedef struct shared_sweep {
    job job;
    options options;
    sweep sweep;
    sweep_about about;
    char part[40], path[PATH_CHARS]; /* this rank's */
    uint32_t *order;
    sweep_units units;
    unsigned char *done;
    sweep_journal *journal; /* NULL: the manager of other ranks has none */
} shared_sweep;

static void rank_path(const char *output, long rank, char path[PATH_CHARS])
{
    snprintf(path, PATH_CHARS, "%.4000s.rank-%ld.h5", output, rank);
}

/* ---- before ------------------------------------------------------------------------------------------------- */

static command_exit load(shared_sweep *r, int argc, char **argv, sky_error *error)
{
    command_exit code = command_exit_of(options_parse(ACCEPTED, argc, argv, &r->options, error));

    if (code != COMMAND_DONE)
        return code;
    if (r->options.argument_count != 1 || r->options.output == NULL) {
        snprintf(error->message, sizeof error->message,
                 "sweep: expected: mpirun -n N skytwin-mpi sweep SWEEP.cfg -o FILE.h5 [OPTION…]");
        return COMMAND_INPUT;
    }
    code = command_check_file(r->options.output, error);
    if (code == COMMAND_DONE)
        code = command_exit_of_named_file(sweep_load_options(&r->options, &r->sweep, error));
    if (code != COMMAND_DONE)
        return code;
    snprintf(r->part, sizeof r->part, "rank %d", r->job.rank);
    rank_path(r->options.output, r->job.rank, r->path);
    code = command_exit_of(sweep_about_of(&r->sweep, r->part, &r->about, error));
    if (code == COMMAND_DONE)
        code = command_exit_of(sweep_order(&r->sweep, &r->order, error));
    if (code == COMMAND_DONE)
        code = command_exit_of(sweep_bits_new(&r->about, &r->done, error));
    r->units = sweep_units_of(&r->sweep, r->order, r->job.count > 1 ? (size_t)r->job.count - 1 : 1);
    return code;
}

/* The paths of all ranks' files of which there is a journal: an earlier start may have had more ranks. */
static sky_status find_journals(const shared_sweep *r, glob_t *found, sky_error *error)
{
    char pattern[PATH_CHARS + 40];
    int code;

    snprintf(pattern, sizeof pattern, "%.4000s.rank-*.h5.journal", r->options.output);
    code = glob(pattern, 0, NULL, found);
    for (size_t i = 0; code == 0 && i < found->gl_pathc; i++)
        *strrchr(found->gl_pathv[i], '.') = '\0';
    if (code == 0 || code == GLOB_NOMATCH)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "%.300s: the journals can't be looked for",
             r->options.output);
    return SKY_ERROR_MEMORY;
}

/* What any rank finished in an earlier start. */
static sky_status read_done(shared_sweep *r, sky_error *error)
{
    glob_t found = { .gl_pathc = 0 };
    sky_status status = find_journals(r, &found, error);

    for (size_t i = 0; i < found.gl_pathc && status == SKY_OK; i++) {
        sweep_journal *journal;

        status = sweep_journal_peek(found.gl_pathv[i], &r->about, &journal, error);
        if (status == SKY_OK && journal != NULL) {
            sweep_bits_set(r->done, journal);
            sweep_journal_close(journal, 0);
        }
    }
    globfree(&found);
    return status;
}

/* ---- running -------------------------------------------------------------------------------------------------- */

static sky_status work(shared_sweep *r, sky_error *error)
{
    deal_worker worker = { .dismissed = 0 };
    sweep_shard all = { .count = 1, .unit_count = r->units.count };
    char folder[PATH_CHARS];
    sweep_work_plan plan = { .sweep = &r->sweep,
                             .units = &r->units,
                             .dealer = { &worker, deal_next },
                             .done = r->done,
                             .run_count = (size_t)sweep_run_count(&r->about),
                             .journal = r->journal,
                             .threads = r->options.threads > 0 ? r->options.threads : 1 };
    sky_status status = SKY_OK;

    if (r->job.count == 1)
        plan.dealer = (sweep_dealer){ &all, sweep_shard_next };
    snprintf(folder, sizeof folder, "%.4000s.runs", r->options.output);
    if (r->sweep.full)
        plan.runs_folder = folder;
    if (r->sweep.full && mkdir(folder, 0777) != 0 && errno != EEXIST) {
        snprintf(error->message, sizeof error->message, "%.300s: can't be made: %s", folder, strerror(errno));
        status = SKY_ERROR_INPUT;
    }
    if (status == SKY_OK)
        status = sweep_work_off(&plan, error);
    if (r->job.count > 1)
        deal_leave(&worker);
    return status;
}

static command_exit run(shared_sweep *r, sky_error *error)
{
    sky_status status = read_done(r, error);
    command_exit code = job_agree(
        command_exit_of(status)); /* nobody writes a journal that others still read */

    if (code != COMMAND_DONE)
        return code;
    if (r->job.rank > 0 || r->job.count == 1)
        status = sweep_journal_open(r->path, &r->about, &r->journal, error);
    code = job_agree(command_exit_of(status));
    if (code != COMMAND_DONE)
        return code;
    if (r->job.rank == 0 && r->job.count > 1)
        deal_units(&r->units, r->done, !r->options.json);
    else
        status = work(r, error);
    if (interrupt_requested() && status == SKY_OK) {
        snprintf(error->message, sizeof error->message, "interrupted");
        status = SKY_ERROR_STOPPED;
    }
    sweep_journal_close(r->journal, 0);
    r->journal = NULL;
    return job_agree(command_exit_of(status));
}

/* ---- after ------------------------------------------------------------------------------------------------------ */

/* Of one journal, the file of that rank. */
static sky_status write_part(const shared_sweep *r, const char *path, sky_error *error)
{
    const char *rank = strstr(strrchr(path, '/') != NULL ? strrchr(path, '/') : path, ".rank-");
    sweep_about about = r->about;
    sweep_journal *journal;
    char part[40];
    sky_status status = sweep_journal_open(path, &r->about, &journal, error);

    if (status != SKY_OK)
        return status;
    snprintf(part, sizeof part, "rank %ld", rank != NULL ? strtol(rank + 6, NULL, 10) : 0);
    about.part = part;
    status = sweep_write_journal(path, &r->sweep, &about, journal, error);
    sweep_journal_close(journal, 0);
    return status;
}

/* Files, their join, and only then away with the journals: a kill at any moment leaves what is needed. */
static sky_status join(const shared_sweep *r, sky_error *error)
{
    glob_t found = { .gl_pathc = 0 };
    sky_status status = find_journals(r, &found, error);

    for (size_t i = 0; i < found.gl_pathc && status == SKY_OK; i++)
        status = write_part(r, found.gl_pathv[i], error);
    if (status == SKY_OK)
        status = sweep_record_join(r->options.output, (const char *const *)found.gl_pathv, found.gl_pathc,
                                   error);
    for (size_t i = 0; i < found.gl_pathc && status == SKY_OK; i++) {
        char path[PATH_CHARS + 16];

        snprintf(path, sizeof path, "%s.journal", found.gl_pathv[i]);
        unlink(path);
    }
    globfree(&found);
    return status;
}

static int is_whole(const shared_sweep *r)
{
    sweep_about joined = r->about;

    joined.part = "joined";
    return sweep_is_whole(r->options.output, &joined);
}

static command_exit print(const shared_sweep *r, sky_error *error)
{
    sweep_file *file;
    sky_status status = sweep_record_open(r->options.output, &file, error);

    if (status != SKY_OK)
        return COMMAND_OURS;
    status = sweep_results(file, r->options.json, error);
    sweep_record_close(file);
    if (!r->options.json)
        printf("The record is %s; `skytwin merge` makes one file of it\n", r->options.output);
    return command_exit_of(status);
}

static command_exit all_of_it(shared_sweep *r, int argc, char **argv, sky_error *error)
{
    command_exit code = job_agree(load(r, argc, argv, error));
    int whole = 0;

    if (code != COMMAND_DONE)
        return code;
    whole = r->job.rank == 0 && is_whole(r);
    MPI_Bcast(&whole, 1, MPI_INT, 0, MPI_COMM_WORLD);
    if (!whole)
        code = run(r, error);
    if (code == COMMAND_DONE && !whole && r->job.rank == 0)
        code = command_exit_of(join(r, error));
    if (code == COMMAND_DONE && r->job.rank == 0)
        code = print(r, error);
    return job_agree(code);
}

command_exit job_sweep(const job *job, int argc, char **argv, sky_error *error)
{
    shared_sweep r = { .job = *job };
    command_exit code = all_of_it(&r, argc, argv, error);

    free(r.done);
    free(r.order);
    sweep_about_free(&r.about);
    sweep_free(&r.sweep);
    options_free(&r.options);
    return code;
}
