#include "sweep_parts.h"

#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static sky_status no_memory(const char *what, sky_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory for %s", what);
    return SKY_ERROR_MEMORY;
}

/* ---- of a loaded sweep ------------------------------------------------------------------------------------------ */

sky_status sweep_load_options(const options *options, sweep *out, sky_error *error)
{
    sweep_overrides overrides = { .sets = options->sets,
                                  .set_count = options->set_count,
                                  .replications = (unsigned)options->replications,
                                  .seed = options->seed,
                                  .seed_given = options->seed_given };
    const char **strategies = NULL;
    sky_status status = SKY_OK;

    if (options->strategies != NULL)
        status = options_strategies(options->strategies, &strategies, &overrides.strategy_count, error);
    overrides.strategies = strategies;
    if (status == SKY_OK)
        status = sweep_load(options->arguments[0], &overrides, out, error);
    free(strategies);
    return status;
}

sky_status sweep_about_of(const sweep *s, const char *part, sweep_about *about, sky_error *error)
{
    sweep_axis_about *axes = calloc(s->axis_count, sizeof *axes);

    *about = (sweep_about){ .name = s->name,
                            .title = s->title,
                            .build_id = command_version(),
                            .sweep_text = s->text,
                            .scenario_name = s->base.name,
                            .scenario_text = s->base.text.text,
                            .part = part,
                            .strategies = s->strategies,
                            .strategy_count = s->strategy_count,
                            .replications = s->replications,
                            .seed = s->seed,
                            .point_count = s->point_count,
                            .axes = axes,
                            .axis_count = s->axis_count };
    if (axes == NULL)
        return no_memory("the sweep's axes", error);
    for (size_t a = 0; a < s->axis_count; a++)
        axes[a] = (sweep_axis_about){ .key = s->axes[a].key,
                                      .unit = s->axes[a].unit,
                                      .texts = s->axes[a].values,
                                      .text_count = s->axes[a].is_text ? s->axes[a].value_count : 0 };
    return SKY_OK;
}

void sweep_about_free(sweep_about *about)
{
    free((sweep_axis_about *)(uintptr_t)about->axes);
}

sky_status sweep_bits_new(const sweep_about *about, unsigned char **bits, sky_error *error)
{
    *bits = calloc((size_t)sweep_run_count(about) / 8 + 1, 1);
    return *bits != NULL ? SKY_OK : no_memory("the list of runs", error);
}

void sweep_bits_set(unsigned char *bits, const sweep_journal *journal)
{
    size_t count;
    const uint64_t *runs = sweep_journal_runs(journal, &count);

    for (size_t i = 0; i < count; i++)
        bits[runs[i] / 8] |= (unsigned char)(1u << runs[i] % 8);
}

int sweep_is_whole(const char *path, const sweep_about *about)
{
    char found[RECORD_DIGEST_CHARS], expected[RECORD_DIGEST_CHARS];
    sky_status a = SKY_OK, b = SKY_OK;
    sky_error ignored;
    sweep_file *file;
    int is;

    if (!sweep_record_is(path) || sweep_record_open(path, &file, &ignored) != SKY_OK)
        return 0;
    sweep_identity(sweep_record_about(file), found, &a);
    sweep_identity(about, expected, &b);
    is = a == SKY_OK && b == SKY_OK && strcmp(found, expected) == 0 &&
         strcmp(sweep_record_about(file)->part, about->part) == 0;
    sweep_record_close(file);
    return is;
}

/* ---- of a journal ----------------------------------------------------------------------------------------------- */

typedef struct journal_entry {
    uint64_t run;
    size_t entry;
} journal_entry;

static int by_run(const void *a, const void *b)
{
    const journal_entry *x = a, *y = b;

    return x->run < y->run ? -1 : x->run > y->run;
}

static sky_status write_points(sweep_writer *w, const sweep *s, sky_error *error)
{
    double *numbers = calloc(s->axis_count, sizeof *numbers);
    sky_status status = numbers != NULL ? SKY_OK : no_memory("a point", error);

    for (size_t p = 0; p < s->point_count && status == SKY_OK; p++) {
        status = sweep_point(s, p, numbers);
        if (status == SKY_OK)
            status = sweep_record_points(w, numbers, 1, error);
    }
    free(numbers);
    return status;
}

static sky_status write_entries(sweep_writer *w, const sweep_journal *journal, const journal_entry *entries,
                                size_t count, sky_error *error)
{
    sky_status status = SKY_OK;

    for (size_t i = 0; i < count && status == SKY_OK; i++) {
        sweep_row row;

        status = sweep_journal_read(journal, entries[i].entry, &row, error);
        if (status == SKY_OK)
            status = sweep_record_rows(w, &row, 1, error);
    }
    return status;
}

