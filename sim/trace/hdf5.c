/* The internal form: one sealed HDF5 file (seal.h), written whole or not at all: /markets/NNNNNN/{changes}, /jobs,
 * and /nodes, /tasks and /texts (hdf5_cluster.c). */
#include "hdf5_rows.h"
#include "seal.h"
#include "text.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_TIME (INT64_MAX / 4)
#define MAX_NUSD INT64_C(1000000000000000) /* per hour: a million dollars */

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
    ok = group >= 0 && rows_write_text(group, "zone", m->zone) &&
         rows_write_text(group, "region", m->region) && rows_write_text(group, "machine", m->machine) &&
         rows_write_number(group, "tick_ns", m->tick_ns) && rows_write_number(group, "span_ns", m->span_ns) &&
         rows_write_number(group, "on_demand_nusd_per_hour", m->on_demand_nusd_per_hour) &&
         rows_write(group, "changes", type, m->changes, m->change_count);
    if (group >= 0)
        ok = H5Gclose(group) >= 0 && ok;
    H5Tclose(type);
    return ok;
}

static int write_set(hid_t file, const trace_set *set)
{
    hid_t group = create_group(file, "markets"), type = job_type();
    int ok = group >= 0 && H5Gclose(group) >= 0;

    for (size_t i = 0; ok && i < set->market_count; i++)
        ok = write_market(file, i, &set->markets[i]);
    ok = ok && rows_write(file, "jobs", type, set->jobs, set->job_count) && cluster_write(file, set);
    H5Tclose(type);
    return ok;
}

sky_status trace_write(const char *path, const trace_set *set, sky_error *error)
{
    size_t size = strlen(path) + sizeof ".incomplete";
    char *temporary = malloc(size);
    hid_t file, sealed;
    int ok;

    if (temporary == NULL) {
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", path);
        return SKY_ERROR_MEMORY;
    }
    snprintf(temporary, size, "%s.incomplete", path);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    errno = 0;
    sealed = H5Pcreate(H5P_FILE_CREATE);
    ok = sealed >= 0 && H5Pset_userblock(sealed, SEAL_BYTES) >= 0;
    file = ok ? H5Fcreate(temporary, H5F_ACC_TRUNC, sealed, H5P_DEFAULT) : -1;
    H5Pclose(sealed);
    ok = file >= 0 && write_set(file, set) && H5Fflush(file, H5F_SCOPE_GLOBAL) >= 0;
    if (file >= 0)
        ok = H5Fclose(file) >= 0 && ok;
    if (!ok || !seal_write(temporary) || rename(temporary, path) != 0) {
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
    m->zone = rows_read_text(group, "zone");
    m->region = rows_read_text(group, "region");
    m->machine = rows_read_text(group, "machine");
    ok = m->zone != NULL && m->region != NULL && m->machine != NULL &&
         rows_read_number(group, "tick_ns", &m->tick_ns) && rows_read_number(group, "span_ns", &m->span_ns) &&
         rows_read_number(group, "on_demand_nusd_per_hour", &m->on_demand_nusd_per_hour) &&
         rows_read(group, "changes", type, sizeof *m->changes, (void **)&m->changes, &m->change_count) &&
         changes_are_sane(m);
    H5Tclose(type);
    return ok;
}

static int read_jobs(hid_t file, trace_set *set)
{
    hid_t type = job_type();
    trace_job *jobs = NULL, *job;
    size_t count = 0;
    int ok = rows_read(file, "jobs", type, sizeof *jobs, (void **)&jobs, &count);

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

static int read_markets(hid_t file, trace_set *set)
{
    hid_t markets = H5Gopen2(file, "markets", H5P_DEFAULT);
    H5G_info_t info = { 0 };
    int ok = markets >= 0 && H5Gget_info(markets, &info) >= 0 && info.nlinks < 1000000;

    for (hsize_t i = 0; ok && i < info.nlinks; i++) {
        char name[32];
        hid_t group;

        snprintf(name, sizeof name, "%06llu", (unsigned long long)i);
        group = H5Gopen2(markets, name, H5P_DEFAULT);
        ok = group >= 0 && read_market(group, set);
        if (group >= 0)
            H5Gclose(group);
    }
    if (markets >= 0)
        H5Gclose(markets);
    return ok;
}

static sky_status read_skytwin(const char *path, trace_set *set, sky_error *error)
{
    static const char *const found[] = { [SEAL_NONE] = "another kind of file",
                                         [SEAL_VERSION] = "a trace of another version of skytwin",
                                         [SEAL_BROKEN] = "a damaged file" };
    struct stat about;
    seal_state seal;
    hid_t file;
    int ok, there = stat(path, &about) == 0; /* asked first: to open a pipe would wait */

    if (there && S_ISREG(about.st_mode))
        seal = seal_check(path);
    else
        seal = SEAL_UNREADABLE;
    if (seal == SEAL_UNREADABLE) {
        snprintf(error->message, sizeof error->message, "%.300s: can't be read: %s", path,
                 there && !S_ISREG(about.st_mode) ? "no plain file" : strerror(errno));
        return SKY_ERROR_INPUT;
    }
    if (seal != SEAL_WHOLE)
        return fail(path, found[seal], error);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    ok = file >= 0 && read_markets(file, set) && read_jobs(file, set) && cluster_read(file, set);
    if (file >= 0)
        H5Fclose(file);
    return ok ? SKY_OK : fail(path, "contents that it never writes", error);
}

const trace_format trace_skytwin = {
    .name = "skytwin",
    .about =
        "the internal form that `skytwin import` writes: markets, jobs, nodes and tasks in one HDF5 file",
    .read = read_skytwin,
};
