#include "h5_parts.h"
#include "record_driver.h"
#include "record_inside.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLUSH_BLOCKS  16 /* a killed run keeps its rows up to the last multiple of it */
#define PAGE_BYTES    4096
#define ALIGN_LEAST   (64U << 10) /* bytes of what begins with a page */
#define RESERVE_LEAST (16U << 20)
#define RESERVE_MOST  (256U << 20)

sky_status record_fail(record *r, const char *what, sky_error *error)
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
             h5_write_strings(group, "places", n->places, n->place_count) &&
             h5_write_strings(group, "gateways", n->gateways, n->gateway_count) &&
             h5_write_strings(group, "datasets", n->datasets, n->dataset_count) &&
             h5_write_strings(group, "stages", n->stages, n->stage_count) &&
             h5_write_strings(group, "streams", n->streams, n->stream_count);

    if (group >= 0)
        ok = H5Gclose(group) >= 0 && ok;
    return ok;
}

static int write_scenario(hid_t file, const record_about *a)
{
    hid_t group = h5_create_group(file, "scenario");
    int ok = group >= 0 && h5_write_strings(group, "text", &a->scenario_text, 1) &&
             h5_write_strings(group, "files", a->scenario_files, a->scenario_file_count) &&
             h5_write_indices(group, "places", a->scenario_places, 2 * a->scenario_line_count) &&
             h5_write_text(group, "inputs", a->scenario_inputs != NULL ? a->scenario_inputs : "");

    if (group >= 0)
        ok = H5Gclose(group) >= 0 && ok;
    return ok;
}

static int write_plan(hid_t file, const record_plan *p)
{
    hid_t group = h5_create_group(file, "plan");
    int ok = group >= 0 && h5_write_strings(group, "strategies", p->strategies, p->strategy_count) &&
             h5_write_number(group, "replication", p->replication) &&
             h5_write_number(group, "replications", p->replications) &&
             h5_write_number(group, "seed", p->seed) &&
             h5_write_number(group, "checkpoint_every_ns", (uint64_t)p->checkpoint_every_ns);

    if (group >= 0)
        ok = H5Gclose(group) >= 0 && ok;
    return ok;
}

static int write_branch(hid_t file, const record_branch *b)
{
    hid_t group;
    int ok;

    if (b->of == NULL)
        return 1;
    group = h5_create_group(file, "branch");
    ok = group >= 0 && h5_write_text(group, "of", b->of) && h5_write_number(group, "run", b->run) &&
         h5_write_text(group, "digest", b->digest) && h5_write_text(group, "strategy", b->strategy) &&
         h5_write_number(group, "at_ns", (uint64_t)b->at_ns) &&
         h5_write_strings(group, "set", b->sets, b->set_count);
    if (group >= 0)
        ok = H5Gclose(group) >= 0 && ok;
    return ok;
}

static int write_about(hid_t file, const record_about *a)
{
    char version[16];
    int ok = write_scenario(file, a) && write_plan(file, &a->plan) && write_branch(file, &a->branch);
    hid_t runs = ok ? h5_create_group(file, "runs") : -1;

    snprintf(version, sizeof version, "%d.%d", RECORD_SCHEMA_MAJOR, RECORD_SCHEMA_MINOR);
    return ok && runs >= 0 && H5Gclose(runs) >= 0 && h5_write_text(file, "schema", RECORD_SCHEMA) &&
           h5_write_text(file, "schema_version", version) && h5_write_number(file, "complete", 0) &&
           h5_create_text(file, "incomplete_reason", "not finished", RECORD_REASON_CHARS) &&
           h5_create_text(file, "digest", "", RECORD_DIGEST_CHARS) &&
           h5_write_text(file, "command_line", a->command_line) &&
           h5_write_text(file, "scenario_path", a->scenario_path) &&
           h5_write_text(file, "scenario_name", a->scenario_name) &&
           h5_write_text(file, "build_id", a->build_id) && write_catalog(file, &a->names);
}

