#include "h5_parts.h"
#include "record_types.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_CHUNKS 64  /* a killed run keeps its rows up to the last multiple of it */
#define REASON_CHARS 240 /* set apart for why it is incomplete */
#define SUFFIX       ".incomplete"

typedef struct stream_writer {
    hid_t set, type;
    hsize_t rows; /* written */
} stream_writer;

struct record_run {
    record *file;
    hid_t group;
    stream_writer stream[RECORD_STREAM_COUNT];
};

struct record {
    char *path, *temporary;
    hid_t file;
    record_run *open; /* the run under way, or NULL */
    hsize_t reserved; /* bytes that the file has on the disk, at least */
    int failed;       /* to write */
    unsigned runs;
    size_t chunks;         /* of all runs, so far */
    record_digest *digest; /* over the runs' digests, in order */
};

/* What HDF5 says and what the system said, as far as they say anything. */
static sky_status fail(record *r, const char *what, sky_error *error)
{
    char reason[160];
    int why = errno;

    r->failed = 1;
    record_hdf5_reason(reason, sizeof reason);
    snprintf(error->message, sizeof error->message, "%.250s: %s failed: %s%s%.60s", r->temporary, what,
             reason[0] == '\0' && why == 0 ? "HDF5 does not say why" : reason,
             reason[0] != '\0' && why != 0 ? ": " : "", why != 0 ? strerror(why) : "");
    return SKY_ERROR_IO;
}

static int write_catalog(hid_t file, const record_names *n)
{
    hid_t group = h5_create_group(file, "catalog");
    int ok = group >= 0 && h5_write_strings(group, "providers", n->providers, n->provider_count) &&
             h5_write_strings(group, "regions", n->regions, n->region_count) &&
             h5_write_indices(group, "region_provider", n->region_provider, n->region_count) &&
             h5_write_strings(group, "pools", n->pools, n->pool_count) &&
             h5_write_indices(group, "pool_region", n->pool_region, n->pool_count) &&
             h5_write_strings(group, "classes", n->classes, n->class_count) &&
             h5_write_strings(group, "workloads", n->workloads, n->workload_count) &&
             h5_write_strings(group, "links", n->links, n->link_count) &&
             h5_write_strings(group, "populations", n->populations, n->population_count) &&
             h5_write_strings(group, "places", n->places, n->place_count);

    if (group >= 0)
        ok = H5Gclose(group) >= 0 && ok;
    return ok;
}

static int write_about(hid_t file, const record_about *a)
{
    char version[16];
    hid_t group = h5_create_group(file, "scenario");
    int ok = group >= 0 && h5_write_strings(group, "text", &a->scenario_text, 1) && H5Gclose(group) >= 0;
    hid_t runs = ok ? h5_create_group(file, "runs") : -1;

    snprintf(version, sizeof version, "%d.%d", RECORD_SCHEMA_MAJOR, RECORD_SCHEMA_MINOR);
    return ok && runs >= 0 && H5Gclose(runs) >= 0 && h5_write_text(file, "schema", RECORD_SCHEMA) &&
           h5_write_text(file, "schema_version", version) && h5_write_number(file, "complete", 0) &&
           h5_create_text(file, "incomplete_reason", "not finished", REASON_CHARS) &&
           h5_create_text(file, "digest", "", RECORD_DIGEST_CHARS) &&
           h5_write_text(file, "command_line", a->command_line) &&
           h5_write_text(file, "scenario_path", a->scenario_path) &&
           h5_write_text(file, "scenario_name", a->scenario_name) &&
           h5_write_text(file, "build_id", a->build_id) && write_catalog(file, &a->names);
}

/* ---- what is on the disk ---------------------------------------------------------------------------------------- */

/* HDF5 writes metadata over what the file had before, whenever its cache is full: a writer that is killed between
 * two such writes leaves neither the old state nor the new one. Held back, metadata is written by flush() alone. */
static int hold_metadata(hid_t file, int hold)
{
    H5AC_cache_config_t config = { .version = H5AC__CURR_CACHE_CONFIG_VERSION };

    if (H5Fget_mdc_config(file, &config) < 0)
        return 0;
    config.evictions_enabled = !hold;
    config.incr_mode = H5C_incr__off; /* HDF5 asks for these where nothing may be evicted */
    config.flash_incr_mode = H5C_flash_incr__off;
    config.decr_mode = H5C_decr__off;
    return H5Fset_mdc_config(file, &config) >= 0;
}

