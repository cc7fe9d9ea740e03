/* Checkpoints of a run: what it is in the middle of, as bytes that only the simulator understands. Each stands in the file
 * with the rows that the run had written then, so that the file can be cut back to it. */
#include "record_inside.h"

#include "h5_parts.h"
#include "record_driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((hsize_t)1 << 20)
#define DEFLATE     1 /* of 1 to 9 */
#define BYTES_MOST  (UINT64_C(1) << 40)
#define RUNS        "runs/%06zu/checkpoints"

/* ---- writing ------------------------------------------------------------------------------------------------- */

/* Written to the file here, while it can still be said to write no more: what HDF5 can't write on closing, it never frees. */
static hid_t create_bytes(hid_t file, hid_t group, const char *name, const void *bytes, size_t size)
{
    hsize_t length = size, chunk = length < CHUNK_BYTES ? length : CHUNK_BYTES;
    hid_t space = H5Screate_simple(1, &length, NULL), list = h5_plain_dataset(), set = -1;

    if (space >= 0 && list >= 0 && H5Pset_chunk(list, 1, &chunk) >= 0 && H5Pset_deflate(list, DEFLATE) >= 0)
        set = H5Dcreate2(group, name, H5T_STD_U8LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    if (set >= 0 &&
        (H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) < 0 || H5Dflush(set) < 0)) {
        record_driver_freeze(file);
        H5Dclose(set);
        set = -1;
    }
    H5Pclose(list);
    H5Sclose(space);
    return set;
}

static int write_rows(hid_t set, const stream_writer stream[RECORD_STREAM_COUNT])
{
    hsize_t count = RECORD_SUMMARY;
    uint64_t rows[RECORD_SUMMARY];
    hid_t space = H5Screate_simple(1, &count, NULL), attribute = -1;
    int ok;

    for (int s = 0; s < RECORD_SUMMARY; s++)
        rows[s] = stream[s].rows;
    if (space >= 0)
        attribute = H5Acreate2(set, "rows", H5T_STD_U64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    ok = attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_UINT64, rows) >= 0;
    if (attribute >= 0)
        ok = H5Aclose(attribute) >= 0 && ok;
    H5Sclose(space);
    return ok;
}

/* What it says of itself comes with the flush that makes it last; the rows before it too. */
sky_status record_checkpoint_append(record_run *run, int64_t time_ns, const char *build_id, const void *bytes,
                                    size_t size, sky_error *error)
{
    char name[16], hash[RECORD_DIGEST_CHARS];
    hid_t set = -1;
    int ok;

    errno = 0;
    if (run->checkpoints == 0)
        run->checkpoints = h5_create_group(run->group, "checkpoints");
    snprintf(name, sizeof name, "%06u", run->checkpoint_count++);
    record_hash_text(bytes, size, hash);
    if (run->checkpoints > 0 && size > 0)
        set = create_bytes(run->file->file, run->checkpoints, name, bytes, size);
    ok = set >= 0 && h5_write_number(set, "time_ns", (uint64_t)time_ns) && write_rows(set, run->stream) &&
         h5_write_text(set, "xxh3_128", hash) && h5_write_text(set, "build_id", build_id);
    if (set >= 0)
        ok = H5Dclose(set) >= 0 && ok;
    return ok && record_flush(run->file) ? SKY_OK : record_fail(run->file, "writing a checkpoint", error);
}

/* ---- reading ------------------------------------------------------------------------------------------------- */

static int read_rows(hid_t set, uint64_t rows[RECORD_SUMMARY])
{
    hid_t attribute = H5Aexists(set, "rows") > 0 ? H5Aopen(set, "rows", H5P_DEFAULT) : -1,
          space = attribute >= 0 ? H5Aget_space(attribute) : -1;
    int ok = space >= 0 && H5Sget_simple_extent_npoints(space) == RECORD_SUMMARY &&
             H5Aread(attribute, H5T_NATIVE_UINT64, rows) >= 0;

    if (space >= 0)
        H5Sclose(space);
    if (attribute >= 0)
        H5Aclose(attribute);
    return ok;
}

