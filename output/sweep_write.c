#include "sweep_types.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One of the two tables: written chunk by chunk, so that the bytes in the file do not depend on how many rows came at
 * a time. */
typedef struct table_writer {
    hid_t set, type;
    int rank;
    hsize_t width, rows, total; /* numbers of a row (1 of a compound); written; to be written */
    unsigned char *chunk;
    size_t row_bytes, in_chunk;
} table_writer;

struct sweep_writer {
    char *path, *temporary;
    hid_t file;
    table_writer points, runs;
    record_digest *digest;
};

static sky_status fail(const sweep_writer *w, const char *what, sky_error *error)
{
    char reason[160];
    int why = errno;

    record_hdf5_reason(reason, sizeof reason);
    snprintf(error->message, sizeof error->message, "%.250s: %s failed: %s%s%.60s", w->temporary, what,
             reason[0] == '\0' && why == 0 ? "HDF5 does not say why" : reason,
             reason[0] != '\0' && why != 0 ? ": " : "", why != 0 ? strerror(why) : "");
    return SKY_ERROR_IO;
}

/* ---- the header ----------------------------------------------------------------------------------------------- */

static int write_axes(hid_t file, const sweep_about *a)
{
    size_t total = 0;
    uint32_t *counts = calloc(a->axis_count + 1, sizeof *counts);
    const char **keys = calloc(a->axis_count + 1, sizeof *keys),
               **units = calloc(a->axis_count + 1, sizeof *units), **texts = NULL;
    hid_t group = h5_create_group(file, "axes");
    int ok = counts != NULL && keys != NULL && units != NULL && group >= 0;

    for (size_t i = 0; ok && i < a->axis_count; i++)
        total += a->axes[i].text_count;
    texts = calloc(total + 1, sizeof *texts);
    ok = ok && texts != NULL;
    total = 0;
    for (size_t i = 0; ok && i < a->axis_count; i++) {
        keys[i] = a->axes[i].key;
        units[i] = a->axes[i].unit;
        counts[i] = (uint32_t)a->axes[i].text_count;
        for (size_t k = 0; k < counts[i]; k++)
            texts[total++] = a->axes[i].texts[k];
    }
    ok = ok && h5_write_strings(group, "key", keys, a->axis_count) &&
         h5_write_strings(group, "unit", units, a->axis_count) &&
         h5_write_indices(group, "text_count", counts, a->axis_count) &&
         h5_write_strings(group, "texts", texts, total);
    if (group >= 0)
        ok = H5Gclose(group) >= 0 && ok;
    free(texts);
    free(units);
    free(keys);
    free(counts);
    return ok;
}

static int write_text(hid_t file, const char *name, const char *text)
{
    hid_t group = h5_create_group(file, name);
    int ok = group >= 0 && h5_write_strings(group, "text", &text, 1);

    return group >= 0 && H5Gclose(group) >= 0 && ok;
}

