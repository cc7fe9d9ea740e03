/* Sweeps, driven as a user would: the same bytes on any number of threads, in shards, and after any kill; each run as
 * `skytwin run` gives it; and bad sweep files told in one line. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <math.h>

#include "sweep_record.h"
#include "tests/scenario_files.h"
#include "tests/shell.h"

#define SWEEP                                                                                                \
    "name = \"tiny-sweep\"; title = \"Tiny\";\n"                                                             \
    "scenario = \"tiny.cfg\";\n"                                                                             \
    "strategies = [\"on-demand-cheapest\", \"spot-greedy\"];\n"                                              \
    "replications = 3;\n"                                                                                    \
    "axes = (\n"                                                                                             \
    "  { key = \"workloads[0].rate\"; from = \"1 /d\"; to = \"16 /d\"; steps = 5; scale = \"log\"; },\n"     \
    "  { key = \"pools[0].capacity\"; values = [2, 40]; }\n"                                                 \
    ");\n"
enum { POINTS = 10, RUNS = POINTS * 2 * 3 };

static void assert_done(int code)
{
    if (code != 0)
        fail_msg("ended with %d and said: %s", code, said);
}

static void assert_same_bytes(const char *a, const char *b)
{
    assert_done(shell("cmp %s %s", a, b));
}

/* ---- the same bytes ------------------------------------------------------------------------------------------- */

static void test_threads_change_nothing(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 16; threads *= 4) {
        assert_done(shell("%s sweep s.cfg -o threads.h5 --threads %d", SKYTWIN_BINARY, threads));
        assert_same_bytes("threads.h5", "whole.h5");
        assert_false(exists("threads.h5.journal"));
        assert_done(shell("rm threads.h5"));
    }
}

static void test_shards_merge_to_the_whole(void **state)
{
    static const int counts[] = { 2, 11 }; /* 11: dealt by runs */

    (void)state;
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        shell("rm -f part-*.h5");
        assert_done(
            shell("for i in $(seq %d); do %s sweep s.cfg -o part-$i.h5 --shard $i/%d >out || exit; done",
                  counts[c], SKYTWIN_BINARY, counts[c]));
        assert_done(shell("%s merge part-*.h5 -o merged.h5", SKYTWIN_BINARY));
        assert_same_bytes("merged.h5", "whole.h5");
    }
    assert_says(shell("rm part-9.h5; %s merge part-*.h5 -o lacks.h5", SKYTWIN_BINARY), 2,
                "in any part, expected all: is a part missing?");
    assert_false(exists("lacks.h5"));
    assert_false(exists("lacks.h5.incomplete"));
    assert_done(shell("%s sweep s.cfg -o other.h5 --seed 8", SKYTWIN_BINARY));
    assert_says(shell("%s merge part-1.h5 other.h5 -o mixed.h5", SKYTWIN_BINARY), 2,
                "other.h5: found a part of another sweep or build, expected one of the sweep of part-1.h5");
}

/* Kills the program after so many microseconds; 1: it was killed, 0: it had ended. */
static int kill_sweep(const char *arguments, unsigned wait_us)
{
    char command[1024];
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        snprintf(command, sizeof command, "cd %s && exec %s sweep %s >/dev/null 2>&1", folder, SKYTWIN_BINARY,
                 arguments);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    usleep(wait_us);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status);
}

