/* What is left of a record when its writer is killed, runs into a full disk, or finds its file damaged: either
 * nothing under the final name, or all of it. Driven as a user would, through the program. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
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

#define QUICKSTART SKYTWIN_SOURCE_DIR "/scenarios/quickstart.cfg"

static char folder[] = "/tmp/skytwin-crash-XXXXXX";

/* Runs a shell command in the folder; its output, both streams, in said[]. Returns the exit code; 128 + signal. */
static char said[8192];

static int shell(const char *format, ...)
{
    char command[2048], whole[2300];
    va_list values;
    FILE *pipe;
    size_t got;
    int status;

    va_start(values, format);
    vsnprintf(command, sizeof command, format, values);
    va_end(values);
    snprintf(whole, sizeof whole, "cd %s && { %s ; } 2>&1", folder, command);
    pipe = popen(whole, "r");
    assert_non_null(pipe);
    got = fread(said, 1, sizeof said - 1, pipe);
    said[got] = '\0';
    status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int exists(const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void assert_says(int code, int expected_code, const char *part)
{
    if (code != expected_code || strstr(said, part) == NULL)
        fail_msg("ended with %d and said: %s\nexpected %d and: %s", code, said, expected_code, part);
}

static void test_killed_writer_leaves_no_final_name(void **state)
{
    (void)state;
    for (int tenths = 1; tenths <= 9; tenths += 2) { /* from its first moments on */
        int code;

        shell("rm -f k.h5*; timeout -s KILL 0.%d %s compare %s --replications 1000 -o k.h5", tenths % 10,
              SKYTWIN_BINARY, QUICKSTART);
        assert_false(exists("k.h5"));
        if (!exists("k.h5.incomplete"))
            continue; /* killed before it came to that */
        code = shell("%s show k.h5.incomplete", SKYTWIN_BINARY);
        if (code == 0)
            assert_non_null(strstr(said, "incomplete"));
        else
            assert_says(code, 2, "k.h5.incomplete: found");
    }
}

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
    for (int blocks = 8; blocks <= 512; blocks *= 4) { /* of 1 KiB: while the file is made, and later */
        code = shell("rm -f f.h5*; trap '' XFSZ; ulimit -f %d; %s compare %s --replications 2 -o f.h5",
                     blocks, SKYTWIN_BINARY, QUICKSTART);
        assert_says(code, code == 2 ? 2 : 3,
                    "f.h5.incomplete"); /* 2: the file named could not even be begun */
        assert_non_null(strstr(said, "File too large"));
        assert_false(exists("f.h5"));
    }
}

static void test_full_disk_is_an_error(void **state)
{
    int code;

    (void)state;
    if (shell("mkdir -p disk && mount -t tmpfs -o size=300k tmpfs disk") != 0) {
        print_message("skipped: no leave to mount a small disk\n");
        skip();
    }
    code = shell("%s compare %s --replications 2 -o disk/f.h5", SKYTWIN_BINARY, QUICKSTART);
    assert_false(exists("disk/f.h5"));
    shell("umount disk") == 0 ? (void)0 : print_message("could not unmount\n");
    assert_int_equal(code, 3);
}

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
    for (long cut = 0; cut < size; cut += size / 7) {
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

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_writer_leaves_no_final_name),
        cmocka_unit_test(test_interrupted_writer_marks_it_incomplete),
        cmocka_unit_test(test_file_size_limit_is_an_error),
        cmocka_unit_test(test_full_disk_is_an_error),
        cmocka_unit_test(test_damaged_records_are_refused),
        cmocka_unit_test(test_damage_within_is_found_or_harmless),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
