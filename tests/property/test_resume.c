/* Long runs: what is killed and resumed is in the end the record of a run that was not killed; a branch without a change is the
 * run that it is one of, and one with a change is that run until then. Driven as a user would, through the program. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include <cmocka.h>

#include "record_same.h"
#include "tests/shell.h"

#include "record.h"

#define QUICKSTART SKYTWIN_SOURCE_DIR "/scenarios/quickstart.cfg"
#define DAYS       (SKYTWIN_SANITIZED ? 6 : 8)
#define DAY_NS     (24 * SKY_NS_PER_HOUR)

static const char *in_folder(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static record_file *open_record(const char *name)
{
    char path[128];
    record_file *file;
    sky_error error;

    if (record_open(in_folder(name, path), &file, &error) != SKY_OK)
        fail_msg("%s", error.message);
    return file;
}

static void assert_same(const char *a, const char *b)
{
    char a_path[128], b_path[128];

    assert_same_record(in_folder(a, a_path), in_folder(b, b_path));
}

static void copy_digest(const char *name, char digest[RECORD_DIGEST_CHARS])
{
    record_file *file = open_record(name);

    memcpy(digest, record_run_info_of(file, 0)->digest, RECORD_DIGEST_CHARS);
    record_close(file);
}

static void assert_digest_of(const char *name, const char *expected)
{
    char digest[RECORD_DIGEST_CHARS];

    copy_digest(name, digest);
    assert_string_equal(digest, expected);
}

/* ---- kill -9, again and again ------------------------------------------------------------------------------------- */

static void test_killed_and_resumed_is_the_same(void **state)
{
    int code, kills = 0;
    char path[128];

    (void)state;
    assert_says(shell("%s compare %s --set 'duration=%d d' --replications 2 -o w.h5", SKYTWIN_BINARY,
                      QUICKSTART, DAYS),
                0, "w.h5");
    shell("timeout -s KILL 0.%d %s compare %s --set 'duration=%d d' --replications 2 -o k.h5 "
          "--checkpoint-every '1 d'",
          SKYTWIN_SANITIZED ? 9 : 2, SKYTWIN_BINARY, QUICKSTART, DAYS);
    /* longer each time: a slow machine gets there, too; and the last kill may come when all is done */
    for (int hundredths = 20; access(in_folder("k.h5", path), F_OK) != 0; hundredths += 5) {
        code = shell("timeout -s KILL %d.%02d %s resume k.h5", hundredths / 100, hundredths % 100,
                     SKYTWIN_BINARY);
        if (code != 137)
            assert_says(code, 0, "The record is k.h5");
        kills += code == 137;
    }
    assert_same("w.h5", "k.h5");
    assert_says(shell("%s show k.h5 --verify", SKYTWIN_BINARY), 0, "verified");
    print_message("killed %d times\n", kills + 1);
}

static void test_full_disk_and_resumed_is_the_same(void **state)
{
    int code;

    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* it maps a file of its own, which falls under the limit */
#endif
    code = shell("trap '' XFSZ; ulimit -f 1024; %s run %s --set 'duration=%d d' --strategy horizon -o f.h5 "
                 "--checkpoint-every '12 h'",
                 SKYTWIN_BINARY, QUICKSTART, DAYS);
    assert_says(code, 3, "File too large");
    assert_says(shell("%s resume f.h5.incomplete", SKYTWIN_BINARY), 0, "run 0 goes on from");
    shell("%s run %s --set 'duration=%d d' --strategy horizon -o u.h5", SKYTWIN_BINARY, QUICKSTART, DAYS);
    assert_same("u.h5", "f.h5");
}

/* ---- what if ---------------------------------------------------------------------------------------------------------- */

/* A record with a checkpoint a day, to branch from. */
static void make_parent(char digest[RECORD_DIGEST_CHARS])
{
    assert_says(
        shell("%s run %s --set 'duration=%d d' --strategy uniform-progress-eager -o p.h5 --checkpoint-every "
              "'1 d'",
              SKYTWIN_BINARY, QUICKSTART, DAYS),
        0, "p.h5");
    copy_digest("p.h5", digest);
}

static void test_branch_without_a_change_is_the_run(void **state)
{
    static const char *const times[] = { "0 s", "5 h", "1 d", "2.3 d", "3 d" };
    char digest[RECORD_DIGEST_CHARS];

    (void)state;
    make_parent(digest);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        assert_says(shell("%s branch p.h5 --at '%s' -o b.h5", SKYTWIN_BINARY, times[i]), 0,
                    "did in all as the record did");
        assert_digest_of("b.h5", digest);
    }
    assert_says(shell("%s show b.h5 --verify", SKYTWIN_BINARY), 0, "branch    of run 0 of p.h5");
    assert_same("p.h5", "p.h5");
}

