/* The record's writer: what goes through it is what would have been written without it, byte by byte; what fails on its
 * thread comes back to who hands over more. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/record_writer.h"
#include "record_files.h"
#include "tests/folder.h"

#define RUNS 3

static void *copy(const void *rows, size_t size)
{
    void *own = malloc(size);

    assert_non_null(own);
    return memcpy(own, rows, size);
}

/* Each stream in turn, a block of each: as runs hand them over. */
static sky_status hand_over_rows(record_writer *w, sky_error *error)
{
    sky_status status = SKY_OK;

    for (int s = 0; s < RECORD_SUMMARY; s++) {
        size_t size = record_row_bytes((record_stream)s), most = record_block_rows((record_stream)s), part;
        unsigned char *rows = record_files_rows((record_stream)s, RECORD_FILES_ROWS);

        for (size_t done = 0; done < RECORD_FILES_ROWS; done += part) {
            part = done + most < RECORD_FILES_ROWS ? most : RECORD_FILES_ROWS - done;
            status = record_writer_append(w, (record_stream)s, copy(rows + done * size, part * size), part,
                                          error);
        }
        free(rows);
    }
    return status;
}

/* The digest of each run, all of which are the same, comes back. */
static void write_directly(const char *path, char text[RECORD_DIGEST_CHARS])
{
    record *file;
    sky_error error;

    assert_int_equal(record_create(path, &record_files_about, &file, &error), SKY_OK);
    for (unsigned r = 0; r < RUNS; r++) {
        record_digest *digest = record_digest_new();
        record_run *run;

        assert_non_null(digest);
        assert_int_equal(record_run_begin(file, "best-fit", r, 42, &run, &error), SKY_OK);
        record_files_write_rows(run, digest);
        record_files_end_run(run, digest);
        record_digest_text(digest, text);
        record_digest_free(digest);
    }
    assert_int_equal(record_finish(file, &error), SKY_OK);
}

static void write_through(const char *path, const char *digest)
{
    record_summary summary = record_files_summary();
    record_writer *w;
    record *file;
    sky_error error;

    assert_int_equal(record_create(path, &record_files_about, &file, &error), SKY_OK);
    assert_int_equal(record_writer_new(file, &w, &error), SKY_OK);
    for (unsigned r = 0; r < RUNS; r++) {
        assert_int_equal(record_writer_begin(w, "best-fit", r, 42, &error), SKY_OK);
        assert_int_equal(hand_over_rows(w, &error), SKY_OK);
        assert_int_equal(record_writer_end(w, &summary, digest, &error), SKY_OK);
    }
    assert_int_equal(record_writer_wait(w, &error), SKY_OK);
    record_writer_free(w);
    assert_int_equal(record_finish(file, &error), SKY_OK);
}

static void test_same_bytes_as_without(void **state)
{
    char directly[64], through[64], digest[RECORD_DIGEST_CHARS];
    unsigned char *bytes[2];
    struct stat info[2];

    (void)state;
    snprintf(directly, sizeof directly, "%s/d.h5", folder);
    snprintf(through, sizeof through, "%s/t.h5", folder);
    write_directly(directly, digest);
    write_through(through, digest);
    for (int i = 0; i < 2; i++) {
        FILE *file = fopen(i == 0 ? directly : through, "r");

        assert_non_null(file);
        assert_int_equal(fstat(fileno(file), &info[i]), 0);
        bytes[i] = malloc((size_t)info[i].st_size);
        assert_non_null(bytes[i]);
        assert_int_equal(fread(bytes[i], 1, (size_t)info[i].st_size, file), info[i].st_size);
        fclose(file);
    }
    assert_int_equal(info[0].st_size, info[1].st_size);
    assert_true(info[0].st_size > RECORD_WRITER_BYTES); /* so somebody waited */
    assert_memory_equal(bytes[0], bytes[1], (size_t)info[0].st_size);
    for (int i = 0; i < 2; i++)
        free(bytes[i]);
}

/* Returns the number of the first thing that is not as it should be. */
static int fail_to_write(const char *path)
{
    const struct rlimit little = { 1 << 20, RLIM_INFINITY };
    record_summary summary = record_files_summary();
    record_writer *w;
    record *file;
    sky_error error = { "" }, again = { "" };

    signal(SIGXFSZ, SIG_IGN);
    if (record_create(path, &record_files_about, &file, &error) != SKY_OK ||
        record_writer_new(file, &w, &error) != SKY_OK ||
        record_writer_begin(w, "best-fit", 0, 42, &error) != SKY_OK || setrlimit(RLIMIT_FSIZE, &little) != 0)
        return 1;
    hand_over_rows(w, &error);
    if (record_writer_wait(w, &error) != SKY_ERROR_IO || strstr(error.message, "File too large") == NULL)
        return 2;
    if (record_writer_append(w, RECORD_EVENTS, copy("", 1), 1, &again) != SKY_ERROR_IO ||
        strcmp(again.message, error.message) != 0)
        return 3;
    if (record_writer_end(w, &summary, "", &again) != SKY_ERROR_IO)
        return 4;
    record_writer_free(w);
    record_abandon(file, error.message);
    return access(path, F_OK) == 0 ? 5 : 0;
}

/* In a process of its own: HDF5 can't close such a file, and keeps it. */
static void test_failed_write_comes_back(void **state)
{
    char path[64];
    pid_t child;
    int status;

    (void)state;
#ifdef __SANITIZE_THREAD__
    print_message("skipped: the thread sanitizer maps a file of its own, which falls under the limit\n");
    skip();
#endif
    snprintf(path, sizeof path, "%s/f.h5", folder);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(fail_to_write(path));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes_as_without),
        cmocka_unit_test(test_failed_write_comes_back),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