static int copy_text(hid_t at, const char *name, char *out, size_t size)
{
    char *text = h5_read_text(at, name);

    snprintf(out, size, "%s", text != NULL ? text : "");
    free(text);
    return text != NULL;
}

static int read_about(hid_t set, record_checkpoint *c)
{
    hssize_t bytes = h5_count(set);
    uint64_t time_ns = 0;
    int ok = bytes > 0 && (uint64_t)bytes <= BYTES_MOST && h5_read_number(set, "time_ns", &time_ns) &&
             time_ns <= INT64_MAX && read_rows(set, c->rows) &&
             copy_text(set, "xxh3_128", c->hash, sizeof c->hash) &&
             copy_text(set, "build_id", c->build_id, sizeof c->build_id);

    c->bytes = ok ? (size_t)bytes : 0;
    c->stored_bytes = ok ? (size_t)H5Dget_storage_size(set) : 0;
    c->time_ns = (int64_t)time_ns;
    return ok;
}

/* Whole blocks: those that were not full were not in the file then. */
static int has_its_rows(const record_checkpoint *c, const record_run_info *run)
{
    for (int s = 0; s < RECORD_SUMMARY; s++)
        if (c->rows[s] > run->rows[s] || c->rows[s] % record_block_rows((record_stream)s) != 0)
            return 0;
    return 1;
}

static hid_t open_set(hid_t file, size_t run, size_t index)
{
    char name[64];

    snprintf(name, sizeof name, RUNS "/%06zu", run, index);
    return H5Dopen2(file, name, H5P_DEFAULT);
}

size_t record_checkpoint_count(hid_t group)
{
    H5G_info_t info = { 0 };
    hid_t checkpoints = H5Lexists(group, "checkpoints", H5P_DEFAULT) > 0
                            ? H5Gopen2(group, "checkpoints", H5P_DEFAULT)
                            : -1;

    if (checkpoints >= 0) {
        if (H5Gget_info(checkpoints, &info) < 0)
            info.nlinks = 0;
        H5Gclose(checkpoints);
    }
    return (size_t)info.nlinks;
}

static sky_status refuse(size_t run, size_t index, const char *found, sky_error *error)
{
    snprintf(error->message, sizeof error->message,
             "checkpoint %zu of run %zu: found %s, expected it as it was written", index, run, found);
    return SKY_ERROR_INPUT;
}

sky_status record_checkpoint_of(record_file *file, size_t run, size_t index, record_checkpoint *out,
                                sky_error *error)
{
    hid_t set = open_set(record_file_handle(file), run, index);
    int ok = set >= 0 && read_about(set, out);

    if (set >= 0)
        H5Dclose(set);
    if (!ok)
        return refuse(run, index, "a damaged one", error);
    return has_its_rows(out, record_run_info_of(file, run)) ? SKY_OK
                                                            : refuse(run, index, "rows missing", error);
}

sky_status record_checkpoint_read(record_file *file, size_t run, size_t index, unsigned char **bytes,
                                  size_t *size, sky_error *error)
{
    record_checkpoint c;
    char hash[RECORD_DIGEST_CHARS] = "";
    sky_status status = record_checkpoint_of(file, run, index, &c, error);
    hid_t set;
    int ok;

    if (status != SKY_OK)
        return status;
    *bytes = malloc(c.bytes);
    if (*bytes == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for a checkpoint of %zu bytes",
                 c.bytes);
        return SKY_ERROR_MEMORY;
    }
    set = open_set(record_file_handle(file), run, index);
    ok = set >= 0 && H5Dread(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, *bytes) >= 0;
    if (set >= 0)
        H5Dclose(set);
    if (ok)
        record_hash_text(*bytes, c.bytes, hash);
    *size = c.bytes;
    if (ok && strcmp(hash, c.hash) == 0)
        return SKY_OK;
    free(*bytes);
    *bytes = NULL;
    return refuse(run, index, "other bytes", error);
}