/* How long the whole sweep takes on this machine now: kills are to meet it under way. */
static unsigned time_of_sweep_us(void)
{
    struct timespec from, to;

    clock_gettime(CLOCK_MONOTONIC, &from);
    assert_done(shell("%s sweep s.cfg -o timed.h5 --threads 1", SKYTWIN_BINARY));
    clock_gettime(CLOCK_MONOTONIC, &to);
    return (unsigned)((to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000) + 1;
}

static void test_killed_sweep_goes_on(void **state)
{
    unsigned random = 12345, kills = 0, sweep_us = time_of_sweep_us();

    (void)state;
    for (int round = 0; round < 5; round++) {
        int threads = 1 + round % 3;
        char arguments[64];

        snprintf(arguments, sizeof arguments, "s.cfg -o killed.h5 --threads %d", threads);
        shell("rm -f killed.h5*");
        for (int k = 0; k < 4; k++) { /* the same sweep is killed again and again */
            random = random * 1664525 + 1013904223;
            kills += (unsigned)kill_sweep(arguments, (random >> 8) % sweep_us);
            if (exists("killed.h5"))
                assert_same_bytes("killed.h5", "whole.h5");
        }
        assert_done(shell("%s sweep %s", SKYTWIN_BINARY, arguments));
        assert_same_bytes("killed.h5", "whole.h5");
        assert_false(exists("killed.h5.journal"));
        assert_false(exists("killed.h5.incomplete"));
    }
    assert_true(kills >= 3);
}

/* A journal cut at every place, as a file system might leave it. */
static void test_cut_journal_goes_on(void **state)
{
    (void)state;
    kill_sweep("s.cfg -o cut.h5 --replications 200", SKYTWIN_SANITIZED ? 2000000 : 300000);
    assert_true(exists("cut.h5.journal"));
    assert_done(
        shell("%s sweep s.cfg -o all.h5 --replications 200 >out; cp cut.h5.journal kept", SKYTWIN_BINARY));
    for (int cut = 1; cut <= 4; cut += 2) {
        assert_done(shell(
            "size=$(stat -c %%s kept); head -c $((size * %d / 5)) kept > cut.h5.journal; rm -f cut.h5", cut));
        assert_done(shell("%s sweep s.cfg -o cut.h5 --replications 200", SKYTWIN_BINARY));
        assert_same_bytes("cut.h5", "all.h5");
    }
}

static void test_interrupted_sweep_goes_on(void **state)
{
    (void)state;
    assert_says(shell("timeout --preserve-status -s INT 0.5 %s sweep s.cfg -o i.h5 --replications 2000",
                      SKYTWIN_BINARY),
                1, "interrupted; what is finished stands in i.h5.journal: the same command goes on");
    assert_says(shell("%s sweep s.cfg -o i.h5", SKYTWIN_BINARY), 2,
                "i.h5.journal: found the journal of another sweep or build");
}

static void test_two_at_a_time_are_refused(void **state)
{
    (void)state;
    assert_says(shell("flock busy.h5.journal sleep 5 & sleep 0.5; %s sweep s.cfg -o busy.h5", SKYTWIN_BINARY),
                2, "busy.h5.journal: found another process that writes it");
}

/* ---- the runs themselves -------------------------------------------------------------------------------------- */

/* Each run of the table is what `skytwin run` says of that point and strategy, and every strategy met the same world:
 * the table is checked against another way to the same runs. */
static void test_runs_are_those_of_run(void **state)
{
    char path[128];
    sweep_file *file;
    const sweep_row *rows;
    const sweep_about *about;
    sky_error error;
    size_t count;

    (void)state;
    snprintf(path, sizeof path, "%s/whole.h5", folder);
    assert_int_equal(sweep_record_open(path, &file, &error), SKY_OK);
    about = sweep_record_about(file);
    rows = sweep_record_runs(file, &count);
    assert_int_equal(count, RUNS);
    assert_int_equal(about->point_count, POINTS);
    for (size_t i = 0; i < count; i += about->replications) { /* `run` runs replication 0 */
        const double *point = sweep_record_point(file, rows[i].run / 6);

        assert_int_equal(rows[i].run, i);
        assert_done(shell("%s run tiny.cfg --json --strategy %s --set 'workloads[0].rate=%g /d' --set "
                          "pools[0].capacity=%g | grep digest | tail -1",
                          SKYTWIN_BINARY, about->strategies[rows[i].run / 3 % 2], point[0], point[1]));
        assert_non_null(memmem(said, strlen(said), rows[i].digest, sizeof rows[i].digest));
    }
    assert_int_equal(sweep_record_verify(file, &error), SKY_OK);
    sweep_record_close(file);
}

static void test_full_records_are_whole(void **state)
{
    (void)state;
    assert_done(shell(
        "sed 's/^name/record = \"full\"; name/' s.cfg >full.cfg; %s sweep full.cfg -o full.h5 --threads 3",
        SKYTWIN_BINARY));
    assert_says(shell("ls full.h5.runs | wc -l"), 0, "60\n");
    assert_says(shell("%s show full.h5.runs/00000004.h5 --verify", SKYTWIN_BINARY), 0, "verified");
    assert_says(shell("%s show full.h5.runs/00000004.h5 --json", SKYTWIN_BINARY), 0, "\"replication\": 1");
    kill_sweep("full.cfg -o full2.h5 --threads 2", 50000);
    assert_done(shell("%s sweep full.cfg -o full2.h5", SKYTWIN_BINARY));
    assert_done(shell("rm -f full2.h5.runs/*.incomplete; diff -r full.h5.runs full2.h5.runs"));
    assert_same_bytes("full.h5", "full2.h5");
}

static void test_whole_record_is_left_alone(void **state)
{
    (void)state;
    assert_done(
        shell("cp -p whole.h5 again.h5; touch -d 2001-01-01 again.h5; %s sweep s.cfg -o again.h5 && find "
              "again.h5 ! -newermt 2001-01-02 | grep again",
              SKYTWIN_BINARY));
}

static void test_damage_is_found(void **state)
{
    int found = 0;

    (void)state;
    for (int i = 0; i < 30; i++) {
        int code;

        shell("cp whole.h5 d.h5; printf '\\377\\000\\252' | dd of=d.h5 bs=1 seek=$(($(stat -c %%s d.h5) * %d "
              "/ 30)) "
              "conv=notrunc",
              i);
        code = shell("%s show d.h5 --verify", SKYTWIN_BINARY);
        assert_in_range(code, 0, 3); /* no signal */
        found += code != 0;
    }
    assert_true(found >= 3);
}

/* ---- designs -------------------------------------------------------------------------------------------------- */

static sweep_file *open_design(const char *design, const char *axes, int points)
{
    char path[128], text[1024];
    sweep_file *file;
    sky_error error;

    snprintf(
        text, sizeof text,
        "name = \"d\"; scenario = \"tiny.cfg\"; set = [\"duration=1 h\"]; replications = 1; design = \"%s\"; "
        "points = %d;\nstrategies = [\"spot-greedy\"]; axes = ( %s );",
        design, points, axes);
    assert_true(tiny_write(folder, "design.cfg", text, strlen(text)));
    assert_done(shell("rm -f design.h5; %s sweep design.cfg -o design.h5", SKYTWIN_BINARY));
    snprintf(path, sizeof path, "%s/design.h5", folder);
    assert_int_equal(sweep_record_open(path, &file, &error), SKY_OK);
    return file;
}

#define TWO_AXES                                                                                             \
    "{ key = \"workloads[0].deadline_factor\"; from = 1.0; to = 5.0; }, "                                    \
    "{ key = \"workloads[0].rate\"; from = \"1 /d\"; to = \"100 /d\"; scale = \"log\"; }"

/* A Latin hypercube meets each of n parts of each axis once; a Sobol sequence of 2^k points each of 2^k parts [Sobol
 * 1967, property of (t, s)-sequences for one dimension], but for GSL's leaving out the point at the origin. */
static void test_designs_fill_the_axes(void **state)
{
    static const char *const designs[] = { "latin-hypercube", "sobol", "halton" };

    (void)state;
    for (int d = 0; d < 3; d++) {
        sweep_file *file = open_design(designs[d], TWO_AXES, 63);
        int seen[2][64] = { { 0 } };

        for (uint64_t p = 0; p < 63; p++) {
            const double *point = sweep_record_point(file, p);
            double part[2] = { (point[0] - 1) / 4, log(point[1]) / log(100) };

            assert_true(part[0] >= 0 && part[0] <= 1 && part[1] >= 0 && part[1] <= 1);
            seen[0][(int)(part[0] * (d == 0 ? 63 : 64) + 1e-6)]++; /* values have nine digits */
            seen[1][(int)(part[1] * 16 + 1e-6)]++;
        }
        for (int i = 0; d == 0 && i < 63; i++)
            assert_int_equal(seen[0][i], 1);
        for (int i = 1; d == 1 && i < 64; i++)
            assert_int_equal(seen[0][i], 1);
        for (int i = 0; i < 16; i++) /* evenly on the logarithmic scale: 4 each, but for the ends */
            assert_in_range(seen[1][i], 2, 6);
        sweep_record_close(file);
    }
}

static void test_conditions_leave_points_out(void **state)
{
    (void)state;
    assert_done(
        shell("sed 's/^replications.*/replications = 1; where = [\"workloads[0].rate >= 4 \\/d\", "
              "\"pools[0].capacity < 40\"];/' s.cfg > where.cfg; %s sweep where.cfg -o where.h5 --json | "
              "grep '\"points\": 3,'",
              SKYTWIN_BINARY));
}

/* ---- bad input ------------------------------------------------------------------------------------------------ */

static const struct refusal {
    const char *old, *new, *expected;
} refusals[] = {
    { "scenario = \"tiny.cfg\"", "scenario = \"tony.cfg\"",
      "bad.cfg:2: scenario: found tony.cfg, expected a path" },
    { "name = \"tiny-sweep\";", "", "bad.cfg:1: name: found nothing, expected a string" },
    { "replications = 3", "replication = 3",
      "bad.cfg:4: replication: found an unknown key, expected a known key (did you mean \"replications\"?)" },
    { "\"spot-greedy\"", "\"spot-gready\"", "bad.cfg:3: strategies: found spot-gready, expected strategies" },
    { "\"spot-greedy\"", "\"on-demand-cheapest\"",
      "bad.cfg:3: strategies: found on-demand-cheapest, expected each strategy once" },
    { "pools[0].capacity", "pools[0].capasity",
      "bad.cfg:7: axes[1], 2: --set pools[0].capasity: found an unknown key" },
    { "pools[0].capacity", "pools[7].capacity", "bad.cfg:7: axes[1], 2: --set pools[7].capacity: found" },
    { "pools[0].capacity", "workloads[0].rate",
      "bad.cfg:7: axes[1].key: found workloads[0].rate, expected each key" },
    { "pools[0].capacity", "seed", "bad.cfg:7: axes[1].key: found seed, expected a key of the scenario" },
    { "[2, 40]", "[ ]", "bad.cfg:7: axes[1].values: found no values, expected a list of at least one" },
    { "[2, 40]", "[2, 2]", "bad.cfg:7: axes[1].values: found 2, expected each value once" },
    { "[2, 40]", "[40, -1]",
      "bad.cfg:7: axes[1], -1: --set pools[0].capacity: found -1, expected a whole number" },
    { "\"16 /d\"", "\"16 h\"",
      "bad.cfg:6: axes[0].to: found \"16 h\", expected a number in the unit of `from`" },
    { "\"1 /d\"; to = \"16 /d\"", "\"1 s\"; to = \"16 s\"",
      "bad.cfg:6: axes[0], 1 s: --set workloads[0].rate: found \"1 s\", expected a rate" },
    { "\"16 /d\"", "\"0.5 /d\"", "bad.cfg:6: axes[0].to: found \"0.5 /d\", expected more than `from`" },
    { "\"1 /d\"", "\"0 /d\"",
      "bad.cfg:6: axes[0].from: found \"0 /d\", expected a number above 0 on a logarithmic" },
    { "steps = 5", "steps = 1", "bad.cfg:6: axes[0].steps: found 1, expected a whole number from 2" },
    { "\"log\"", "\"lag\"", "bad.cfg:6: axes[0].scale: found \"lag\", expected one of: linear log" },
    { "steps = 5", "steps = 6000000", "bad.cfg:5: axes: found 12000000 points, expected at most 10000000" },
    { "steps = 5", "steps = 1000000",
      "bad.cfg:4: replications: found 12000000 runs, expected at most 10000000" },
    { "replications = 3", "design = \"sobel\"",
      "bad.cfg:4: design: found \"sobel\", expected one of: grid latin-hypercube sobol halton (did you "
      "mean" },
    { "replications = 3", "design = \"sobol\"",
      "bad.cfg:6: axes[0].steps: found 5, expected none: the design" },
    { "replications = 3", "points = 3", "bad.cfg:4: points: found a number, expected none" },
    { "replications = 3", "where = [\"pools[0].capacity >\"]",
      "bad.cfg:4: where: found pools[0].capacity >, expected" },
    { "replications = 3", "where = [\"capacity > 3\"]",
      "bad.cfg:4: where: found capacity > 3, expected the key of an" },
    { "replications = 3", "where = [\"workloads[0].rate > 3 h\"]",
      "expected a number in the unit of the axis" },
    { "replications = 3", "where = [\"pools[0].capacity > 99\"]",
      "bad.cfg:4: where: found conditions that no point meets, expected at least one point" },
    { "axes = (", "axes = ( 5,", "bad.cfg:5: axes[0]: found 5, expected a group" },
};

static void assert_refused(const char *text, const char *expected)
{
    assert_true(tiny_write(folder, "bad.cfg", text, strlen(text)));
    assert_says(shell("%s sweep bad.cfg -o bad.h5", SKYTWIN_BINARY), 2, expected);
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* one line */
    assert_false(exists("bad.h5"));
    assert_false(exists("bad.h5.journal"));
}

static void test_bad_sweeps_are_refused(void **state)
{
    static const char sobol[] =
        "name = \"s\"; scenario = \"tiny.cfg\"; design = \"sobol\"; points = 4; axes = (";
    static char text[8192];
    size_t used;

    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const char *at = strstr(SWEEP, refusals[i].old);

        assert_non_null(at);
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - SWEEP), SWEEP, refusals[i].new,
                 at + strlen(refusals[i].old));
        assert_refused(text, refusals[i].expected);
    }
    used = (size_t)snprintf(text, sizeof text, "%s", sobol);
    for (int i = 0; i < 41; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{ key = \"pools[%d].capacity\"; from = 1; to = 9; }", i > 0 ? "," : "",
                                 i);
    snprintf(text + used, sizeof text - used, ");");
    assert_refused(text, "bad.cfg:1: axes: found 41 axes, expected at most 40 of a Sobol design");
    assert_says(shell("%s sweep s.cfg", SKYTWIN_BINARY), 2, "sweep: expected -o FILE.h5");
    assert_says(shell("%s sweep s.cfg -o nowhere/s.h5", SKYTWIN_BINARY), 2,
                "nowhere/s.h5.journal: can't be written");
    assert_says(shell("%s sweep s.cfg -o x.h5 --shard 3/2", SKYTWIN_BINARY), 2,
                "--shard: found '3/2', expected I/N");
    assert_says(shell("%s merge s.cfg -o x.h5", SKYTWIN_BINARY), 2,
                "s.cfg: found another file, expected the record");
    assert_says(shell("%s merge nowhere.h5 -o x.h5", SKYTWIN_BINARY), 2, "nowhere.h5: can't be read");
}

