/* What is left of a record when its writer is killed, runs into a full disk, or finds its file damaged: either
 * nothing under the final name, or all of it. Driven as a user would, through the program; but moments that must be
 * met exactly are met by a child that writes a record itself. */
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
#include <unistd.h>

#include <cmocka.h>

#include "record_files.h"
#include "tests/shell.h"

#define QUICKSTART SKYTWIN_SOURCE_DIR "/scenarios/quickstart.cfg"

/* ---- kill -9 ---------------------------------------------------------------------------------------------------- */

enum { RUNS = 40 };

typedef enum moment { CREATED, BEGUN, ROWS_WRITTEN, ENDED, MOMENTS } moment;

/* The child: writes a record, and stops for good when it comes to this moment of this run; tells when it begins to
 * write runs, and when it stops. */
static void write_until(const char *path, unsigned stop_run, moment stop, int tell)
{
    record *file;
    sky_error error;

    if (record_create(path, &record_files_about, &file, &error) != SKY_OK || write(tell, "c", 1) != 1)
        _exit(1);
    for (unsigned r = 0; r < RUNS; r++) {
        record_digest *digest = record_digest_new();
        record_run *run = NULL;

        for (moment m = CREATED; m < MOMENTS; m++) {
            if (m == BEGUN && record_run_begin(file, "best-fit", r, 42, &run, &error) != SKY_OK)
                _exit(1);
            if (m == ROWS_WRITTEN)
                record_files_write_rows(run, digest);
            if (m == ENDED)
                record_files_end_run(run, digest);
            if (r == stop_run && m == stop) {
                if (write(tell, "s", 1) != 1)
                    _exit(1);
                for (;;)
                    pause();
            }
        }
        record_digest_free(digest);
    }
    _exit(record_finish(file, &error) == SKY_OK ? 0 : 1);
}

/* Kills the child when it has told `told` words and `wait_us` have passed. */
static void kill_writer(const char *path, unsigned stop_run, moment stop, int told, unsigned wait_us)
{
    int ends[2], status;
    pid_t child;
    char word;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        write_until(path, stop_run, stop, ends[1]);
    }
    close(ends[1]);
    for (int i = 0; i < told; i++)
        assert_int_equal(read(ends[0], &word, 1), 1);
    usleep(wait_us);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    close(ends[0]);
}

/* Opens what is left, which must say that it is incomplete; every complete run in it verifies. */
static size_t complete_runs_left(const char *path)
{
    char incomplete[128];
    record_file *file;
    sky_error error;
    size_t complete = 0;

    snprintf(incomplete, sizeof incomplete, "%s.incomplete", path);
    assert_int_not_equal(access(path, F_OK), 0);
    if (record_open(incomplete, &file, &error) != SKY_OK)
        fail_msg("%s", error.message);
    assert_false(record_is_complete(file));
    assert_string_equal(record_about_of(file)->scenario_text, record_files_about.scenario_text);
    for (size_t r = 0; r < record_run_count(file); r++)
        complete += (size_t)record_run_info_of(file, r)->complete;
    if (record_verify(file, &error) != SKY_OK)
        fail_msg("%s", error.message);
    record_close(file);
    return complete;
}

static void test_killed_at_each_moment(void **state)
{
    char path[64];

    (void)state;
    snprintf(path, sizeof path, "%s/m.h5", folder);
    for (unsigned run = 0; run < 12; run += run < 2 ? 1 : 9) /* 11: the list of runs has grown */
        for (moment m = CREATED; m < MOMENTS; m++) {
            kill_writer(path, run, m, 2, 0);
            assert_int_equal(complete_runs_left(path), run + (m == ENDED)); /* none that had ended is lost */
        }
}

static void test_killed_at_any_time(void **state)
{
    char path[64];

    (void)state;
    snprintf(path, sizeof path, "%s/a.h5", folder);
    for (unsigned i = 0; i < 40; i++) {
        kill_writer(path, RUNS - 1, ENDED, 1, i * 7919 % 100000);
        complete_runs_left(path);
    }
}

/* The same through the program. Killed before its header is written, a file holds nothing yet: refused. */
static void test_killed_program_leaves_no_final_name(void **state)
{
    (void)state;
    for (int tenths = 1; tenths <= 9; tenths += 2) {
        int code;

        shell("rm -f k.h5*; timeout -s KILL 0.%d %s compare %s --replications 1000 -o k.h5", tenths,
              SKYTWIN_BINARY, QUICKSTART);
        assert_false(exists("k.h5"));
        if (!exists("k.h5.incomplete"))
            continue; /* killed before it came to that */
        code = shell("%s show k.h5.incomplete", SKYTWIN_BINARY);
        assert_says(code, code == 0 ? 0 : 2, code == 0 ? "incomplete" : "k.h5.incomplete: found");
        if (code == 0) {
            code = shell("%s show k.h5.incomplete --verify", SKYTWIN_BINARY);
            assert_says(code, 1, "k.h5.incomplete: the record is incomplete");
        }
    }
}

/* ---- interrupts, full disks, bad paths ----------------------------------------------------------------------------- */

static void test_interrupted_writer_marks_it_incomplete(void **state)
{
    int code;

    (void)state;
    code = shell("timeout --preserve-status -s INT 0.7 %s compare %s --replications 1000 -o i.h5",
                 SKYTWIN_BINARY, QUICKSTART);
    assert_says(code, 1, "interrupted; what there is of the record is i.h5.incomplete");
    assert_false(exists("i.h5"));
    code = shell("%s show i.h5.incomplete", SKYTWIN_BINARY);
    assert_says(code, 0, "incomplete");
}

