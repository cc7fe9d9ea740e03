#include "plot.h"

#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

/* A new picture is a new file and a line here. */
static sky_status (*const pictures[])(const plot *plot, sky_error *error) = {
    plot_cost,     plot_timelines, plot_prices,  plot_links,     plot_energy,
    plot_requests, plot_spans,     plot_storage, plot_pipelines,
};

/* ---- tables ------------------------------------------------------------------------------------------------- */

static sky_status path_in(const plot *plot, const char *name, const char *ending, char path[PLOT_PATH],
                          sky_error *error)
{
    if (snprintf(path, PLOT_PATH, "%s/%s%s", plot->directory, name, ending) < PLOT_PATH)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "%.200s…: the path is too long", plot->directory);
    return SKY_ERROR_INPUT;
}

static sky_status cannot_write(const char *path, sky_error *error)
{
    snprintf(error->message, sizeof error->message, "%.300s: cannot be written: %s", path, strerror(errno));
    return SKY_ERROR_INPUT;
}

sky_status plot_table_open(const plot *plot, const char *name, FILE **table, sky_error *error)
{
    char path[PLOT_PATH];
    sky_status status = path_in(plot, name, ".tsv", path, error);

    if (status != SKY_OK)
        return status;
    *table = fopen(path, "w");
    if (*table == NULL)
        return cannot_write(path, error);
    fprintf(*table, "# scenario %s\n", plot_scenario(plot));
    return SKY_OK;
}

sky_status plot_table_close(const plot *plot, const char *name, FILE *table, sky_error *error)
{
    int failed = ferror(table);

    if (fclose(table) == 0 && !failed)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "%.200s/%.100s.tsv: not all of it could be written: %s",
             plot->directory, name, strerror(errno));
    return SKY_ERROR_IO;
}

/* ---- gnuplot ------------------------------------------------------------------------------------------------ */

static sky_status spawn_gnuplot(char *const *arguments, const char *output, sky_error *error)
{
    pid_t process;
    int state, failed = posix_spawnp(&process, "gnuplot", NULL, NULL, arguments, environ);

    if (failed != 0) {
        snprintf(error->message, sizeof error->message, "gnuplot: %s (Debian package gnuplot-nox)",
                 strerror(failed));
        return SKY_ERROR_IO;
    }
    while (waitpid(process, &state, 0) < 0)
        if (errno != EINTR) {
            snprintf(error->message, sizeof error->message, "gnuplot: %s", strerror(errno));
            return SKY_ERROR_IO;
        }
    if (WIFEXITED(state) && WEXITSTATUS(state) == 0)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "gnuplot: ended with status %d, expected %.300s",
             WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state), output);
    return SKY_ERROR_IO;
}

static sky_status draw(const plot *plot, const char *program, const char *name, const char *format,
                       const char *title, const char *const extra[PLOT_ARGUMENTS], sky_error *error)
{
    char script[PLOT_PATH], data[PLOT_PATH], output[PLOT_PATH], ending[8];
    const char *arguments[9 + PLOT_ARGUMENTS] = { "gnuplot", "-c",   script,         format,
                                                  data,      output, plot->programs, title };
    sky_status status;
    int blank = 0;

    snprintf(ending, sizeof ending, ".%s", format);
    status = path_in(plot, name, ".tsv", data, error);
    if (status == SKY_OK)
        status = path_in(plot, name, ending, output, error);
    if (status == SKY_OK &&
        snprintf(script, sizeof script, "%s/%s.gp", plot->programs, program) >= PLOT_PATH) {
        snprintf(error->message, sizeof error->message, "%.200s…: the path is too long", plot->programs);
        status = SKY_ERROR_INPUT;
    }
    if (status != SKY_OK)
        return status;
    for (int i = 0; i < PLOT_ARGUMENTS && !blank; i++) {
        blank = extra[i] == NULL;
        arguments[8 + i] = extra[i];
    }
    /* exec takes its arguments unqualified for history's sake, and changes none of them. */
    status = spawn_gnuplot((char *const *)(uintptr_t)arguments, output, error);
    if (status == SKY_OK && plot->list != NULL)
        fprintf(plot->list, "%s\n", output);
    return status;
}

