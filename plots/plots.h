/* Pictures of a record: cost by strategy, where jobs ran over time, spot prices, what
 * passed the links. Each is a table (NAME.tsv)
 * and a gnuplot program that draws it, so that a picture can be redrawn or taken apart. */
#ifndef SKYTWIN_PLOTS_H
#define SKYTWIN_PLOTS_H

#include "record.h"
#include "sweep_record.h"

#include <stdio.h>

/* Writes NAME.tsv, NAME.svg and NAME.png into `directory`, which is made if need be, and the path of each
 * picture to `list` (NULL: nowhere). `programs`: the folder of the .gp files.
 * SKY_ERROR_INPUT: the record has no complete run, or the folder can't be written to. SKY_ERROR_IO: gnuplot
 * is missing or failed. SKY_ERROR_MEMORY. */
sky_status plots_draw(record_file *file, const char *programs, const char *directory, FILE *list,
                      sky_error *error);
/* The same of a sweep: of each axis, cost and deadlines met along it, a line a strategy. */
sky_status plots_draw_sweep(const sweep_file *file, const char *programs, const char *directory, FILE *list,
                            sky_error *error);

#endif