static void test_file_size_limit_is_an_error(void **state)
{
    int code;

    (void)state;
#ifdef __SANITIZE_THREAD__
    print_message("skipped: the thread sanitizer maps a file of its own, which falls under the limit\n");
    skip();
#endif
    for (int blocks = 8; blocks <= 512; blocks *= 4) { /* of 1 KiB: while the file is made, and later */
        code = shell("rm -f f.h5*; trap '' XFSZ; ulimit -f %d; %s compare %s --replications 2 -o f.h5",
                     blocks, SKYTWIN_BINARY, QUICKSTART);
        assert_says(code, 3, "f.h5.incomplete");
        assert_non_null(strstr(said, "File too large"));
        assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* one line */
        code = shell("%s show f.h5.incomplete", SKYTWIN_BINARY);
        if (blocks >= 512) /* the header, with the scenario and its catalog, had room */
            assert_says(code, 0, "incomplete");
        else
            assert_says(code, 2, "f.h5.incomplete: found");
        assert_false(exists("f.h5"));
    }
}

static void test_full_disk_is_an_error(void **state)
{
    int code, final, opened;

    (void)state;
    if (shell("mkdir -p disk && mount -t tmpfs -o size=300k tmpfs disk") != 0) {
        print_message("skipped: no leave to mount a small disk\n");
        skip();
    }
    code = shell("%s compare %s --replications 2 -o disk/f.h5 > full.txt 2>&1", SKYTWIN_BINARY, QUICKSTART);
    final = exists("disk/f.h5");
    shell("%s show disk/f.h5.incomplete", SKYTWIN_BINARY);
    opened = strstr(said, "state     incomplete") != NULL;
    assert_int_equal(shell("umount disk && cat full.txt"), 0); /* before anything can fail */
    assert_says(code, 3, "disk/f.h5.incomplete");
    assert_non_null(strstr(said, "No space left on device"));
    assert_false(final);
    assert_true(opened);
}

/* Found before hours of simulation: these comparisons would take minutes. */
static void test_bad_path_is_found_at_once(void **state)
{
    static const char *const bad[][2] = { { "missing/x.h5", "No such file or directory" },
                                          { ".", "found a folder" },
                                          { "/dev/full", "found something that is not a file" },
                                          { "/proc/x.h5", "can't be written" } };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int code = shell("timeout 20 %s compare %s --replications 100000 -o %s", SKYTWIN_BINARY, QUICKSTART,
                         bad[i][0]);

        assert_says(code, 2, bad[i][1]);
        assert_non_null(strstr(said, bad[i][0]));
    }
}

/* ---- damage ------------------------------------------------------------------------------------------------------- */

static void test_damaged_records_are_refused(void **state)
{
    int code = shell(
        "%s run %s --set 'duration=2 d' --strategy spot-greedy -o whole.h5 && stat -c %%s whole.h5",
        SKYTWIN_BINARY, QUICKSTART);
    char *size_text = strrchr(said, '\n');
    long size;

    (void)state;
    assert_int_equal(code, 0);
    *size_text = '\0';
    size = atol(strrchr(said, '\n') + 1);
    assert_true(size > 10000);
    for (int sevenths = 0; sevenths <= 7; sevenths++) {
        long cut = sevenths < 7 ? size * sevenths / 7 : size - 1;

        code = shell("head -c %ld whole.h5 > cut.h5; %s show cut.h5", cut, SKYTWIN_BINARY);
        assert_says(code, 2, "cut.h5: found no HDF5 file, or a truncated one");
    }
    code = shell("head -c 100000 /dev/zero > zero.h5; %s show zero.h5", SKYTWIN_BINARY);
    assert_says(code, 2, "zero.h5: found no HDF5 file");
    code = shell("printf 'arrival_time,length\\n0,1\\n' > j.csv; %s import job-csv j.csv -o trace.h5 && %s "
                 "show trace.h5",
                 SKYTWIN_BINARY, SKYTWIN_BINARY);
    assert_says(code, 2, "trace.h5: found");
}

/* Bytes turned over here and there: shown as they are or refused, never a crash; and --verify finds what counts. */
static void test_damage_within_is_found_or_harmless(void **state)
{
    char path[256];
    struct stat info;
    int found = 0, code;

    (void)state;
    code = shell("%s run %s --set 'duration=2 d' --strategy spot-greedy -o v.h5; %s show v.h5 --verify",
                 SKYTWIN_BINARY, QUICKSTART, SKYTWIN_BINARY);
    assert_int_equal(code, 0);
    snprintf(path, sizeof path, "%s/v.h5", folder);
    assert_int_equal(stat(path, &info), 0);
    for (int i = 0; i < 40; i++) {
        long at = info.st_size * i / 40;

        shell("cp v.h5 d.h5; printf '\\377\\000\\252' | dd of=d.h5 bs=1 seek=%ld conv=notrunc", at);
        code = shell("%s show d.h5 --verify", SKYTWIN_BINARY);
        assert_in_range(code, 0, 3); /* no signal */
        found += code != 0;
    }
    assert_true(found >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_each_moment),
        cmocka_unit_test(test_killed_at_any_time),
        cmocka_unit_test(test_killed_program_leaves_no_final_name),
        cmocka_unit_test(test_interrupted_writer_marks_it_incomplete),
        cmocka_unit_test(test_file_size_limit_is_an_error),
        cmocka_unit_test(test_full_disk_is_an_error),
        cmocka_unit_test(test_bad_path_is_found_at_once),
        cmocka_unit_test(test_damaged_records_are_refused),
        cmocka_unit_test(test_damage_within_is_found_or_harmless),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