/* Events before a time, which both must have; the first that differs must not be before it. */
static void assert_same_until(const char *a_name, const char *b_name, int64_t at_ns)
{
    record_file *a = open_record(a_name), *b = open_record(b_name);
    size_t of_a = record_run_info_of(a, 0)->rows[RECORD_EVENTS],
           of_b = record_run_info_of(b, 0)->rows[RECORD_EVENTS], same = 0;
    sky_event *x = calloc(of_a, sizeof *x), *y = calloc(of_b, sizeof *y);
    sky_error error;

    assert_true(x != NULL && y != NULL);
    assert_int_equal(record_read(a, 0, RECORD_EVENTS, 0, of_a, x, &error), SKY_OK);
    assert_int_equal(record_read(b, 0, RECORD_EVENTS, 0, of_b, y, &error), SKY_OK);
    while (same < of_a && same < of_b && memcmp(&x[same], &y[same], sizeof *x) == 0)
        same++;
    assert_true(same < of_a && same < of_b); /* it differs */
    assert_true(x[same].time_ns >= at_ns && y[same].time_ns >= at_ns);
    assert_true(same > 1000);
    free(x);
    free(y);
    record_close(a);
    record_close(b);
}

static void test_branch_differs_only_from_its_time_on(void **state)
{
    static const char *const change = "--set 'catalog.gcp.machines[8].prices[0].on_demand=9 USD/h' "
                                      "--set 'catalog.gcp.machines[8].prices[0].spot=8 USD/h'";
    char digest[RECORD_DIGEST_CHARS], branched[RECORD_DIGEST_CHARS];

    (void)state;
    make_parent(digest);
    assert_says(
        shell("%s branch p.h5 --at '2.5 d' %s -o b.h5 --checkpoint-every '12 h'", SKYTWIN_BINARY, change), 0,
        "branch: uniform-progress-eager");
    copy_digest("b.h5", branched);
    assert_string_not_equal(branched, digest);
    assert_same_until("p.h5", "b.h5", DAY_NS * 5 / 2);
    assert_says(shell("%s branch p.h5 --at '2.5 d' --strategy on-demand-cheapest -o s.h5", SKYTWIN_BINARY), 0,
                "What differs");
    assert_same_until("p.h5", "s.h5", DAY_NS * 5 / 2);
    assert_says(shell("%s show b.h5", SKYTWIN_BINARY), 0, "from 60.0 h on, catalog.gcp.machines[8]");
    /* from a checkpoint of that very moment, or from the start: the same */
    assert_says(shell("%s branch p.h5 --at '2 d' %s -o c.h5", SKYTWIN_BINARY, change), 0, "c.h5");
    copy_digest("c.h5", branched);
    assert_says(shell("%s run %s --set 'duration=%d d' --strategy uniform-progress-eager -o q.h5",
                      SKYTWIN_BINARY, QUICKSTART, DAYS),
                0, "q.h5");
    assert_says(shell("%s branch q.h5 --at '2 d' %s -o d.h5", SKYTWIN_BINARY, change), 0, "d.h5");
    assert_digest_of("d.h5", branched);
}

/* A branch is a record like others: killed before its change or after, it can be resumed. */
static void test_killed_branch_goes_on(void **state)
{
    static const char *const change = "--set 'catalog.gcp.machines[8].prices[0].on_demand=9 USD/h'";
    char digest[RECORD_DIGEST_CHARS];
    int code = 137;

    (void)state;
    make_parent(digest);
    assert_says(shell("%s branch p.h5 --at '2 d' %s -o b.h5", SKYTWIN_BINARY, change), 0, "b.h5");
    copy_digest("b.h5", digest);
    for (int hundredths = 6; code != 0; hundredths += 5) {
        code = shell(
            "rm -f e.h5*; timeout -s KILL %d.%02d %s branch p.h5 --at '2 d' %s -o e.h5 --checkpoint-every "
            "'6 h'",
            hundredths / 100, hundredths % 100, SKYTWIN_BINARY, change);
        if (code == 137 && shell("%s resume e.h5", SKYTWIN_BINARY) == 2)
            continue; /* killed before there was anything */
        assert_digest_of("e.h5", digest);
    }
}

/* ---- what is refused -------------------------------------------------------------------------------------------------- */

