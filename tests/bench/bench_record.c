/* What writing the record costs: against a plain write of as many bytes, and as a share of runs with everything
 * recorded. Both sides of each comparison are done in turn, and the time is that of the thread on its processor, the
 * kernel's part for it included. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/batch.h"
#include "cli/record_scenario.h"
#include "record.h"
#include "scenario.h"

#include "bench.h"

enum { TURNS = 15, PIECE = 1 << 20 };

static char folder[] = "/tmp/skytwin-bench-XXXXXX", path[64];
static sky_error error;

static void need(sky_status status)
{
    if (status == SKY_OK)
        return;
    fprintf(stderr, "%s\n", error.message);
    exit(3);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, TURNS, sizeof *values, compare_doubles);
    return values[TURNS / 2];
}

/* ---- against a plain write ---------------------------------------------------------------------------------------- */

/* Opened, written in pieces, synced, renamed: as safe as a record. */
static double write_plainly_s(const unsigned char *bytes, size_t size)
{
    double start_s = bench_thread_s();
    char whole[80];
    int file;

    snprintf(whole, sizeof whole, "%s.whole", path);
    file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0644);
    for (size_t at = 0; file >= 0 && at < size; at += PIECE) {
        size_t piece = size - at < PIECE ? size - at : PIECE;

        if (write(file, bytes + at, piece) != (ssize_t)piece)
            break;
    }
    if (file < 0 || fsync(file) != 0 || close(file) != 0 || rename(path, whole) != 0)
        need(SKY_ERROR_IO);
    start_s = bench_thread_s() - start_s;
    unlink(whole);
    return start_s;
}

/* A run of so many events and nothing else. The file's size comes back too. */
static double write_record_s(const unsigned char *rows, size_t count, size_t *size)
{
    static const record_about about = {
        .command_line = "", .scenario_path = "", .scenario_name = "", .scenario_text = "", .build_id = ""
    };
    size_t most = record_block_rows(RECORD_EVENTS), row_bytes = record_row_bytes(RECORD_EVENTS);
    record_summary summary = { 0 };
    double start_s = bench_thread_s();
    struct stat info;
    record_run *run;
    record *file;

    need(record_create(path, &about, &file, &error));
    need(record_run_begin(file, "best-fit", 0, 1, &run, &error));
    for (size_t at = 0; at < count; at += most)
        need(record_append(run, RECORD_EVENTS, rows + at * row_bytes, count - at < most ? count - at : most,
                           &error));
    need(record_run_end(run, &summary, "", &error));
    need(record_finish(file, &error));
    start_s = bench_thread_s() - start_s;
    if (stat(path, &info) != 0)
        exit(3);
    *size = (size_t)info.st_size;
    unlink(path);
    return start_s;
}

static void bench_writing(size_t mib)
{
    size_t bytes = mib << 20, size = bytes;
    unsigned char *rows = bench_need(malloc(bytes + (2 << 20)));
    double record_s[TURNS], plain_s[TURNS], ratio[TURNS];
    char name[80];

    memset(rows, 0x5a, bytes + (2 << 20));
    write_record_s(rows, bytes / record_row_bytes(RECORD_EVENTS), &size);
    for (int i = 0; i < TURNS; i++) {
        record_s[i] = write_record_s(rows, bytes / record_row_bytes(RECORD_EVENTS), &size);
        plain_s[i] = write_plainly_s(rows, size);
        ratio[i] = plain_s[i] / record_s[i];
    }
    snprintf(name, sizeof name, "record, writing %zu MiB of events", mib);
    bench_report(name, (double)size / median(record_s) * 1e-9, "GB/s", "plain write of the same bytes",
                 (double)size / median(record_s) * 1e-9 / median(ratio));
    free(rows);
}

/* ---- as a share of runs ------------------------------------------------------------------------------------------- */

static double run_s(const scenario *s, int recorded, double *wall_s)
{
    batch_plan plan = { .scenario = s,
                        .strategies = (const char *const *)s->strategies,
                        .strategy_count = 1,
                        .replications = 1,
                        .seed = s->seed,
                        .threads = 1 };
    runner_result result;
    double start_s;

    *wall_s = bench_wall_s();
    start_s = bench_thread_s();
    if (recorded)
        need(record_of_scenario(path, "bench_record", s, &(record_plan){ .strategies = NULL }, NULL,
                                &plan.record, &error));
    need(batch_run(&plan, &result, &error));
    if (recorded)
        need(record_finish(plan.record, &error));
    start_s = bench_thread_s() - start_s;
    *wall_s = bench_wall_s() - *wall_s;
    unlink(path);
    return start_s;
}

static void bench_share(const char *name)
{
    double share[TURNS], wall_share[TURNS], seconds[TURNS];
    char file[512], what[128];
    scenario s;

    snprintf(file, sizeof file, SKYTWIN_SOURCE_DIR "/scenarios/%s.cfg", name);
    need(scenario_load(file, NULL, 0, &s, &error));
    for (int i = 0; i < TURNS; i++) {
        double with_wall_s, without_wall_s, with_s = run_s(&s, 1, &with_wall_s),
                                            without_s = run_s(&s, 0, &without_wall_s);

        seconds[i] = with_s;
        share[i] = 100 * (with_s - without_s) / with_s;
        wall_share[i] = 100 * (with_wall_s - without_wall_s) / with_wall_s;
    }
    snprintf(what, sizeof what, "record, run of %s with it", name);
    bench_report(what, median(seconds) * 1e3, "ms", NULL, 0);
    snprintf(what, sizeof what, "record, share of a run of %s", name);
    bench_report(what, median(share), "% of the processor's time", NULL, 0);
    snprintf(what, sizeof what, "record, share of a run of %s by the clock", name);
    bench_report(what, median(wall_share), "%", NULL, 0);
    scenario_free(&s);
}

int main(void)
{
    if (mkdtemp(folder) == NULL)
        return 3;
    snprintf(path, sizeof path, "%s/r.h5", folder);
    bench_writing(4);
    bench_writing(64);
    bench_writing(512);
    bench_share("quickstart");
    bench_share("batch-priorities");
    return rmdir(folder) == 0 ? 0 : 3;
}
