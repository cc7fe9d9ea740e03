#include "sweep_types.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 100000000
#define MAX_AXES 10000

struct sweep_file {
    char *path;
    hid_t file;
    sweep_about about;
    sweep_axis_about *axes;
    double *points;
    sweep_row *rows;
    size_t row_count;
    char digest[RECORD_DIGEST_CHARS];
    void *owned[32]; /* everything that about points to */
    size_t owned_count;
};

static sky_status refuse(const char *path, const char *what, sky_error *error)
{
    snprintf(error->message, sizeof error->message, "%.300s: found %.120s, expected the record of a sweep",
             path, what);
    return SKY_ERROR_INPUT;
}

static void *own(sweep_file *f, void *block)
{
    if (block != NULL)
        f->owned[f->owned_count++] = block; /* read_about reads a fixed number of things */
    return block;
}

/* ---- the header ----------------------------------------------------------------------------------------------- */

static int read_strings(sweep_file *f, const char *name, const char *const **out, size_t *count)
{
    char **text;
    int ok = h5_read_strings(f->file, name, MAX_ROWS, &text, count);

    *out = own(f, text);
    return ok && *out != NULL;
}

static int read_one_text(sweep_file *f, const char *name, const char **out)
{
    const char *const *text;
    size_t count;

    if (!read_strings(f, name, &text, &count) || count != 1)
        return 0;
    *out = text[0];
    return 1;
}

static int read_attribute(sweep_file *f, const char *name, const char **out)
{
    *out = own(f, h5_read_text(f->file, name));
    return *out != NULL;
}

static int read_axes(sweep_file *f)
{
    const char *const *keys, *const *units, *const *texts;
    size_t count, unit_count, text_count, used = 0;
    uint32_t *counts = NULL;
    hid_t set;
    int ok = read_strings(f, "axes/key", &keys, &count) &&
             read_strings(f, "axes/unit", &units, &unit_count) &&
             read_strings(f, "axes/texts", &texts, &text_count) && unit_count == count && count > 0 &&
             count <= MAX_AXES;

    if (!ok)
        return 0;
    set = H5Dopen2(f->file, "axes/text_count", H5P_DEFAULT);
    if (h5_count(set) == (hssize_t)count)
        counts = own(f, calloc(count, sizeof *counts));
    ok = counts != NULL && H5Dread(set, H5T_NATIVE_UINT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, counts) >= 0;
    if (set >= 0)
        H5Dclose(set);
    f->axes = own(f, calloc(count, sizeof *f->axes));
    if (!ok || f->axes == NULL)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (counts[i] > text_count - used)
            return 0;
        f->axes[i] = (sweep_axis_about){
            .key = keys[i], .unit = units[i], .texts = texts + used, .text_count = counts[i]
        };
        used += counts[i];
    }
    f->about.axes = f->axes;
    f->about.axis_count = count;
    return 1;
}

static int read_about(sweep_file *f)
{
    sweep_about *a = &f->about;
    char *digest = NULL;
    int ok = read_attribute(f, "name", &a->name) && read_attribute(f, "title", &a->title) &&
             read_attribute(f, "build_id", &a->build_id) && read_attribute(f, "part", &a->part) &&
             read_attribute(f, "scenario_name", &a->scenario_name) &&
             read_one_text(f, "sweep/text", &a->sweep_text) &&
             read_one_text(f, "scenario/text", &a->scenario_text) &&
             read_strings(f, "strategies", &a->strategies, &a->strategy_count) &&
             h5_read_number(f->file, "seed", &a->seed) &&
             h5_read_number(f->file, "replications", &a->replications) && read_axes(f) &&
             (digest = h5_read_text(f->file, "digest")) != NULL;

    if (ok)
        snprintf(f->digest, sizeof f->digest, "%s", digest);
    free(digest);
    return ok && a->strategy_count > 0 && a->replications > 0;
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static int by_run(const void *a, const void *b)
{
    const sweep_row *x = a, *y = b;

    return x->run < y->run ? -1 : x->run > y->run;
}

/* Sorted, each run once: parts may have done the same run, which gave the same row. 0: it gave another. */
static int sort_rows(sweep_file *f)
{
    size_t kept = 0;
    int sorted = 1;

    for (size_t i = 1; i < f->row_count; i++)
        sorted &= f->rows[i - 1].run < f->rows[i].run;
    if (sorted)
        return 1;
    qsort(f->rows, f->row_count, sizeof *f->rows, by_run);
    for (size_t i = 0; i < f->row_count; i++) {
        if (kept == 0 || f->rows[kept - 1].run != f->rows[i].run)
            f->rows[kept++] = f->rows[i];
        else if (memcmp(&f->rows[kept - 1], &f->rows[i], sizeof *f->rows) != 0)
            return 0;
    }
    f->row_count = kept;
    return 1;
}

static int read_rows(sweep_file *f)
{
    hid_t set = H5Dopen2(f->file, "runs", H5P_DEFAULT), type = sweep_row_type();
    hid_t found = set >= 0 ? H5Dget_type(set) : -1;
    hssize_t count = h5_count(set);
    int ok = count >= 0 && count <= MAX_ROWS && found >= 0 && type >= 0 && H5Tequal(type, found) > 0;

    f->rows = ok ? calloc((size_t)count + 1, sizeof *f->rows) : NULL;
    ok = f->rows != NULL && (count == 0 || H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, f->rows) >= 0);
    f->row_count = ok ? (size_t)count : 0;
    if (found >= 0)
        H5Tclose(found);
    if (type >= 0)
        H5Tclose(type);
    if (set >= 0)
        H5Dclose(set);
    ok = ok && sort_rows(f);
    return ok && (f->row_count == 0 || f->rows[f->row_count - 1].run < sweep_run_count(&f->about));
}