static void test_refusals(void **state)
{
    static const struct {
        const char *arguments, *message;
    } refused[] = {
        { "resume p.h5", "p.h5: found a whole record, expected one that was cut off: p.h5.incomplete" },
        { "resume nowhere.h5", "nowhere.h5.incomplete: can't be read" },
        { "resume torn.h5", "torn.h5.incomplete: found no HDF5 file, or a truncated one" },
        { "resume old.h5", "found a record of another build, expected skytwin" },
        { "branch p.h5 --at '1 d'", "--output: found nothing" },
        { "branch p.h5 -o x.h5", "--at: found nothing" },
        { "branch p.h5 --at '99 d' -o x.h5", "--at: found 2376 h, expected a time before the run's end" },
        { "branch p.h5 --at tomorrow -o x.h5", "--at: found 'tomorrow', expected a time" },
        { "branch p.h5 --at '1 d' --run 3 -o x.h5",
          "--run: found 3, expected less than the record's 1 runs" },
        { "branch p.h5 --at '1 d' --strategy gredy -o x.h5", "unknown strategy 'gredy'" },
        { "branch p.h5 --at '1 d' --set 'pools[0].zones=1' -o x.h5", "--set: found 32 pools, expected 37" },
        { "branch p.h5 --at '1 d' --set 'pols=1' -o x.h5", "--set pols" },
        { "branch p.h5 --at '1 d' --set 'control_interval=1 h' -o x.h5",
          "found a control interval of 3600 s, expected 600 s" },
        { "run " QUICKSTART " --checkpoint-every '1 d'", "--checkpoint-every: found no record" },
        { "run " QUICKSTART " --checkpoint-every 1 -o x.h5",
          "--checkpoint-every: found '1', expected a time" },
        { "run " QUICKSTART " --checkpoint-every '0 s' -o x.h5", "--checkpoint-every: found '0 s'" },
    };
    char digest[RECORD_DIGEST_CHARS], path[128];
    hid_t file, attribute, type;
    char build[128] = "another build";

    (void)state;
    make_parent(digest);
    shell("head -c 20000 p.h5 > torn.h5.incomplete; cp p.h5 old.h5.incomplete");
    file = H5Fopen(in_folder("old.h5.incomplete", path), H5F_ACC_RDWR, H5P_DEFAULT);
    attribute = H5Aopen(file, "build_id", H5P_DEFAULT);
    type = H5Aget_type(attribute);
    assert_true(H5Awrite(attribute, type, build) >= 0);
    H5Tclose(type);
    H5Aclose(attribute);
    H5Fclose(file);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_says(shell("%s %s", SKYTWIN_BINARY, refused[i].arguments), 2, refused[i].message);
        assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* one line */
        assert_int_not_equal(access(in_folder("x.h5", path), F_OK), 0);
        assert_int_not_equal(access(in_folder("x.h5.incomplete", path), F_OK), 0);
    }
}

/* Traces that are no longer what the run had read. */
static void test_other_traces_are_refused(void **state)
{
    (void)state;
    assert_says(shell("printf 'time_s,carbon_gco2_per_kwh\\n0,100\\n3600,200\\n7200,100\\n' > grid.csv; "
                      "printf '@include \"%s\"\\nenergy = { grids = ( { regions = [ \"aws:us-east-1\" ]; "
                      "file = \"grid.csv\"; } ); };\\n' > "
                      "traced.cfg; "
                      "%s run traced.cfg --set 'duration=2 d' -o t.h5 --checkpoint-every '1 d'",
                      QUICKSTART, SKYTWIN_BINARY),
                0, "t.h5");
    assert_says(shell("%s branch t.h5 --at '1 d' -o s.h5", SKYTWIN_BINARY), 0, "did in all");
    assert_says(shell("sed -i s/200/201/ grid.csv; %s branch t.h5 --at '1 d' -o s2.h5", SKYTWIN_BINARY), 2,
                "found other traces than the run had read");
    assert_says(shell("rm grid.csv; %s branch t.h5 --at '1 d' -o s2.h5", SKYTWIN_BINARY), 2,
                "traced.cfg:2: energy.grids[0].file: found grid.csv, expected a path that can be read");
}

/* ---- hostile checkpoints ---------------------------------------------------------------------------------------------- */