/* ---- what is on the disk ---------------------------------------------------------------------------------------- */

/* The file gets its length and its space beforehand: HDF5 refuses one that is shorter than its superblock says, and
 * would itself extend it last; and a full disk is found before anything is overwritten. */
int record_flush(record *r)
{
    int file = record_driver_descriptor(r->file);
    hsize_t size;

    if (file < 0 || H5Fget_filesize(r->file, &size) < 0)
        return 0;
    if (size > r->length) {
        errno = posix_fallocate(file, (off_t)r->length, (off_t)(size - r->length));
        if (errno != 0)
            return 0;
        r->length = size;
    }
    return H5Fflush(r->file, H5F_SCOPE_GLOBAL) >= 0;
}

/* Before a block: what has its place beforehand is written a quarter faster, as the system need not look for one page by
 * page. A wish: where it can't be granted, the write says what is wrong. */
static void reserve(record *r)
{
    hsize_t size, more;

    if (H5Fget_filesize(r->file, &size) < 0 || size + RECORD_BLOCK_BYTES <= r->reserved)
        return;
    more = size / 4 < RESERVE_LEAST ? RESERVE_LEAST : size / 4 > RESERVE_MOST ? RESERVE_MOST : size / 4;
    fallocate(record_driver_descriptor(r->file), FALLOC_FL_KEEP_SIZE, (off_t)size, (off_t)more);
    r->reserved = size + more;
    errno = 0;
}

/* What was reserved and not used: a file cut to its own length keeps nothing behind it. */
static void give_back(const char *path)
{
    struct stat info;

    if (stat(path, &info) == 0 && truncate(path, info.st_size) != 0)
        errno = 0; /* it is no longer than it says */
}

/* ---- the file ------------------------------------------------------------------------------------------------ */

void record_free(record *r)
{
    if (r == NULL)
        return;
    record_digest_free(r->digest);
    free(r->path);
    free(r->temporary);
    free(r);
}

record *record_allocate(const char *path)
{
    record *r = calloc(1, sizeof *r);
    size_t size = strlen(path) + sizeof RECORD_SUFFIX;

    if (r == NULL)
        return NULL;
    r->path = strdup(path);
    r->temporary = malloc(size);
    r->digest = record_digest_new();
    if (r->path == NULL || r->temporary == NULL || r->digest == NULL) {
        record_free(r);
        return NULL;
    }
    snprintf(r->temporary, size, "%s" RECORD_SUFFIX, path);
    return r;
}

hid_t record_access(int waits)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);

    /* An abandoned file closes with its runs open. The system copies whole pages faster than parts of two. */
    if (access >= 0 && record_driver_set(access, waits) &&
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
        H5Pset_alignment(access, ALIGN_LEAST, PAGE_BYTES) >= 0)
        return access;
    H5Pclose(access);
    return -1;
}

sky_status record_create(const char *path, const record_about *about, record **out, sky_error *error)
{
    record *r = record_allocate(path);
    hid_t access;
    int why;

    if (r == NULL) {
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", path);
        return SKY_ERROR_MEMORY;
    }
    record_hdf5_quiet();
    errno = 0;
    access = record_access(0);
    r->file = access >= 0 ? H5Fcreate(r->temporary, H5F_ACC_TRUNC, H5P_DEFAULT, access) : -1;
    why = errno;
    H5Pclose(access);
    if (r->file < 0) {
        snprintf(error->message, sizeof error->message, "%.300s: can't be written: %s", r->temporary,
                 why != 0 ? strerror(why) : "HDF5 refuses");
        record_free(r);
        return why == ENOSPC || why == EDQUOT || why == EIO ? SKY_ERROR_IO : SKY_ERROR_INPUT;
    }
    if (!write_about(r->file, about) || !record_flush(r)) {
        sky_status status = record_fail(r, "writing the scenario", error);

        record_driver_freeze(r->file);
        H5Fclose(r->file);
        record_free(r);
        return status;
    }
    *out = r;
    return SKY_OK;
}

