/* What the pictures share: one table file, one call of gnuplot. */
#ifndef SKYTWIN_PLOT_H
#define SKYTWIN_PLOT_H

#include "plots.h"

#define PLOT_PATH      4096
#define PLOT_ARGUMENTS 4 /* of a gnuplot program, besides those that all take */

typedef struct plot {
    record_file *file; /* NULL: a sweep is drawn */
    const char *scenario;
    const char *programs, *directory;
    FILE *list;
    size_t *runs; /* those that are complete */
    size_t run_count;
} plot;

/* One picture each: its table, then its program. */
sky_status plot_cost(const plot *plot, sky_error *error);
sky_status plot_timelines(const plot *plot, sky_error *error);
sky_status plot_prices(const plot *plot, sky_error *error);
sky_status plot_links(const plot *plot, sky_error *error);
sky_status plot_energy(const plot *plot, sky_error *error);
sky_status plot_requests(const plot *plot, sky_error *error);
sky_status plot_spans(const plot *plot, sky_error *error);
sky_status plot_storage(const plot *plot, sky_error *error);
sky_status plot_pipelines(const plot *plot, sky_error *error);
/* Of a sweep, one an axis. */
sky_status plot_sweep(const plot *plot, const sweep_file *file, sky_error *error);

/* Opens NAME.tsv; its first lines say what it is. */
sky_status plot_table_open(const plot *plot, const char *name, FILE **table, sky_error *error);
/* Closes it and looks whether all of it was written. */
sky_status plot_table_close(const plot *plot, const char *name, FILE *table, sky_error *error);
/* PROGRAM.gp draws NAME.tsv as NAME.svg and NAME.png. `arguments` may end early with NULL. */
sky_status plot_gnuplot(const plot *plot, const char *program, const char *name, const char *title,
                        const char *const arguments[PLOT_ARGUMENTS], sky_error *error);

sky_status plot_no_memory(const char *what, sky_error *error);
/* All rows of a stream; free with free(). *rows is never NULL where it succeeds. */
sky_status plot_read(const plot *plot, size_t run, record_stream stream, size_t row_size, void **rows,
                     size_t *count, sky_error *error);
/* "cost USD, scenario quickstart" takes it from here. */
const char *plot_scenario(const plot *plot);
const char *plot_name(const char *const *names, size_t count, uint32_t index); /* "?": out of range */
int plot_is_first_of_strategy(const plot *plot, size_t which);
/* Draws the first run of each strategy that has rows of a stream, until one fails. */
sky_status plot_each_strategy(const plot *plot, record_stream stream,
                              sky_status (*draw)(const struct plot *of, size_t run, sky_error *error),
                              sky_error *error);

/* The time axis: hours for what is short, days for what is long. */
typedef struct plot_time {
    int64_t unit_ns;
    const char *name;
} plot_time;
plot_time plot_time_of(int64_t span_ns);
double plot_in(plot_time unit, int64_t ns);

#endif
