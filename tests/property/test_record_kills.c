/* A writer of a record that is killed at any of its system calls, in the middle of a flush too, leaves a file that opens, with
 * every run and checkpoint that it had told of; and what goes on from there becomes the record of a writer that was not
 * killed. The calls are met one by one: the test traces its child. */
#define _GNU_SOURCE 1 /* mkdtemp */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/ptrace.h>

#include "record_files.h"
#include "record_same.h"
#include "tests/folder.h"

enum { RUNS = 2, STEPS = 3 };

static char whole[64], path[64], incomplete[80];

/* ---- the writer ---------------------------------------------------------------------------------------------------- */

/* In the child an error ends it; nothing kills it then, which the parent sees. */
static void need(sky_status status)
{
    if (status != SKY_OK)
        _exit(1);
}

static void write_block(record_run *run, record_digest *digest, unsigned step)
{
    record_stream stream = step % 2 == 0 ? RECORD_EVENTS : RECORD_JOBS;
    size_t rows = record_block_rows(stream);
    unsigned char *block = record_files_rows(stream, rows);
    sky_error error;

    block[0] = (unsigned char)step;
    need(record_append(run, stream, block, rows, &error));
    record_digest_add(digest, stream, block, rows * record_row_bytes(stream));
    free(block);
}

static void tell(int to, const char *what)
{
    if (to >= 0 && write(to, what, 1) != 1)
        _exit(1);
}

static void write_steps(record_run *run, record_digest *digest, unsigned from, int to)
{
    sky_error error;

    for (unsigned step = from; step < STEPS; step++) {
        write_block(run, digest, step);
        need(record_checkpoint_append(run, step, "test", &step, sizeof step, &error));
        tell(to, "c");
    }
    record_files_end_run(run, digest);
    tell(to, "e");
}

static void write_runs(record *file, unsigned from, int to)
{
    record_digest *digest = record_digest_new();
    sky_error error;

    for (unsigned r = from; r < RUNS; r++) {
        record_run *run;

        record_digest_reset(digest);
        need(record_run_begin(file, "best-fit", r, 42, &run, &error));
        write_steps(run, digest, 0, to);
    }
    record_digest_free(digest);
    need(record_finish(file, &error));
}

static void write_record(const char *name, int to)
{
    record *file;
    sky_error error;

    need(record_create(name, &record_files_about, &file, &error));
    tell(to, "o");
    write_runs(file, 0, to);
}

/* ---- who kills it ---------------------------------------------------------------------------------------------------- */

static int changes_files(uint64_t call)
{
    return call == SYS_pwrite64 || call == SYS_ftruncate || call == SYS_fallocate || call == SYS_unlink ||
           call == SYS_rename || call == SYS_openat;
}

static pid_t start_writer(int ends[2])
{
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(77);
        raise(SIGSTOP);
        write_record(path, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    return child;
}

/* Kills the writer when it enters its call of that number that changes files. 0: it has fewer; -1: no leave to trace. */
static int kill_at(unsigned number, char *told, size_t most)
{
    int ends[2], status, killed = 0;
    pid_t child = start_writer(ends);
    unsigned calls = 0;
    ssize_t got;

    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status)) {
        close(ends[0]);
        return -1;
    }
    ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    while (!WIFEXITED(status) && !WIFSIGNALED(status)) {
        struct ptrace_syscall_info info = { .op = PTRACE_SYSCALL_INFO_NONE };

        if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) > 0 &&
            info.op == PTRACE_SYSCALL_INFO_ENTRY && changes_files(info.entry.nr) && calls++ == number) {
            killed = 1;
            kill(child, SIGKILL);
        }
        ptrace(PTRACE_SYSCALL, child, NULL, NULL);
        assert_int_equal(waitpid(child, &status, 0), child);
    }
    assert_true(killed ? WIFSIGNALED(status) : WIFEXITED(status) && WEXITSTATUS(status) == 0);
    got = read(ends[0], told, most - 1);
    told[got > 0 ? got : 0] = '\0';
    close(ends[0]);
    return killed;
}

/* ---- what is left ---------------------------------------------------------------------------------------------------- */

static void go_on(size_t run, size_t checkpoints)
{
    record_digest *digest = record_digest_new();
    record_checkpoint c;
    record_file *found = NULL;
    record *file;
    record_run *to;
    sky_error error;

    if (checkpoints > 0) {
        need(record_open(incomplete, &found, &error));
        assert_int_equal(record_checkpoint_of(found, run, checkpoints - 1, &c, &error), SKY_OK);
        assert_int_equal(record_replay(found, run, c.rows, digest, NULL, &error), SKY_OK);
        record_close(found);
    }
    if (record_reopen(path, run, &file, &error) != SKY_OK)
        fail_msg("%s", error.message);
    if (checkpoints > 0) {
        if (record_run_resume(file, &c, checkpoints - 1, &to, &error) != SKY_OK)
            fail_msg("%s", error.message);
        write_steps(to, digest, (unsigned)checkpoints, -1);
        write_runs(file, (unsigned)run + 1, -1);
    } else {
        write_runs(file, (unsigned)run, -1);
    }
    record_digest_free(digest);
    assert_same_record(whole, path);
}

/* All that the writer had told of is there. */
static void look_at(const char *told)
{
    size_t runs = 0, checkpoints = 0, complete = 0, left = 0;
    record_file *found;
    sky_error error = { "" };

    for (const char *word = told; *word != '\0'; word++) {
        runs += *word == 'e';
        checkpoints = *word == 'e' ? 0 : checkpoints + (*word == 'c');
    }
    if (record_open(incomplete, &found, &error) != SKY_OK) {
        if (strchr(told, 'o') != NULL) /* else its header was not written yet */
            fail_msg("told \"%s\": %s", told, error.message);
        return;
    }
    for (size_t r = 0; r < record_run_count(found); r++) {
        complete += (size_t)record_run_info_of(found, r)->complete;
        left = record_run_info_of(found, r)->complete ? 0 : record_run_info_of(found, r)->checkpoints;
    }
    assert_true(complete > runs || (complete == runs && left >= checkpoints));
    assert_int_equal(record_verify(found, &error), SKY_OK);
    record_close(found);
    go_on(complete, left);
}

static void test_killed_at_each_call(void **state)
{
    int stride = SKYTWIN_SANITIZED ? 13 : 3, killed;
    unsigned number = 0;

    (void)state;
    for (;; number += (unsigned)stride) {
        char told[64];

        unlink(path);
        killed = kill_at(number, told, sizeof told);
        if (killed < 0) {
            print_message("skipped: no leave to trace a process\n");
            skip();
        }
        if (!killed || access(path, F_OK) == 0) /* its last call was the one that gave it its name */
            break;
        look_at(told);
    }
    assert_true(number > 50);
    print_message("killed at %u calls\n", number);
}

static int write_whole(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(whole, sizeof whole, "%s/whole.h5", folder);
    snprintf(path, sizeof path, "%s/r.h5", folder);
    snprintf(incomplete, sizeof incomplete, "%s.incomplete", path);
    write_record(whole, -1);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_at_each_call),
    };

    return cmocka_run_group_tests(tests, write_whole, remove_folder);
}