/* HDF5 gives back on closing what it had asked for and not used, but cuts off only what it wrote itself: the file shall
 * end where its superblock says that it does, at byte 40 in superblocks of version 0 [HDF5 file format 1.1].
 * Then its bytes go to the disk. */
static int cut_to_end(const char *path)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    uint64_t end = 0;
    int ok = file >= 0 && pread(file, &end, sizeof end, 40) == sizeof end &&
             ftruncate(file, (off_t)le64toh(end)) == 0 && fsync(file) == 0;

    if (file >= 0)
        close(file);
    return ok;
}

/* Makes sure that the name is on the disk. */
static int sync_folder(const char *path)
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
    ok = folder != NULL && record_touch(r) && h5_change_text(r->file, "digest", digest) &&
         h5_change_text(r->file, "incomplete_reason", "") && h5_write_number(r->file, "complete", 1) &&
         record_flush(r);
    if (!ok)
        status = record_fail(r, "finishing", error);
    if (r->failed)
        record_driver_freeze(r->file);
    if (H5Fclose(r->file) < 0 && status == SKY_OK)
        status = record_fail(r, "closing", error);
    if (status == SKY_OK &&
        (!cut_to_end(r->temporary) || rename(r->temporary, r->path) != 0 || !sync_folder(dirname(folder)))) {
        snprintf(error->message, sizeof error->message, "%.300s: can't be renamed: %s", r->temporary,
                 strerror(errno));
        status = SKY_ERROR_IO;
    }
    free(folder);
    record_free(r);
    return status;
}

static void free_run(record_run *run)
{
    for (int i = 0; i < RECORD_STREAM_COUNT; i++) {
        if (run->stream[i].set > 0)
            H5Dclose(run->stream[i].set);
    }
    if (run->checkpoints > 0)
        H5Gclose(run->checkpoints);
    if (run->group > 0)
        H5Gclose(run->group);
    free(run);
}

/* ---- runs ------------------------------------------------------------------------------------------------------ */

