/* The journal: a header, then one entry of fixed size a finished run, each with a hash of itself. A process that is
 * killed leaves at most one entry cut short at the end. */
#include "sweep_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#define SUFFIX ".journal"
#define SYNC_S 1.0

typedef struct header {
    char form[24];
    char identity[RECORD_DIGEST_CHARS + 7];
} header;

typedef struct entry {
    sweep_row row;
    uint64_t hash; /* of row */
} entry;

struct sweep_journal {
    char *path;
    int file;
    uint64_t *runs;
    size_t count, capacity;
    double synced_s;
};

static sky_status fail(const char *path, const char *what, sky_status status, sky_error *error)
{
    snprintf(error->message, sizeof error->message, "%.300s: %s: %s", path, what, strerror(errno));
    return status;
}

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory for the journal");
    return SKY_ERROR_MEMORY;
}

static double clock_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static uint64_t hash_of(const sweep_row *row)
{
    return XXH3_64bits(row, sizeof *row);
}

static int write_all(int file, const void *bytes, size_t size)
{
    const char *from = bytes;

    while (size > 0) {
        ssize_t written = write(file, from, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return 0;
        from += written;
        size -= (size_t)written;
    }
    return 1;
}

/* 1: all of them; 0: the file ends before. */
static int read_all(int file, void *bytes, size_t size, off_t at)
{
    char *to = bytes;

    while (size > 0) {
        ssize_t got = pread(file, to, size, at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return 0;
        to += got;
        at += got;
        size -= (size_t)got;
    }
    return 1;
}

static off_t place_of(size_t entry_number)
{
    return (off_t)(sizeof(header) + entry_number * sizeof(entry));
}

static int remember(sweep_journal *j, uint64_t run)
{
    if (j->count == j->capacity) {
        size_t capacity = j->capacity == 0 ? 1024 : 2 * j->capacity;
        uint64_t *runs = realloc(j->runs, capacity * sizeof *runs);

        if (runs == NULL)
            return 0;
        j->runs = runs;
        j->capacity = capacity;
    }
    j->runs[j->count++] = run;
    return 1;
}

static sky_status check_header(const sweep_journal *j, const header *expected, sky_error *error)
{
    header found;

    if (!read_all(j->file, &found, sizeof found, 0) ||
        memcmp(found.form, expected->form, sizeof found.form) != 0) {
        snprintf(error->message, sizeof error->message,
                 "%.300s: found another file, expected the journal of a sweep", j->path);
        return SKY_ERROR_INPUT;
    }
    if (memcmp(found.identity, expected->identity, sizeof found.identity) == 0)
        return SKY_OK;
    found.identity[sizeof found.identity - 1] = '\0';
    snprintf(error->message, sizeof error->message,
             "%.300s: found the journal of another sweep or build (%.32s), expected %.32s: remove it to "
             "begin anew",
             j->path, found.identity, expected->identity);
    return SKY_ERROR_INPUT;
}

/* Entries up to the first that is not whole. */
static sky_status read_entries(sweep_journal *j, uint64_t run_count, sky_error *error)
{
    entry e;

    while (read_all(j->file, &e, sizeof e, place_of(j->count)) && e.hash == hash_of(&e.row) &&
           e.row.run < run_count)
        if (!remember(j, e.row.run))
            return no_memory(error);
    return SKY_OK;
}

static sky_status begin(const sweep_journal *j, const header *h, sky_error *error)
{
    if (ftruncate(j->file, 0) != 0 || !write_all(j->file, h, sizeof *h) || fsync(j->file) != 0)
        return fail(j->path, "the journal can't be written", SKY_ERROR_IO, error);
    return SKY_OK;
}

static sky_status lock(const sweep_journal *j, sky_error *error)
{
    if (flock(j->file, LOCK_EX | LOCK_NB) == 0)
        return SKY_OK;
    snprintf(error->message, sizeof error->message,
             "%.300s: found another process that writes it, expected none: wait for it, or use another -o",
             j->path);
    return SKY_ERROR_INPUT;
}

static sky_status read_or_begin(sweep_journal *j, const sweep_about *about, int peek, sky_error *error)
{
    header h = { .form = "skytwin-sweep-journal 1" };
    struct stat info;
    sky_status status;

    sweep_identity(about, h.identity, &status);
    if (status != SKY_OK)
        return no_memory(error);
    if (!peek && (status = lock(j, error)) != SKY_OK)
        return status;
    if (fstat(j->file, &info) != 0)
        return fail(j->path, "the journal can't be read", SKY_ERROR_IO, error);
    if ((size_t)info.st_size < sizeof h) /* killed before it had a header */
        return peek ? SKY_OK : begin(j, &h, error);
    status = check_header(j, &h, error);
    if (status == SKY_OK)
        status = read_entries(j, sweep_run_count(about), error);
    if (status == SKY_OK && !peek &&
        (ftruncate(j->file, place_of(j->count)) != 0 || lseek(j->file, 0, SEEK_END) < 0))
        status = fail(j->path, "the journal can't be written", SKY_ERROR_IO, error);
    return status;
}

static sky_status open_file(const char *path, const sweep_about *about, int peek, sweep_journal **out,
                            sky_error *error)
{
    sweep_journal *j = calloc(1, sizeof *j);
    size_t size = strlen(path) + sizeof SUFFIX;
    sky_status status;

    *out = NULL;
    if (j == NULL || (j->path = malloc(size)) == NULL) {
        free(j);
        return no_memory(error);
    }
    snprintf(j->path, size, "%s" SUFFIX, path);
    j->file = open(j->path, peek ? O_RDONLY | O_CLOEXEC : O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (j->file < 0) {
        status = peek && errno == ENOENT
                     ? SKY_OK
                     : fail(j->path, peek ? "can't be read" : "can't be written", SKY_ERROR_INPUT, error);
        free(j->path);
        free(j);
        return status;
    }
    j->synced_s = clock_s();
    status = read_or_begin(j, about, peek, error);
    if (status == SKY_OK)
        *out = j;
    else
        sweep_journal_close(j, 0);
    return status;
}

sky_status sweep_journal_open(const char *path, const sweep_about *about, sweep_journal **out,
                              sky_error *error)
{
    return open_file(path, about, 0, out, error);
}

sky_status sweep_journal_peek(const char *path, const sweep_about *about, sweep_journal **out,
                              sky_error *error)
{
    return open_file(path, about, 1, out, error);
}

const uint64_t *sweep_journal_runs(const sweep_journal *j, size_t *count)
{
    *count = j->count;
    return j->runs;
}

sky_status sweep_journal_append(sweep_journal *j, const sweep_row *row, sky_error *error)
{
    entry e;
    double now_s = clock_s();

    e.row = *row;
    e.hash = hash_of(row);
    if (!write_all(j->file, &e, sizeof e))
        return fail(j->path, "the journal can't be written", SKY_ERROR_IO, error);
    if (now_s - j->synced_s >= SYNC_S) {
        if (fdatasync(j->file) != 0)
            return fail(j->path, "the journal can't be written", SKY_ERROR_IO, error);
        j->synced_s = now_s;
    }
    return remember(j, row->run) ? SKY_OK : no_memory(error);
}

sky_status sweep_journal_read(const sweep_journal *j, size_t entry_number, sweep_row *row, sky_error *error)
{
    entry e;

    if (read_all(j->file, &e, sizeof e, place_of(entry_number)) && e.hash == hash_of(&e.row)) {
        *row = e.row;
        return SKY_OK;
    }
    snprintf(error->message, sizeof error->message, "%.300s: found a damaged entry, expected the one written",
             j->path);
    return SKY_ERROR_IO;
}

void sweep_journal_close(sweep_journal *j, int done)
{
    if (j == NULL)
        return;
    if (done)
        unlink(j->path);
    else
        fdatasync(j->file); /* of one that is only read it does no harm */
    close(j->file);
    free(j->runs);
    free(j->path);
    free(j);
}
