/* The record of a sweep: one HDF5 file with a table of points and a table of runs, see SCHEMA.md. It is written when
 * all runs are done; until then they stand in a journal beside it, from which a killed sweep goes on. */
#ifndef SKYTWIN_SWEEP_RECORD_H
#define SKYTWIN_SWEEP_RECORD_H

#include "record.h"

typedef struct sweep_axis_about {
    const char *key;          /* "pools[0].capacity" */
    const char *unit;         /* of its numbers; "" none */
    const char *const *texts; /* of an axis of texts: a point has the place of one of them */
    size_t text_count;        /* 0: an axis of numbers */
} sweep_axis_about;

/* Two sweeps are the same if all of this but `part` is. */
typedef struct sweep_about {
    const char *name, *title, *build_id, *sweep_text, *scenario_name, *scenario_text;
    const char *part; /* which of its runs are meant to be here: "" all, "2/8" a shard, "rank 3 of 4" */
    const char *const *strategies;
    size_t strategy_count;
    uint64_t replications, seed, point_count;
    const sweep_axis_about *axes;
    size_t axis_count;
} sweep_about;

/* A finished run. No padding. */
typedef struct sweep_row {
    uint64_t run;                         /* (point × strategies + strategy) × replications + replication */
    char digest[RECORD_DIGEST_CHARS - 1]; /* no terminator */
    record_summary summary;
} sweep_row;

void sweep_identity(const sweep_about *about, char text[RECORD_DIGEST_CHARS], sky_status *status);
uint64_t sweep_run_count(const sweep_about *about);

/* ---- journal: finished runs in the order in which they ended ------------------------------------------------ */
typedef struct sweep_journal sweep_journal;

/* Opens PATH.journal, or begins it. What a kill cut off at its end is dropped. SKY_ERROR_INPUT: it is of another sweep or
 * build, of another process that still writes it, or can't be written. */
sky_status sweep_journal_open(const char *path, const sweep_about *about, sweep_journal **out,
                              sky_error *error);
/* Reads one that another process may be writing; does not make one. *out is NULL where there is none. */
sky_status sweep_journal_peek(const char *path, const sweep_about *about, sweep_journal **out,
                              sky_error *error);
/* Which runs it holds, in its order. Valid until the next append. */
const uint64_t *sweep_journal_runs(const sweep_journal *journal, size_t *count);
/* Outlives the process at once, and the machine within a second or two. Callers serialise. */
sky_status sweep_journal_append(sweep_journal *journal, const sweep_row *row, sky_error *error);
sky_status sweep_journal_read(const sweep_journal *journal, size_t entry, sweep_row *row, sky_error *error);
/* Syncs and closes it; `done`: its record is whole, and it is removed. */
void sweep_journal_close(sweep_journal *journal, int done);

/* ---- writing ------------------------------------------------------------------------------------------------ */
typedef struct sweep_writer sweep_writer;

/* Creates PATH.incomplete, for so many rows. SKY_ERROR_INPUT: the path can't be written to. */
sky_status sweep_record_create(const char *path, const sweep_about *about, uint64_t row_count,
                               sweep_writer **out, sky_error *error);
/* The next points, in order: axis_count numbers each. */
sky_status sweep_record_points(sweep_writer *writer, const double *numbers, size_t count, sky_error *error);
/* The next runs, by rising `run`. */
sky_status sweep_record_rows(sweep_writer *writer, const sweep_row *rows, size_t count, sky_error *error);
/* Syncs it and gives it its name. The writer is freed in any case, and where it fails no file is left. */
sky_status sweep_record_finish(sweep_writer *writer, sky_error *error);
void sweep_record_abandon(sweep_writer *writer);

/* A record whose table of runs is made of those of `parts`, which stand in the same folder: an HDF5 virtual dataset. */
sky_status sweep_record_join(const char *path, const char *const *parts, size_t count, sky_error *error);

/* ---- reading ------------------------------------------------------------------------------------------------ */
typedef struct sweep_file sweep_file;

/* 1: there is such a file, and it is a sweep's record, whole or not readable further. */
int sweep_record_is(const char *path);
/* Reads all of it. SKY_ERROR_INPUT: it can't be read, or is no whole record of a sweep. */
sky_status sweep_record_open(const char *path, sweep_file **out, sky_error *error);
void sweep_record_close(sweep_file *file);
const sweep_about *sweep_record_about(const sweep_file *file);
const double *sweep_record_point(const sweep_file *file, uint64_t point); /* [axis_count] */
/* By rising `run`, each once. */
const sweep_row *sweep_record_runs(const sweep_file *file, size_t *count);
const char *sweep_record_digest(const sweep_file *file);
/* Of the points and runs that were read. */
sky_status sweep_record_compute(const sweep_file *file, char digest[RECORD_DIGEST_CHARS], sky_error *error);
/* Computes the digest again. SKY_ERROR_INPUT: it differs. */
sky_status sweep_record_verify(const sweep_file *file, sky_error *error);

#endif