static int descriptor(const record *r)
{
    void *handle = NULL;

    return H5Fget_vfd_handle(r->file, H5P_DEFAULT, &handle) >= 0 ? *(int *)handle : -1;
}

/* The file gets its length and its space beforehand: HDF5 refuses one that is shorter than its superblock says, and
 * would itself extend it last; and a full disk is found before anything is overwritten. */
static int flush(record *r)
{
    int file = descriptor(r);
    hsize_t size;

    if (file < 0 || H5Fget_filesize(r->file, &size) < 0)
        return 0;
    if (size > r->reserved) {
        errno = posix_fallocate(file, (off_t)r->reserved, (off_t)(size - r->reserved));
        if (errno != 0)
            return 0;
        r->reserved = size;
    }
    return H5Fflush(r->file, H5F_SCOPE_GLOBAL) >= 0;
}

/* After a failed write HDF5 would, on closing, still write a superblock for bytes that never came. It may write no
 * more: the file stays as of its last flush. */
static void seal(const record *r)
{
    int file = descriptor(r), readable = open(r->temporary, O_RDONLY | O_CLOEXEC);

    if (file >= 0 && readable >= 0)
        dup2(readable, file);
    if (readable >= 0)
        close(readable);
}

/* ---- the file ------------------------------------------------------------------------------------------------ */

static void free_record(record *r)
{
    if (r == NULL)
        return;
    record_digest_free(r->digest);
    free(r->path);
    free(r->temporary);
    free(r);
}