sky_status plot_gnuplot(const plot *plot, const char *program, const char *name, const char *title,
                        const char *const arguments[PLOT_ARGUMENTS], sky_error *error)
{
    sky_status status = draw(plot, program, name, "svg", title, arguments, error);

    return status == SKY_OK ? draw(plot, program, name, "png", title, arguments, error) : status;
}

/* ---- the record --------------------------------------------------------------------------------------------- */

sky_status plot_no_memory(const char *what, sky_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory for %s", what);
    return SKY_ERROR_MEMORY;
}

sky_status plot_read(const plot *plot, size_t run, record_stream stream, size_t row_size, void **rows,
                     size_t *count, sky_error *error)
{
    sky_status status;

    *count = record_run_info_of(plot->file, run)->rows[stream];
    *rows = calloc(*count + 1, row_size);
    if (*rows == NULL)
        return plot_no_memory("rows of the record", error);
    status = record_read(plot->file, run, stream, 0, *count, *rows, error);
    if (status != SKY_OK) {
        free(*rows);
        *rows = NULL;
    }
    return status;
}

const char *plot_scenario(const plot *plot)
{
    return plot->scenario;
}

const char *plot_name(const char *const *names, size_t count, uint32_t index)
{
    return index < count ? names[index] : "?";
}

int plot_is_first_of_strategy(const plot *plot, size_t which)
{
    const char *strategy = record_run_info_of(plot->file, plot->runs[which])->strategy;

    for (size_t i = 0; i < which; i++)
        if (strcmp(record_run_info_of(plot->file, plot->runs[i])->strategy, strategy) == 0)
            return 0;
    return 1;
}

sky_status plot_each_strategy(const plot *p, record_stream stream,
                              sky_status (*draw)(const plot *of, size_t run, sky_error *error),
                              sky_error *error)
{
    sky_status status = SKY_OK;

    for (size_t i = 0; i < p->run_count && status == SKY_OK; i++)
        if (plot_is_first_of_strategy(p, i) && record_run_info_of(p->file, p->runs[i])->rows[stream] > 0)
            status = draw(p, p->runs[i], error);
    return status;
}

plot_time plot_time_of(int64_t span_ns)
{
    plot_time hours = { SKY_NS_PER_HOUR, "hours" }, days = { 24 * SKY_NS_PER_HOUR, "days" };

    return span_ns > 6 * days.unit_ns ? days : hours;
}

double plot_in(plot_time unit, int64_t ns)
{
    return (double)ns / (double)unit.unit_ns;
}

static sky_status make_directory(const char *directory, sky_error *error)
{
    struct stat found;

    if (mkdir(directory, 0777) == 0 ||
        (errno == EEXIST && stat(directory, &found) == 0 && S_ISDIR(found.st_mode)))
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "%.300s: found no folder, and could not make it: %s",
             directory, strerror(errno));
    return SKY_ERROR_INPUT;
}

sky_status plots_draw(record_file *file, const char *programs, const char *directory, FILE *list,
                      sky_error *error)
{
    plot plot = { .file = file,
                  .scenario = record_about_of(file)->scenario_name,
                  .programs = programs,
                  .directory = directory,
                  .list = list };
    sky_status status = make_directory(directory, error);

    if (status != SKY_OK)
        return status;
    plot.runs = calloc(record_run_count(file) + 1, sizeof *plot.runs);
    if (plot.runs == NULL)
        return plot_no_memory("the list of runs", error);
    for (size_t i = 0; i < record_run_count(file); i++)
        if (record_run_info_of(file, i)->complete)
            plot.runs[plot.run_count++] = i;
    if (plot.run_count == 0) {
        snprintf(error->message, sizeof error->message,
                 "the record has no complete run: there is nothing to draw");
        status = SKY_ERROR_INPUT;
    }
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures && status == SKY_OK; i++)
        status = pictures[i](&plot, error);
    free(plot.runs);
    return status;
}

sky_status plots_draw_sweep(const sweep_file *file, const char *programs, const char *directory, FILE *list,
                            sky_error *error)
{
    plot plot = { .scenario = sweep_record_about(file)->scenario_name,
                  .programs = programs,
                  .directory = directory,
                  .list = list };
    sky_status status = make_directory(directory, error);

    return status == SKY_OK ? plot_sweep(&plot, file, error) : status;
}