/* Another checkpoint in the place of the last one, with a hash that is right. */
static void put_checkpoint(const char *name, unsigned index, const unsigned char *bytes, size_t size)
{
    char path[128], set_name[64], hash_text[33], build[128] = "", *to = hash_text;
    hsize_t length = size;
    hid_t file = H5Fopen(in_folder(name, path), H5F_ACC_RDWR, H5P_DEFAULT), old, set, space, attribute, type;
    XXH128_canonical_t hash;
    uint64_t numbers[RECORD_SUMMARY];

    snprintf(set_name, sizeof set_name, "runs/000000/checkpoints/%06u", index);
    old = H5Dopen2(file, set_name, H5P_DEFAULT);
    assert_true(old >= 0);
    H5Lmove(file, set_name, file, "runs/000000/old", H5P_DEFAULT, H5P_DEFAULT);
    space = H5Screate_simple(1, &length, NULL);
    set = H5Dcreate2(file, set_name, H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(set >= 0 && H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0);
    XXH128_canonicalFromHash(&hash, XXH3_128bits(bytes, size));
    for (int i = 0; i < 16; i++)
        to += sprintf(to, "%02x", hash.digest[i]);
    for (const char *const *name_of =
             (const char *const[]){ "time_ns", "rows", "build_id", "xxh3_128", NULL };
         *name_of != NULL; name_of++) {
        void *value = strcmp(*name_of, "build_id") == 0 ? build : (void *)numbers;
        hid_t shape, copy;

        attribute = H5Aopen(old, *name_of, H5P_DEFAULT);
        type = H5Aget_type(attribute);
        shape = H5Aget_space(attribute);
        assert_true(H5Aread(attribute, type, value) >= 0);
        copy = H5Acreate2(set, *name_of, type, shape, H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Awrite(copy, type, strcmp(*name_of, "xxh3_128") == 0 ? hash_text : value) >= 0);
        H5Aclose(copy);
        H5Sclose(shape);
        H5Tclose(type);
        H5Aclose(attribute);
    }
    H5Ldelete(file, "runs/000000/old", H5P_DEFAULT);
    H5Sclose(space);
    H5Dclose(set);
    H5Dclose(old);
    H5Fclose(file);
}

/* One line and exit code 2, and the file is as it was; or what is turned over may be otherwise, and it runs. */
static int try_hostile(const unsigned char *bytes, size_t size, unsigned index)
{
    int code;

    shell("cp cut.h5.incomplete hostile.h5.incomplete");
    put_checkpoint("hostile.h5.incomplete", index, bytes, size);
    shell("cp hostile.h5.incomplete before");
    code = shell("timeout 20 %s resume hostile.h5 --json > out.txt", SKYTWIN_BINARY);
    if (code != 0 && code != 2 && code != 3)
        fail_msg("ended with %d and said: %s", code, said);
    if (code == 2) {
        assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
        assert_int_equal(shell("cmp before hostile.h5.incomplete"), 0);
    }
    shell("rm -f hostile.h5*");
    return code;
}

static void test_hostile_checkpoints(void **state)
{
    enum { FLIPS = SKYTWIN_SANITIZED ? 12 : 20 };
    unsigned char *bytes;
    unsigned index;
    size_t size;
    int refused = 0;
    record_file *file;
    sky_error error;

    (void)state;
    shell("trap '' XFSZ; ulimit -f 700; %s run %s --set 'duration=3 d' --strategy horizon -o cut.h5 "
          "--checkpoint-every '6 h'",
          SKYTWIN_BINARY, QUICKSTART);
    file = open_record("cut.h5.incomplete");
    index = (unsigned)record_run_info_of(file, 0)->checkpoints - 1;
    assert_int_equal(record_checkpoint_read(file, 0, index, &bytes, &size, &error), SKY_OK);
    record_close(file);
    assert_int_equal(try_hostile(bytes, size / 2, index), 2);
    assert_int_equal(try_hostile(bytes, 1, index), 2);
    for (size_t i = 0; i < FLIPS; i++) {
        /* where counts and indices stand: at the beginning; and anywhere */
        size_t at = i % 2 == 0 ? 24 + 41 * i : (size - 1) * i / FLIPS;

        bytes[at] ^= 0x81;
        refused += try_hostile(bytes, size, index) != 0;
        bytes[at] ^= 0x81;
    }
    free(bytes);
    assert_true(refused > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_and_resumed_is_the_same),
        cmocka_unit_test(test_full_disk_and_resumed_is_the_same),
        cmocka_unit_test(test_branch_without_a_change_is_the_run),
        cmocka_unit_test(test_branch_differs_only_from_its_time_on),
        cmocka_unit_test(test_killed_branch_goes_on),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_other_traces_are_refused),
        cmocka_unit_test(test_hostile_checkpoints),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