sky_status record_create(const char *path, const record_about *about, record **out, sky_error *error)
{
    record *r = calloc(1, sizeof *r);
    size_t size = strlen(path) + sizeof SUFFIX;
    hid_t access;
    int why;

    if (r != NULL) {
        r->path = strdup(path);
        r->temporary = malloc(size);
        r->digest = record_digest_new();
    }
    if (r == NULL || r->path == NULL || r->temporary == NULL || r->digest == NULL) {
        free_record(r);
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", path);
        return SKY_ERROR_MEMORY;
    }
    snprintf(r->temporary, size, "%s" SUFFIX, path);
    record_hdf5_quiet();
    errno = 0;
    access = H5Pcreate(H5P_FILE_ACCESS);
    /* An abandoned file closes with its runs open. */
    if (access >= 0 && H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0)
        r->file = H5Fcreate(r->temporary, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    else
        r->file = -1;
    why = errno;
    H5Pclose(access);
    if (r->file < 0) {
        snprintf(error->message, sizeof error->message, "%.300s: can't be written: %s", r->temporary,
                 why != 0 ? strerror(why) : "HDF5 refuses");
        free_record(r);
        return why == ENOSPC || why == EDQUOT || why == EIO ? SKY_ERROR_IO : SKY_ERROR_INPUT;
    }
    if (!hold_metadata(r->file, 1) || !write_about(r->file, about) || !flush(r)) {
        sky_status status = fail(r, "writing the scenario", error);

        H5Fclose(r->file);
        free_record(r);
        return status;
    }
    *out = r;
    return SKY_OK;
}

/* Makes sure that bytes and name are on the disk before and after the rename. */
static int sync_path(const char *path)
{
    int fd = open(path, O_RDONLY), ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

sky_status record_finish(record *r, sky_error *error)
{
    char digest[RECORD_DIGEST_CHARS], *folder = strdup(r->path);
    sky_status status = SKY_OK;
    int ok;

    assert(r->open == NULL);
    errno = 0;
    record_digest_text(r->digest, digest);
    ok = folder != NULL && h5_change_text(r->file, "digest", digest) &&
         h5_change_text(r->file, "incomplete_reason", "") && h5_write_number(r->file, "complete", 1) &&
         flush(r);
    if (!ok)
        status = fail(r, "finishing", error);
    if (r->failed)
        seal(r);
    if (H5Fclose(r->file) < 0 && status == SKY_OK)
        status = fail(r, "closing", error);
    if (status == SKY_OK &&
        (!sync_path(r->temporary) || rename(r->temporary, r->path) != 0 || !sync_path(dirname(folder)))) {
        snprintf(error->message, sizeof error->message, "%.300s: can't be renamed: %s", r->temporary,
                 strerror(errno));
        status = SKY_ERROR_IO;
    }
    free(folder);
    free_record(r);
    return status;
}

static void free_run(record_run *run)
{
    for (int i = 0; i < RECORD_STREAM_COUNT; i++) {
        if (run->stream[i].set > 0)
            H5Dclose(run->stream[i].set);
        if (run->stream[i].type > 0)
            H5Tclose(run->stream[i].type);
    }
    if (run->group > 0)
        H5Gclose(run->group);
    free(run);
}

void record_abandon(record *r, const char *reason)
{
    if (r->open != NULL)
        free_run(r->open);
    if (r->failed || !h5_change_text(r->file, "incomplete_reason", reason) || !flush(r))
        seal(r);
    H5Fclose(r->file); /* fails if sealed: the file was never called complete */
    free_record(r);
}

/* ---- runs ------------------------------------------------------------------------------------------------------ */

static hid_t create_stream(hid_t group, record_stream stream, hid_t type)
{
    hsize_t size = 0, most = H5S_UNLIMITED, chunk = record_chunk_rows(stream);
    hid_t space = H5Screate_simple(1, &size, &most), list = h5_plain_dataset(), set = -1;
    char units[2048];
    int ok = space >= 0 && list >= 0;

    ok = ok && H5Pset_chunk(list, 1, &chunk) >= 0 && H5Pset_shuffle(list) >= 0 &&
         H5Pset_deflate(list, 1) >= 0;
    if (ok)
        set = H5Dcreate2(group, record_stream_name(stream), type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    record_stream_units(stream, units, sizeof units);
    if (set >= 0 && !h5_write_text(set, "units", units)) {
        H5Dclose(set);
        set = -1;
    }
    H5Pclose(list);
    H5Sclose(space);
    return set;
}

sky_status record_run_begin(record *file, const char *strategy, unsigned replication, uint64_t seed,
                            record_run **out, sky_error *error)
{
    record_run *run = calloc(1, sizeof *run);
    char name[32];
    int ok;

    assert(file->open == NULL);
    if (run == NULL) {
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", file->temporary);
        return SKY_ERROR_MEMORY;
    }
    run->file = file;
    record_hdf5_quiet(); /* runs are written by several threads */
    errno = 0;
    snprintf(name, sizeof name, "runs/%06u", file->runs);
    run->group = h5_create_group(file->file, name);
    ok = run->group >= 0 && h5_write_text(run->group, "strategy", strategy) &&
         h5_write_number(run->group, "replication", replication) &&
         h5_write_number(run->group, "seed", seed) &&
         h5_create_text(run->group, "digest", "", RECORD_DIGEST_CHARS) &&
         h5_write_number(run->group, "complete", 0);
    for (int i = 0; ok && i < RECORD_STREAM_COUNT; i++) {
        stream_writer *s = &run->stream[i];

        s->type = record_stream_type((record_stream)i);
        s->set = s->type >= 0 ? create_stream(run->group, (record_stream)i, s->type) : -1;
        ok = s->set >= 0;
    }
    ok = ok && hold_metadata(file->file, 1);
    if (!ok) {
        sky_status status = fail(file, "starting a run", error);

        free_run(run);
        return status;
    }
    file->runs++;
    file->open = run;
    *out = run;
    return SKY_OK;
}

static int extend(stream_writer *s, size_t rows)
{
    hsize_t total = s->rows + rows;

    return H5Dset_extent(s->set, &total) >= 0;
}

sky_status record_append(record_run *run, const record_chunk *chunk, sky_error *error)
{
    stream_writer *s = &run->stream[chunk->stream];

    assert(s->rows % record_chunk_rows(chunk->stream) == 0); /* no chunk after one that is not full */
    errno = 0;
    if (!extend(s, chunk->rows) ||
        H5Dwrite_chunk(s->set, H5P_DEFAULT, 0, &s->rows, chunk->size, chunk->bytes) < 0)
        return fail(run->file, "writing", error);
    s->rows += chunk->rows;
    if (++run->file->chunks % FLUSH_CHUNKS == 0 && !flush(run->file))
        return fail(run->file, "writing", error);
    return SKY_OK;
}

sky_status record_run_end(record_run *run, const record_summary *summary, const char *digest,
                          sky_error *error)
{
    stream_writer *s = &run->stream[RECORD_SUMMARY];
    sky_status status = SKY_OK;
    int ok;

    errno = 0;
    ok = extend(s, 1) && H5Dwrite(s->set, s->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, summary) >= 0 &&
         h5_change_text(run->group, "digest", digest) && h5_write_number(run->group, "complete", 1) &&
         flush(run->file) && hold_metadata(run->file->file, 0);
    if (!ok)
        status = fail(run->file, "writing", error);
    record_digest_add(run->file->digest, RECORD_EVENTS, digest, strlen(digest));
    run->file->open = NULL;
    free_run(run);
    return status;
}