static int read_points(sweep_file *f)
{
    hid_t set = H5Dopen2(f->file, "points", H5P_DEFAULT), space = set >= 0 ? H5Dget_space(set) : -1;
    hsize_t size[2] = { 0, 0 };
    int ok = space >= 0 && H5Sget_simple_extent_ndims(space) == 2 &&
             H5Sget_simple_extent_dims(space, size, NULL) == 2 && size[0] <= MAX_ROWS &&
             size[1] == f->about.axis_count;

    f->points = ok ? calloc((size_t)(size[0] * size[1]) + 1, sizeof *f->points) : NULL;
    ok = f->points != NULL &&
         (size[0] == 0 || H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, f->points) >= 0);
    f->about.point_count = ok ? size[0] : 0;
    if (space >= 0)
        H5Sclose(space);
    if (set >= 0)
        H5Dclose(set);
    return ok;
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

int sweep_record_is(const char *path)
{
    hid_t file;
    char *schema = NULL;
    int is;

    record_hdf5_quiet();
    file = H5Fis_hdf5(path) > 0 ? H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT) : -1;
    if (file >= 0)
        schema = h5_read_text(file, "schema");
    is = schema != NULL && strcmp(schema, SWEEP_SCHEMA) == 0;
    free(schema);
    if (file >= 0)
        H5Fclose(file);
    return is;
}

static sky_status read_file(sweep_file *f, sky_error *error)
{
    char *version;
    uint64_t complete = 0;
    long major;

    f->file = H5Fopen(f->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (f->file < 0)
        return refuse(f->path, "no HDF5 file, or a truncated one", error);
    version = h5_read_text(f->file, "schema_version");
    major = version != NULL ? strtol(version, NULL, 10) : 0;
    free(version);
    if (major != SWEEP_SCHEMA_MAJOR) {
        snprintf(error->message, sizeof error->message, "%.300s: found schema version %ld, expected %d.x",
                 f->path, major, SWEEP_SCHEMA_MAJOR);
        return SKY_ERROR_INPUT;
    }
    if (!h5_read_number(f->file, "complete", &complete) || complete != 1)
        return refuse(f->path, "one that is not whole", error);
    if (!read_about(f))
        return refuse(f->path, "a damaged header", error);
    if (!read_points(f))
        return refuse(f->path, "a damaged table of points", error);
    return read_rows(f) ? SKY_OK : refuse(f->path, "a damaged table of runs", error);
}

sky_status sweep_record_open(const char *path, sweep_file **out, sky_error *error)
{
    sweep_file *f;
    FILE *probe = fopen(path, "rb");
    sky_status status;

    if (probe == NULL) {
        snprintf(error->message, sizeof error->message, "%.300s: can't be read: %s", path, strerror(errno));
        return SKY_ERROR_INPUT;
    }
    fclose(probe);
    if (!sweep_record_is(path))
        return refuse(path, "another file", error);
    f = calloc(1, sizeof *f);
    if (f == NULL || (f->path = strdup(path)) == NULL) {
        free(f);
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", path);
        return SKY_ERROR_MEMORY;
    }
    status = read_file(f, error);
    if (status == SKY_OK)
        *out = f;
    else
        sweep_record_close(f);
    return status;
}

void sweep_record_close(sweep_file *f)
{
    if (f == NULL)
        return;
    if (f->file >= 0)
        H5Fclose(f->file);
    for (size_t i = 0; i < f->owned_count; i++)
        free(f->owned[i]);
    free(f->points);
    free(f->rows);
    free(f->path);
    free(f);
}

const sweep_about *sweep_record_about(const sweep_file *f)
{
    return &f->about;
}

const double *sweep_record_point(const sweep_file *f, uint64_t point)
{
    return &f->points[point * f->about.axis_count];
}

const sweep_row *sweep_record_runs(const sweep_file *f, size_t *count)
{
    *count = f->row_count;
    return f->rows;
}

const char *sweep_record_digest(const sweep_file *f)
{
    return f->digest;
}

sky_status sweep_record_compute(const sweep_file *f, char text[RECORD_DIGEST_CHARS], sky_error *error)
{
    record_digest *digest = record_digest_new();

    if (digest == NULL) {
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", f->path);
        return SKY_ERROR_MEMORY;
    }
    sweep_digest_points(digest, f->points, (size_t)f->about.point_count * f->about.axis_count);
    sweep_digest_rows(digest, f->rows, f->row_count);
    record_digest_text(digest, text);
    record_digest_free(digest);
    return SKY_OK;
}

sky_status sweep_record_verify(const sweep_file *f, sky_error *error)
{
    char text[RECORD_DIGEST_CHARS];
    sky_status status = sweep_record_compute(f, text, error);

    if (status != SKY_OK || strcmp(text, f->digest) == 0)
        return status;
    snprintf(error->message, sizeof error->message, "%.300s: found digest %s, expected %s", f->path, text,
             f->digest);
    return SKY_ERROR_INPUT;
}