static int write_about(hid_t file, const sweep_about *a)
{
    char version[16];

    snprintf(version, sizeof version, "%d.%d", SWEEP_SCHEMA_MAJOR, SWEEP_SCHEMA_MINOR);
    return h5_write_text(file, "schema", SWEEP_SCHEMA) && h5_write_text(file, "schema_version", version) &&
           h5_create_text(file, "digest", "", RECORD_DIGEST_CHARS) && h5_write_number(file, "complete", 0) &&
           h5_write_text(file, "name", a->name) && h5_write_text(file, "title", a->title) &&
           h5_write_text(file, "build_id", a->build_id) && h5_write_text(file, "part", a->part) &&
           h5_write_text(file, "scenario_name", a->scenario_name) && h5_write_number(file, "seed", a->seed) &&
           h5_write_number(file, "replications", a->replications) &&
           write_text(file, "sweep", a->sweep_text) && write_text(file, "scenario", a->scenario_text) &&
           h5_write_strings(file, "strategies", a->strategies, a->strategy_count) && write_axes(file, a);
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static int table_create(table_writer *t, hid_t file, const char *name, const char *units)
{
    hsize_t size[2] = { t->total, t->width }, most[2] = { H5S_UNLIMITED, t->width },
            chunk[2] = { SWEEP_CHUNK, t->width };
    hid_t space = H5Screate_simple(t->rank, size, most), list = h5_plain_dataset();
    int ok = space >= 0 && list >= 0 && t->type >= 0 && H5Pset_chunk(list, t->rank, chunk) >= 0 &&
             H5Pset_shuffle(list) >= 0 && H5Pset_deflate(list, 1) >= 0;

    t->chunk = calloc(SWEEP_CHUNK, t->row_bytes);
    ok = ok && t->chunk != NULL;
    if (ok)
        t->set = H5Dcreate2(file, name, t->type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ok = ok && t->set >= 0 && h5_write_text(t->set, "units", units);
    H5Pclose(list);
    H5Sclose(space);
    return ok;
}

static int table_flush(table_writer *t)
{
    hsize_t from[2] = { t->rows, 0 }, size[2] = { t->in_chunk, t->width };
    hid_t memory, space;
    int ok;

    if (t->in_chunk == 0)
        return 1;
    memory = H5Screate_simple(t->rank, size, NULL);
    space = H5Dget_space(t->set);
    ok = memory >= 0 && space >= 0 &&
         H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, size, NULL) >= 0 &&
         H5Dwrite(t->set, t->type, memory, space, H5P_DEFAULT, t->chunk) >= 0;
    H5Sclose(space);
    H5Sclose(memory);
    t->rows += t->in_chunk;
    t->in_chunk = 0;
    return ok;
}

static int table_add(table_writer *t, const void *rows, size_t count)
{
    const unsigned char *from = rows;

    for (size_t i = 0; i < count; i++) {
        memcpy(t->chunk + t->in_chunk * t->row_bytes, from + i * t->row_bytes, t->row_bytes);
        if (++t->in_chunk == SWEEP_CHUNK && !table_flush(t))
            return 0;
    }
    return 1;
}

static void table_close(table_writer *t)
{
    if (t->set > 0)
        H5Dclose(t->set);
    if (t->type > 0)
        H5Tclose(t->type);
    free(t->chunk);
}

static int create_points(sweep_writer *w, const sweep_about *a)
{
    w->points = (table_writer){ .type = H5Tcopy(H5T_IEEE_F64LE),
                                .rank = 2,
                                .width = a->axis_count,
                                .total = a->point_count,
                                .row_bytes = a->axis_count * sizeof(double) };
    return table_create(&w->points, w->file, "points", "see /axes/unit");
}

static int create_runs(sweep_writer *w, uint64_t row_count)
{
    char units[2048] = "run: (point x strategies + strategy) x replications + replication; ";
    size_t used = strlen(units);

    record_stream_units(RECORD_SUMMARY, units + used, sizeof units - used);
    w->runs = (table_writer){
        .type = sweep_row_type(), .rank = 1, .width = 1, .total = row_count, .row_bytes = sizeof(sweep_row)
    };
    return table_create(&w->runs, w->file, "runs", units);
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

static void free_writer(sweep_writer *w)
{
    record_digest_free(w->digest);
    free(w->path);
    free(w->temporary);
    free(w);
}

static int close_file(sweep_writer *w)
{
    table_close(&w->points);
    table_close(&w->runs);
    return H5Fclose(w->file) >= 0;
}

void sweep_record_abandon(sweep_writer *w)
{
    close_file(w);
    unlink(w->temporary);
    free_writer(w);
}

/* Creates PATH.incomplete, with nothing in it yet. */
static sky_status open_writer(const char *path, sweep_writer **out, sky_error *error)
{
    sweep_writer *w = calloc(1, sizeof *w);
    size_t size = strlen(path) + sizeof RECORD_SUFFIX;

    if (w != NULL) {
        w->path = strdup(path);
        w->temporary = malloc(size);
        w->digest = record_digest_new();
    }
    if (w == NULL || w->path == NULL || w->temporary == NULL || w->digest == NULL) {
        if (w != NULL)
            free_writer(w);
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", path);
        return SKY_ERROR_MEMORY;
    }
    snprintf(w->temporary, size, "%s" RECORD_SUFFIX, path);
    record_hdf5_quiet();
    errno = 0;
    w->file = H5Fcreate(w->temporary, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (w->file >= 0) {
        *out = w;
        return SKY_OK;
    }
    snprintf(error->message, sizeof error->message, "%.300s: can't be written: %s", w->temporary,
             errno != 0 ? strerror(errno) : "HDF5 refuses");
    free_writer(w);
    return SKY_ERROR_INPUT;
}

sky_status sweep_record_create(const char *path, const sweep_about *about, uint64_t row_count,
                               sweep_writer **out, sky_error *error)
{
    sky_status status = open_writer(path, out, error);

    if (status != SKY_OK)
        return status;
    if (write_about((*out)->file, about) && create_points(*out, about) && create_runs(*out, row_count))
        return SKY_OK;
    status = fail(*out, "writing the sweep", error);
    sweep_record_abandon(*out);
    return status;
}

sky_status sweep_record_points(sweep_writer *w, const double *numbers, size_t count, sky_error *error)
{
    sweep_digest_points(w->digest, numbers, count * (size_t)w->points.width);
    return table_add(&w->points, numbers, count) ? SKY_OK : fail(w, "writing", error);
}

sky_status sweep_record_rows(sweep_writer *w, const sweep_row *rows, size_t count, sky_error *error)
{
    sweep_digest_rows(w->digest, rows, count);
    return table_add(&w->runs, rows, count) ? SKY_OK : fail(w, "writing", error);
}

static int sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

/* Makes sure that bytes and name are on the disk before and after the rename. */
static int give_name(const char *temporary, const char *path)
{
    char *folder = strdup(path);
    int ok = folder != NULL && sync_path(temporary) && rename(temporary, path) == 0 &&
             sync_path(dirname(folder));

    free(folder);
    return ok;
}

sky_status sweep_record_finish(sweep_writer *w, sky_error *error)
{
    char digest[RECORD_DIGEST_CHARS];
    sky_status status = SKY_OK;

    errno = 0;
    record_digest_text(w->digest, digest);
    if (!table_flush(&w->points) || !table_flush(&w->runs) || !h5_change_text(w->file, "digest", digest) ||
        !h5_write_number(w->file, "complete", 1)) {
        status = fail(w, "finishing", error);
        sweep_record_abandon(w);
        return status;
    }
    assert(w->points.rows == w->points.total && w->runs.rows == w->runs.total);
    if (!close_file(w) || !give_name(w->temporary, w->path)) {
        status = fail(w, "closing", error);
        unlink(w->temporary);
    }
    free_writer(w);
    return status;
}

/* ---- joining ---------------------------------------------------------------------------------------------------- */

/* /runs as a virtual dataset: the rows of one part after those of another. The parts are named as they stand beside the
 * file, so that all may be moved together. */
static int create_virtual_runs(hid_t file, const char *const *paths, const size_t *rows, size_t count)
{
    hsize_t total = 0, from = 0;
    hid_t list = h5_plain_dataset(), type = sweep_row_type(), space, set = -1;
    int ok = list >= 0 && type >= 0;

    for (size_t i = 0; i < count; i++)
        total += rows[i];
    space = H5Screate_simple(1, &total, NULL);
    for (size_t i = 0; ok && i < count; i++) {
        const char *slash = strrchr(paths[i], '/');
        hsize_t size = rows[i];
        hid_t source = H5Screate_simple(1, &size, NULL);

        ok = source >= 0 &&
             (size == 0 ||
              (H5Sselect_hyperslab(space, H5S_SELECT_SET, &from, NULL, &size, NULL) >= 0 &&
               H5Pset_virtual(list, space, slash != NULL ? slash + 1 : paths[i], "runs", source) >= 0));
        H5Sclose(source);
        from += size;
    }
    ok = ok && H5Sselect_all(space) >= 0;
    if (ok)
        set = H5Dcreate2(file, "runs", type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ok = set >= 0;
    if (ok)
        ok = H5Dclose(set) >= 0;
    H5Sclose(space);
    H5Tclose(type);
    H5Pclose(list);
    return ok;
}

/* The digest is that of all rows in order, however the parts have them. */
static sky_status write_digest(const char *temporary, sky_error *error)
{
    char digest[RECORD_DIGEST_CHARS];
    sweep_file *joined;
    sky_status status = sweep_record_open(temporary, &joined, error);
    hid_t file;
    int ok;

    if (status != SKY_OK)
        return status;
    status = sweep_record_compute(joined, digest, error);
    sweep_record_close(joined);
    if (status != SKY_OK)
        return status;
    file = H5Fopen(temporary, H5F_ACC_RDWR, H5P_DEFAULT);
    ok = file >= 0 && h5_change_text(file, "digest", digest);
    ok = file >= 0 && H5Fclose(file) >= 0 && ok;
    if (ok)
        return SKY_OK;
    snprintf(error->message, sizeof error->message, "%.300s: the digest can't be written", temporary);
    return SKY_ERROR_IO;
}

static int write_joined(sweep_writer *w, const sweep_file *first, const char *const *paths,
                        const size_t *rows, size_t count)
{
    sweep_about about = *sweep_record_about(first);

    about.part = "joined";
    return write_about(w->file, &about) && create_points(w, &about) &&
           table_add(&w->points, sweep_record_point(first, 0), about.point_count) &&
           table_flush(&w->points) && create_virtual_runs(w->file, paths, rows, count) &&
           h5_write_number(w->file, "complete", 1);
}

sky_status sweep_record_join(const char *path, const char *const *parts, size_t count, sky_error *error)
{
    sweep_writer *w = NULL;
    sweep_file *first = NULL;
    size_t *rows = calloc(count + 1, sizeof *rows);
    sky_status status = rows != NULL && count > 0 ? SKY_OK : SKY_ERROR_MEMORY;

    snprintf(error->message, sizeof error->message, "%.300s: no parts, or no memory to join them", path);
    for (size_t i = 0; i < count && status == SKY_OK; i++) {
        sweep_file *part;

        status = sweep_record_open(parts[i], &part, error);
        if (status != SKY_OK)
            break;
        sweep_record_runs(part, &rows[i]);
        if (i == 0)
            first = part;
        else
            sweep_record_close(part);
    }
    if (status == SKY_OK)
        status = open_writer(path, &w, error);
    if (status == SKY_OK) {
        if (!write_joined(w, first, parts, rows, count))
            status = fail(w, "joining", error);
        if (!close_file(w) && status == SKY_OK)
            status = fail(w, "closing", error);
        if (status == SKY_OK)
            status = write_digest(w->temporary, error);
        if (status == SKY_OK && !give_name(w->temporary, w->path))
            status = fail(w, "closing", error);
        if (status != SKY_OK)
            unlink(w->temporary);
        free_writer(w);
    }
    sweep_record_close(first);
    free(rows);
    return status;
}