static void test_plots_are_drawn(void **state)
{
    (void)state;
    if (shell("command -v gnuplot") != 0)
        skip();
    assert_says(shell("%s plot whole.h5 -o plots", SKYTWIN_BINARY), 0, "plots/sweep-1.png");
    assert_says(shell("grep -c spot-greedy plots/sweep-0.svg"), 0, "2"); /* one line of each panel's key */
    assert_says(shell("grep -v '^#' plots/sweep-1.tsv | wc -l"), 0,
                "8\n"); /* 2 × (a name, 2 values), 2 blank */
}

static void test_example_runs(void **state)
{
    (void)state;
    assert_says(shell("%s sweep %s/scenarios/sweeps/quickstart.cfg -o e.h5 --replications 1", SKYTWIN_BINARY,
                      SKYTWIN_SOURCE_DIR),
                0, "12 points × 4 strategies × 1 replications, 48 runs");
}

static int make_world(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || !tiny_write_all(folder) ||
        !tiny_write(folder, "s.cfg", SWEEP, strlen(SWEEP)))
        return 1;
    return shell("%s sweep s.cfg -o whole.h5 --threads 2", SKYTWIN_BINARY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_change_nothing),
        cmocka_unit_test(test_shards_merge_to_the_whole),
        cmocka_unit_test(test_killed_sweep_goes_on),
        cmocka_unit_test(test_cut_journal_goes_on),
        cmocka_unit_test(test_interrupted_sweep_goes_on),
        cmocka_unit_test(test_two_at_a_time_are_refused),
        cmocka_unit_test(test_runs_are_those_of_run),
        cmocka_unit_test(test_full_records_are_whole),
        cmocka_unit_test(test_whole_record_is_left_alone),
        cmocka_unit_test(test_damage_is_found),
        cmocka_unit_test(test_designs_fill_the_axes),
        cmocka_unit_test(test_conditions_leave_points_out),
        cmocka_unit_test(test_bad_sweeps_are_refused),
        cmocka_unit_test(test_plots_are_drawn),
        cmocka_unit_test(test_example_runs),
    };

    return cmocka_run_group_tests(tests, make_world, remove_folder);
}
