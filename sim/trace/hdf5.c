/* The internal form: one HDF5 file with /markets/NNNNNN/{changes} and /jobs, written whole or not at all. */
#include "text.h"

#include <errno.h>
#include <hdf5.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SCHEMA    "skytwin-trace 1"
#define MAX_BYTES ((size_t)1 << 30) /* of one table */
#define MAX_TIME  (INT64_MAX / 4)
#define MAX_NUSD  INT64_C(1000000000000000) /* per hour: a million dollars */

static sky_status fail(const char *path, const char *found, sky_error *error)
{
    snprintf(error->message, sizeof error->message,
             "%.300s: found %.120s, expected a trace made by `skytwin import`", path, found);
    return SKY_ERROR_INPUT;
}

static hid_t change_type(void)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(trace_change));

    H5Tinsert(type, "at_ns", offsetof(trace_change, at_ns), H5T_STD_I64LE);
    H5Tinsert(type, "spot_nusd_per_hour", offsetof(trace_change, spot_nusd_per_hour), H5T_STD_I64LE);
    H5Tinsert(type, "available", offsetof(trace_change, available), H5T_STD_I32LE);
    H5Tinsert(type, "reserved", offsetof(trace_change, reserved), H5T_STD_I32LE);
    return type;
}

static hid_t job_type(void)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(trace_job));

    H5Tinsert(type, "submit_ns", offsetof(trace_job, submit_ns), H5T_STD_I64LE);
    H5Tinsert(type, "work_ns", offsetof(trace_job, work_ns), H5T_STD_I64LE);
    H5Tinsert(type, "cpus_mcpu", offsetof(trace_job, cpus_mcpu), H5T_STD_I64LE);
    H5Tinsert(type, "row", offsetof(trace_job, reserved), H5T_STD_I64LE);
    return type;
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

static int write_text(hid_t at, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), attribute = -1;
    int ok = H5Tset_size(type, strlen(text) + 1) >= 0 && H5Tset_cset(type, H5T_CSET_UTF8) >= 0;

    if (ok)
        attribute = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    ok = ok && attribute >= 0 && H5Awrite(attribute, type, text) >= 0;
    if (attribute >= 0)
        ok = H5Aclose(attribute) >= 0 && ok;
    H5Sclose(space);
    H5Tclose(type);
    return ok;
}

