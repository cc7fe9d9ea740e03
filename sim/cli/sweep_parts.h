/* From a loaded sweep, or from parts of one, to its record. */
#ifndef SKYTWIN_SWEEP_PARTS_H
#define SKYTWIN_SWEEP_PARTS_H

#include "options.h"
#include "sweep/sweep.h"
#include "sweep_record.h"

/* What its record says of it. Free with sweep_about_free(); it points into the sweep. */
sky_status sweep_about_of(const sweep *s, const char *part, sweep_about *about, sky_error *error);
void sweep_about_free(sweep_about *about);

/* The file's name and the options of the command line to a sweep. */
sky_status sweep_load_options(const options *options, sweep *out, sky_error *error);

/* 1: the record of this very sweep, and this part of it, is there already. */
int sweep_is_whole(const char *path, const sweep_about *about);

/* A bit a run, all 0. Free with free(). */
sky_status sweep_bits_new(const sweep_about *about, unsigned char **bits, sky_error *error);
void sweep_bits_set(unsigned char *bits, const sweep_journal *journal);

/* Writes the runs of the journal. */
sky_status sweep_write_journal(const char *path, const sweep *s, const sweep_about *about,
                               const sweep_journal *journal, sky_error *error);
/* Writes the runs of all files, which must be parts of one sweep (SKY_ERROR_INPUT), and all of it together. */
sky_status sweep_write_merged(const char *path, sweep_file *const *files, const char *const *names,
                              size_t count, sky_error *error);

#endif