/* Finishes the record, or leaves none. */
static sky_status finish(sweep_writer *w, sky_status status, sky_error *error)
{
    if (status == SKY_OK)
        return sweep_record_finish(w, error);
    sweep_record_abandon(w);
    return status;
}

sky_status sweep_write_journal(const char *path, const sweep *s, const sweep_about *about,
                               const sweep_journal *journal, sky_error *error)
{
    size_t count;
    const uint64_t *runs = sweep_journal_runs(journal, &count);
    journal_entry *entries = calloc(count + 1, sizeof *entries);
    sweep_writer *w;
    sky_status status;

    if (entries == NULL)
        return no_memory("the order of the runs", error);
    for (size_t i = 0; i < count; i++)
        entries[i] = (journal_entry){ runs[i], i };
    qsort(entries, count, sizeof *entries, by_run);
    status = sweep_record_create(path, about, count, &w, error);
    if (status == SKY_OK) {
        status = write_points(w, s, error);
        if (status == SKY_OK)
            status = write_entries(w, journal, entries, count, error);
        status = finish(w, status, error);
    }
    free(entries);
    return status;
}

/* ---- of parts ----------------------------------------------------------------------------------------------------- */

static sky_status check_same(sweep_file *const *files, const char *const *names, size_t count,
                             sky_error *error)
{
    char first[RECORD_DIGEST_CHARS], other[RECORD_DIGEST_CHARS];

    for (size_t i = 0; i < count; i++) {
        sky_status status;

        sweep_identity(sweep_record_about(files[i]), i == 0 ? first : other, &status);
        if (status != SKY_OK)
            return no_memory("a digest", error);
        if (i == 0 || strcmp(first, other) == 0)
            continue;
        snprintf(error->message, sizeof error->message,
                 "%.150s: found a part of another sweep or build, expected one of the sweep of %.150s",
                 names[i], names[0]);
        return SKY_ERROR_INPUT;
    }
    return SKY_OK;
}

/* Of the parts' next rows, the one that comes first. Equal ones are passed over with it. NULL: there is none, or two
 * parts gave different rows for a run, which *differs names. */
static const sweep_row *next_row(sweep_file *const *files, size_t *at, size_t count, size_t *differs)
{
    const sweep_row *first = NULL;
    size_t rows;

    *differs = count;
    for (size_t i = 0; i < count; i++) {
        const sweep_row *row = sweep_record_runs(files[i], &rows) + at[i];

        if (at[i] < rows && (first == NULL || row->run < first->run))
            first = row;
    }
    for (size_t i = 0; i < count && first != NULL; i++) {
        const sweep_row *row = sweep_record_runs(files[i], &rows) + at[i];

        if (at[i] == rows || row->run != first->run)
            continue;
        if (memcmp(row, first, sizeof *row) != 0) {
            *differs = i;
            return NULL;
        }
        at[i]++;
    }
    return first;
}

static sky_status write_rows(sweep_writer *w, sweep_file *const *files, const char *const *names,
                             size_t count, sky_error *error)
{
    uint64_t expected = sweep_run_count(sweep_record_about(files[0])), run = 0;
    size_t *at = calloc(count, sizeof *at), differs;
    const sweep_row *row;
    sky_status status = at != NULL ? SKY_OK : no_memory("the parts", error);

    for (; status == SKY_OK && run < expected; run++) {
        row = next_row(files, at, count, &differs);
        if (row == NULL && differs < count) {
            snprintf(error->message, sizeof error->message,
                     "%.200s: found a run %llu that differs from another part's, expected the same",
                     names[differs], (unsigned long long)run);
            status = SKY_ERROR_INPUT;
        } else if (row == NULL || row->run != run) {
            snprintf(error->message, sizeof error->message,
                     "%.200s: found no run %llu of %llu in any part, expected all: is a part missing?",
                     names[0], (unsigned long long)run, (unsigned long long)expected);
            status = SKY_ERROR_INPUT;
        } else {
            status = sweep_record_rows(w, row, 1, error);
        }
    }
    free(at);
    return status;
}

sky_status sweep_write_merged(const char *path, sweep_file *const *files, const char *const *names,
                              size_t count, sky_error *error)
{
    sweep_about about = *sweep_record_about(files[0]);
    sweep_writer *w;
    sky_status status = check_same(files, names, count, error);

    about.part = "";
    if (status == SKY_OK)
        status = sweep_record_create(path, &about, sweep_run_count(&about), &w, error);
    if (status != SKY_OK)
        return status;
    status = sweep_record_points(w, sweep_record_point(files[0], 0), about.point_count, error);
    if (status == SKY_OK)
        status = write_rows(w, files, names, count, error);
    return finish(w, status, error);
}