static int write_number(hid_t at, const char *name, int64_t value)
{
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(at, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    int ok = attribute >= 0 && H5Awrite(attribute, H5T_NATIVE_INT64, &value) >= 0;

    if (attribute >= 0)
        ok = H5Aclose(attribute) >= 0 && ok;
    H5Sclose(space);
    return ok;
}

static int write_rows(hid_t at, const char *name, hid_t type, const void *rows, size_t count)
{
    hsize_t size = count;
    hid_t space = H5Screate_simple(1, &size, NULL), list = H5Pcreate(H5P_DATASET_CREATE), set = -1;
    int ok = H5Pset_obj_track_times(list, 0) >= 0;

    if (ok)
        set = H5Dcreate2(at, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    ok = ok && set >= 0 && (count == 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) >= 0);
    if (set >= 0)
        ok = H5Dclose(set) >= 0 && ok;
    H5Pclose(list);
    H5Sclose(space);
    return ok;
}

static hid_t create_group(hid_t at, const char *name)
{
    hid_t list = H5Pcreate(H5P_GROUP_CREATE), group;

    H5Pset_obj_track_times(list, 0);
    group = H5Gcreate2(at, name, H5P_DEFAULT, list, H5P_DEFAULT);
    H5Pclose(list);
    return group;
}

static int write_market(hid_t file, size_t index, const trace_market *m)
{
    char name[32];
    hid_t group, type = change_type();
    int ok;

    snprintf(name, sizeof name, "markets/%06zu", index);
    group = create_group(file, name);
    ok = group >= 0 && write_text(group, "zone", m->zone) && write_text(group, "region", m->region) &&
         write_text(group, "machine", m->machine) && write_number(group, "tick_ns", m->tick_ns) &&
         write_number(group, "span_ns", m->span_ns) &&
         write_number(group, "on_demand_nusd_per_hour", m->on_demand_nusd_per_hour) &&
         write_rows(group, "changes", type, m->changes, m->change_count);
    if (group >= 0)
        ok = H5Gclose(group) >= 0 && ok;
    H5Tclose(type);
    return ok;
}

static int write_set(hid_t file, const trace_set *set)
{
    hid_t group = create_group(file, "markets"), type = job_type();
    int ok = group >= 0 && H5Gclose(group) >= 0 && write_text(file, "schema", SCHEMA);

    for (size_t i = 0; ok && i < set->market_count; i++)
        ok = write_market(file, i, &set->markets[i]);
    ok = ok && write_rows(file, "jobs", type, set->jobs, set->job_count);
    H5Tclose(type);
    return ok;
}

sky_status trace_write(const char *path, const trace_set *set, sky_error *error)
{
    size_t size = strlen(path) + sizeof ".incomplete";
    char *temporary = malloc(size);
    hid_t file;
    int ok;

    if (temporary == NULL) {
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", path);
        return SKY_ERROR_MEMORY;
    }
    snprintf(temporary, size, "%s.incomplete", path);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    errno = 0;
    file = H5Fcreate(temporary, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    ok = file >= 0 && write_set(file, set) && H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0;
    if (file >= 0)
        ok = H5Fclose(file) >= 0 && ok;
    if (!ok || rename(temporary, path) != 0) {
        snprintf(error->message, sizeof error->message, "%.300s: can't be written: %s", path,
                 errno != 0 ? strerror(errno) : "HDF5 refuses");
        remove(temporary);
        free(temporary);
        return SKY_ERROR_IO;
    }
    free(temporary);
    return SKY_OK;
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

/* An attribute that holds one value: an array would run over whatever it is read into. < 0: there is none. */
static hid_t open_attribute(hid_t at, const char *name)
{
    hid_t attribute = H5Aexists(at, name) > 0 ? H5Aopen(at, name, H5P_DEFAULT) : -1;
    hid_t space = attribute >= 0 ? H5Aget_space(attribute) : -1;
    int one = space >= 0 && H5Sget_simple_extent_npoints(space) == 1;

    if (space >= 0)
        H5Sclose(space);
    if (attribute >= 0 && !one) {
        H5Aclose(attribute);
        return -1;
    }
    return attribute;
}

static char *read_text(hid_t at, const char *name)
{
    hid_t attribute = open_attribute(at, name);
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : -1;
    size_t size = type >= 0 && H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0
                      ? H5Tget_size(type)
                      : 0;
    char *text = size > 0 && size < 4096 ? calloc(1, size + 1) : NULL;

    if (text != NULL && H5Aread(attribute, type, text) < 0) {
        free(text);
        text = NULL;
    }
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        H5Aclose(attribute);
    return text;
}

static int read_number(hid_t at, const char *name, int64_t *value)
{
    hid_t attribute = open_attribute(at, name);
    int ok = attribute >= 0 && H5Aread(attribute, H5T_NATIVE_INT64, value) >= 0;

    if (attribute >= 0)
        H5Aclose(attribute);
    return ok;
}

/* All rows of a dataset; the caller frees them. */
static int read_rows(hid_t at, const char *name, hid_t type, size_t row, void **rows, size_t *count)
{
    hid_t set = H5Dopen2(at, name, H5P_DEFAULT), space = set >= 0 ? H5Dget_space(set) : -1;
    hssize_t n = space >= 0 ? H5Sget_simple_extent_npoints(space) : -1;
    int ok = n >= 0 && (size_t)n <= MAX_BYTES / row;

    *rows = ok ? calloc((size_t)n + 1, row) : NULL;
    ok = *rows != NULL && (n == 0 || H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, *rows) >= 0);
    *count = ok ? (size_t)n : 0;
    if (space >= 0)
        H5Sclose(space);
    if (set >= 0)
        H5Dclose(set);
    return ok;
}

static int changes_are_sane(const trace_market *m)
{
    if (m->change_count == 0 || m->changes[0].at_ns != 0 ||
        m->span_ns <= m->changes[m->change_count - 1].at_ns || m->span_ns > MAX_TIME || m->tick_ns < 0 ||
        m->tick_ns > MAX_TIME || m->on_demand_nusd_per_hour < 0 || m->on_demand_nusd_per_hour > MAX_NUSD)
        return 0;
    for (size_t i = 0; i < m->change_count; i++)
        if (m->changes[i].spot_nusd_per_hour < 0 || m->changes[i].spot_nusd_per_hour > MAX_NUSD ||
            (m->changes[i].available & ~1) != 0 || (i > 0 && m->changes[i].at_ns <= m->changes[i - 1].at_ns))
            return 0;
    return 1;
}

static int read_market(hid_t group, trace_set *set)
{
    trace_market *m = text_grow((void **)&set->markets, &set->market_count, sizeof *m);
    hid_t type;
    int ok;

    if (m == NULL)
        return 0;
    type = change_type();
    m->zone = read_text(group, "zone");
    m->region = read_text(group, "region");
    m->machine = read_text(group, "machine");
    ok = m->zone != NULL && m->region != NULL && m->machine != NULL &&
         read_number(group, "tick_ns", &m->tick_ns) && read_number(group, "span_ns", &m->span_ns) &&
         read_number(group, "on_demand_nusd_per_hour", &m->on_demand_nusd_per_hour) &&
         read_rows(group, "changes", type, sizeof *m->changes, (void **)&m->changes, &m->change_count) &&
         changes_are_sane(m);
    H5Tclose(type);
    return ok;
}

static int read_jobs(hid_t file, trace_set *set)
{
    hid_t type = job_type();
    trace_job *jobs = NULL, *job;
    size_t count = 0;
    int ok = read_rows(file, "jobs", type, sizeof *jobs, (void **)&jobs, &count);

    H5Tclose(type);
    for (size_t i = 0; ok && i < count; i++) {
        ok = jobs[i].work_ns > 0 && jobs[i].work_ns <= MAX_TIME && jobs[i].submit_ns <= MAX_TIME &&
             jobs[i].submit_ns >= (i > 0 ? jobs[i - 1].submit_ns : 0) && jobs[i].cpus_mcpu >= 0;
        job = ok ? text_grow((void **)&set->jobs, &set->job_count, sizeof *job) : NULL;
        ok = job != NULL;
        if (ok)
            *job = jobs[i];
    }
    free(jobs);
    return ok;
}

static sky_status read_skytwin(const char *path, trace_set *set, sky_error *error)
{
    hid_t file, markets = -1;
    H5G_info_t info = { 0 };
    struct stat about;
    char *schema;
    int ok, there = stat(path, &about) == 0; /* asked first: to open a pipe would wait for its writer */

    if (!there || !S_ISREG(about.st_mode)) {
        snprintf(error->message, sizeof error->message, "%.300s: can't be read: %s", path,
                 there ? "no plain file" : strerror(errno));
        return SKY_ERROR_INPUT;
    }
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    file = H5Fis_hdf5(path) > 0 ? H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT) : -1;
    if (file < 0)
        return fail(path, "no HDF5 file", error);
    schema = read_text(file, "schema");
    ok = schema != NULL && strcmp(schema, SCHEMA) == 0;
    free(schema);
    if (ok)
        markets = H5Gopen2(file, "markets", H5P_DEFAULT);
    ok = ok && markets >= 0 && H5Gget_info(markets, &info) >= 0 && info.nlinks < 1000000;
    for (hsize_t i = 0; ok && i < info.nlinks; i++) {
        char name[32];
        hid_t group;

        snprintf(name, sizeof name, "%06llu", (unsigned long long)i);
        group = H5Gopen2(markets, name, H5P_DEFAULT);
        ok = group >= 0 && read_market(group, set);
        if (group >= 0)
            H5Gclose(group);
    }
    ok = ok && read_jobs(file, set);
    if (markets >= 0)
        H5Gclose(markets);
    H5Fclose(file);
    return ok ? SKY_OK : fail(path, "another or a damaged HDF5 file", error);
}

const trace_format trace_skytwin = {
    .name = "skytwin",
    .about = "the internal form that `skytwin import` writes: markets and jobs in one HDF5 file",
    .read = read_skytwin,
};
