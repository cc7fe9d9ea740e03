/* A record that was cut off is written on. Nothing in it changes before the first new run or row: whoever finds only then
 * that there is no going on leaves it as it was. */
#include "record_inside.h"

#include "h5_parts.h"
#include "record_driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The digests of the runs that stay. */
static int take_digests(record *r, size_t runs)
{
    for (size_t i = 0; i < runs; i++) {
        char name[32];
        hid_t group;
        char *digest = NULL;

        snprintf(name, sizeof name, "runs/%06zu", i);
        group = H5Gopen2(r->file, name, H5P_DEFAULT);
        if (group >= 0) {
            digest = h5_read_text(group, "digest");
            H5Gclose(group);
        }
        if (digest == NULL)
            return 0;
        record_digest_add(r->digest, RECORD_EVENTS, digest, strlen(digest));
        free(digest);
    }
    r->runs = (unsigned)runs;
    return 1;
}

sky_status record_reopen(const char *path, size_t runs, record **out, sky_error *error)
{
    record *r = record_allocate(path);
    struct stat info;
    hid_t access;

    if (r == NULL) {
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", path);
        return SKY_ERROR_MEMORY;
    }
    record_hdf5_quiet();
    errno = 0;
    access = record_access(1);
    r->file = access >= 0 ? H5Fopen(r->temporary, H5F_ACC_RDWR, access) : -1;
    H5Pclose(access);
    if (r->file < 0 || stat(r->temporary, &info) != 0 || !take_digests(r, runs)) {
        char reason[160];

        record_hdf5_reason(reason, sizeof reason);
        snprintf(error->message, sizeof error->message, "%.300s: can't be written on: %s%s%.60s",
                 r->temporary, reason, errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
        if (r->file >= 0) {
            record_driver_freeze(r->file);
            H5Fclose(r->file);
        }
        record_free(r);
        return SKY_ERROR_INPUT;
    }
    r->length = (hsize_t)info.st_size;
    r->untouched = 1;
    *out = r;
    return SKY_OK;
}

int record_touch(record *r)
{
    if (!r->untouched)
        return 1;
    r->untouched = 0;
    record_driver_begin(r->file);
    return h5_change_text(r->file, "incomplete_reason", "not finished");
}

/* ---- the run under way ------------------------------------------------------------------------------------------- */

/* Of a stream that had rows: it must be one that can be cut. */
static int open_stream(record_run *run, record_stream stream, hsize_t rows)
{
    stream_writer *s = &run->stream[stream];
    hsize_t found = 0, most = 0;
    hid_t set, space;
    int ok;

    if (rows == 0)
        return 1;
    set = H5Dopen2(run->group, record_stream_name(stream), H5P_DEFAULT);
    if (set < 0)
        return 0;
    s->set = set;
    s->rows = rows;
    space = H5Dget_space(set);
    ok = space >= 0 && H5Sget_simple_extent_ndims(space) == 1 &&
         H5Sget_simple_extent_dims(space, &found, &most) == 1 && most == H5S_UNLIMITED && found >= rows;
    if (space >= 0)
        H5Sclose(space);
    return ok;
}

/* A stream that had no rows is made anew, in the form that its rows will ask for. */
static int cut_stream(record_run *run, record_stream stream)
{
    const char *name = record_stream_name(stream);
    stream_writer *s = &run->stream[stream];

    if (s->set != 0)
        return H5Dset_extent(s->set, &s->rows) >= 0;
    return H5Lexists(run->group, name, H5P_DEFAULT) <= 0 || H5Ldelete(run->group, name, H5P_DEFAULT) >= 0;
}

/* Those that came after it go. */
static int cut_checkpoints(record_run *run, size_t kept)
{
    size_t count = record_checkpoint_count(run->group);

    run->checkpoint_count = (unsigned)kept;
    for (size_t i = kept; i < count; i++) {
        char name[16];

        snprintf(name, sizeof name, "%06zu", i);
        if (H5Ldelete(run->checkpoints, name, H5P_DEFAULT) < 0)
            return 0;
    }
    return 1;
}

sky_status record_run_resume(record *file, const record_checkpoint *checkpoint, size_t index,
                             record_run **out, sky_error *error)
{
    record_run *run = calloc(1, sizeof *run);
    char name[32];
    int ok;

    if (run == NULL) {
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", file->temporary);
        return SKY_ERROR_MEMORY;
    }
    run->file = file;
    record_hdf5_quiet();
    errno = 0;
    snprintf(name, sizeof name, "runs/%06u", file->runs);
    run->group = H5Gopen2(file->file, name, H5P_DEFAULT);
    run->checkpoints = run->group >= 0 ? H5Gopen2(run->group, "checkpoints", H5P_DEFAULT) : -1;
    ok = run->checkpoints >= 0;
    for (int s = 0; s < RECORD_SUMMARY && ok; s++)
        ok = open_stream(run, (record_stream)s, checkpoint->rows[s]);
    ok = ok && record_touch(file) && cut_checkpoints(run, index + 1);
    for (int s = 0; s < RECORD_STREAM_COUNT && ok; s++)
        ok = cut_stream(run, (record_stream)s);
    file->open = run;
    file->runs++;
    *out = run;
    return ok && record_flush(file) ? SKY_OK : record_fail(file, "going on with a run", error);
}