/* `block`: of its rows, where there will be more than one; 0: these `rows` are all. */
static hid_t create_stream(hid_t group, record_stream stream, hsize_t rows, hsize_t block)
{
    hsize_t most = block > 0 ? H5S_UNLIMITED : rows;
    hid_t space = H5Screate_simple(1, &rows, &most), list = h5_plain_dataset(),
          type = record_stream_type(stream), set = -1;
    char units[2048];
    int ok = space >= 0 && list >= 0 && type >= 0 &&
             H5Pset_fill_time(list, H5D_FILL_TIME_NEVER) >= 0; /* all that is read has been written */

    if (ok && (block == 0 || H5Pset_chunk(list, 1, &block) >= 0))
        set = H5Dcreate2(group, record_stream_name(stream), type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    record_stream_units(stream, units, sizeof units);
    if (set >= 0 && !h5_write_text(set, "units", units)) {
        H5Dclose(set);
        set = -1;
    }
    H5Tclose(type);
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
    ok = record_touch(file);
    if (ok && H5Lexists(file->file, name, H5P_DEFAULT) > 0) /* cut off, and begun anew */
        ok = H5Ldelete(file->file, name, H5P_DEFAULT) >= 0 && record_flush(file);
    run->group = ok ? h5_create_group(file->file, name) : -1;
    ok = run->group >= 0 && h5_write_text(run->group, "strategy", strategy) &&
         h5_write_number(run->group, "replication", replication) &&
         h5_write_number(run->group, "seed", seed) &&
         h5_create_text(run->group, "digest", "", RECORD_DIGEST_CHARS) &&
         h5_write_number(run->group, "complete", 0);
    if (!ok) {
        sky_status status = record_fail(file, "starting a run", error);

        free_run(run);
        return status;
    }
    file->runs++;
    file->open = run;
    *out = run;
    return SKY_OK;
}

static int write_block(record_run *run, record_stream stream, const void *rows, size_t count)
{
    stream_writer *s = &run->stream[stream];
    hsize_t at = s->rows, total = at + count;
    int ok;

    if (s->set == 0)
        s->set = create_stream(run->group, stream, 0, record_block_rows(stream));
    s->rows = total;
    reserve(run->file);
    ok = s->set > 0 && H5Dset_extent(s->set, &total) >= 0 &&
         H5Dwrite_chunk(s->set, H5P_DEFAULT, 0, &at, record_block_rows(stream) * record_row_bytes(stream),
                        rows) >= 0;
    if (ok) /* the disk begins now, not when all is to be on it */
        sync_file_range(record_driver_descriptor(run->file->file), 0, 0, SYNC_FILE_RANGE_WRITE);
    return ok;
}

/* The last rows of a stream of several blocks: a block has its full length in the file, and zeros where no row is. */
static int write_part(record_run *run, record_stream stream, const void *rows, size_t count)
{
    size_t row_bytes = record_row_bytes(stream);
    unsigned char *block = calloc(record_block_rows(stream), row_bytes);
    int ok = block != NULL;

    if (ok) {
        memcpy(block, rows, count * row_bytes);
        ok = write_block(run, stream, block, count);
    }
    free(block);
    return ok;
}

/* A stream of less than a block, none included: a dataset of its very size. */
static int write_whole(record_run *run, record_stream stream, const void *rows, size_t count)
{
    stream_writer *s = &run->stream[stream];
    hid_t type;
    int ok;

    s->set = create_stream(run->group, stream, count, 0);
    s->rows = count;
    if (count == 0 || s->set < 0)
        return s->set > 0;
    type = H5Dget_type(s->set);
    ok = type >= 0 && H5Dwrite(s->set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) >= 0;
    H5Tclose(type);
    return ok;
}

sky_status record_append(record_run *run, record_stream stream, const void *rows, size_t count,
                         sky_error *error)
{
    stream_writer *s = &run->stream[stream];
    size_t most = record_block_rows(stream);
    int ok = 1;

    assert(!s->over && count > 0 && count <= most);
    errno = 0;
    s->over = count < most;
    if (!s->over)
        ok = write_block(run, stream, rows, count);
    else if (s->rows > 0)
        ok = write_part(run, stream, rows, count);
    else
        ok = write_whole(run, stream, rows, count);
    if (!ok || (++run->file->blocks % FLUSH_BLOCKS == 0 && !record_flush(run->file)))
        return record_fail(run->file, "writing", error);
    return SKY_OK;
}

/* Streams that nothing came of. */
static int write_empty(record_run *run)
{
    for (int s = 0; s < RECORD_STREAM_COUNT; s++)
        if (run->stream[s].set == 0 && !write_whole(run, (record_stream)s, NULL, 0))
            return 0;
    return 1;
}

sky_status record_run_end(record_run *run, const record_summary *summary, const char *digest,
                          sky_error *error)
{
    sky_status status = SKY_OK;

    errno = 0;
    if (!write_whole(run, RECORD_SUMMARY, summary, 1) || !write_empty(run) ||
        !h5_change_text(run->group, "digest", digest) || !h5_write_number(run->group, "complete", 1) ||
        !record_flush(run->file))
        status = record_fail(run->file, "writing", error);
    record_digest_add(run->file->digest, RECORD_EVENTS, digest, strlen(digest));
    run->file->open = NULL;
    free_run(run);
    return status;
}

void record_abandon(record *r, const char *reason)
{
    if (r->open != NULL) {
        r->failed = r->failed || !write_empty(r->open);
        free_run(r->open);
    }
    if (r->failed || r->untouched || !h5_change_text(r->file, "incomplete_reason", reason) ||
        !record_flush(r))
        record_driver_freeze(r->file);
    H5Fclose(r->file);
    give_back(r->temporary);
    record_free(r);
}
