#include "h5_parts.h"
#include "record_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RUNS  10000000
#define MAX_NAMES 1000000

struct record_file {
    hid_t file;
    int complete;
    record_about about;
    record_run_info *runs;
    size_t run_count;
    char *path;
    void **owned; /* everything that about points to */
    size_t owned_count;
};

static sky_status refuse(const char *path, const char *what, sky_error *error)
{
    snprintf(error->message, sizeof error->message, "%.300s: found %.120s, expected a skytwin record", path,
             what);
    return SKY_ERROR_INPUT;
}

static void *own(record_file *f, void *block)
{
    void **owned = block != NULL ? realloc(f->owned, (f->owned_count + 1) * sizeof *owned) : NULL;

    if (owned == NULL) {
        free(block);
        return NULL;
    }
    f->owned = owned;
    f->owned[f->owned_count++] = block;
    return block;
}

/* ---- attributes and small datasets ---------------------------------------------------------------------------- */

static int read_strings(record_file *f, const char *name, const char *const **out, size_t *count)
{
    char **text;
    int ok = h5_read_strings(f->file, name, MAX_NAMES, &text, count);

    *out = own(f, text);
    return ok && *out != NULL;
}

static int read_indices(record_file *f, const char *name, const uint32_t **out, size_t expected)
{
    hid_t set = H5Dopen2(f->file, name, H5P_DEFAULT);
    uint32_t *index = h5_count(set) == (hssize_t)expected ? own(f, calloc(expected + 1, sizeof *index))
                                                          : NULL;
    int ok = index != NULL &&
             (expected == 0 || H5Dread(set, H5T_NATIVE_UINT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, index) >= 0);

    if (set >= 0)
        H5Dclose(set);
    *out = index;
    return ok;
}

static int read_pairs(record_file *f, const char *name, const uint32_t **out, size_t *count)
{
    hid_t set = H5Dopen2(f->file, name, H5P_DEFAULT);
    hssize_t size = h5_count(set);

    if (set >= 0)
        H5Dclose(set);
    *count = size > 0 ? (size_t)size / 2 : 0;
    return size >= 0 && size % 2 == 0 && (uint64_t)size <= H5_TEXT_MOST &&
           read_indices(f, name, out, (size_t)size);
}

static int all_below(const uint32_t *index, size_t count, size_t limit)
{
    for (size_t i = 0; i < count; i++)
        if (index[i] >= limit)
            return 0;
    return 1;
}

/* Since 5.1. Older records lack it all: nothing can go on with them. */
static int read_origin(record_file *f, record_about *a)
{
    hid_t group = H5Gopen2(f->file, "scenario", H5P_DEFAULT);
    int ok = group >= 0 && (a->scenario_inputs = own(f, h5_read_text(group, "inputs"))) != NULL &&
             read_strings(f, "scenario/files", &a->scenario_files, &a->scenario_file_count) &&
             read_pairs(f, "scenario/places", &a->scenario_places, &a->scenario_line_count);

    if (group >= 0)
        H5Gclose(group);
    for (size_t i = 0; ok && i < a->scenario_line_count; i++)
        ok = a->scenario_places[2 * i] < a->scenario_file_count;
    return ok;
}

static int read_plan(record_file *f, record_plan *p)
{
    hid_t group = H5Gopen2(f->file, "plan", H5P_DEFAULT);
    uint64_t replication = 0, replications = 0, every_ns = 0;
    int ok = group >= 0 && h5_read_number(group, "replication", &replication) && replication <= MAX_RUNS &&
             h5_read_number(group, "replications", &replications) &&
             h5_read_number(group, "seed", &p->seed) &&
             h5_read_number(group, "checkpoint_every_ns", &every_ns) && replications <= MAX_RUNS &&
             every_ns <= INT64_MAX && read_strings(f, "plan/strategies", &p->strategies, &p->strategy_count);

    if (group >= 0)
        H5Gclose(group);
    p->replication = (unsigned)replication;
    p->replications = (unsigned)replications;
    p->checkpoint_every_ns = (int64_t)every_ns;
    return ok;
}

static int read_branch(record_file *f, record_branch *b)
{
    hid_t group = H5Gopen2(f->file, "branch", H5P_DEFAULT);
    uint64_t run = 0, at_ns = 0;
    int ok = group >= 0 && (b->of = own(f, h5_read_text(group, "of"))) != NULL &&
             (b->digest = own(f, h5_read_text(group, "digest"))) != NULL &&
             (b->strategy = own(f, h5_read_text(group, "strategy"))) != NULL &&
             h5_read_number(group, "run", &run) && run <= MAX_RUNS &&
             h5_read_number(group, "at_ns", &at_ns) && at_ns <= INT64_MAX &&
             read_strings(f, "branch/set", &b->sets, &b->set_count);

    if (group >= 0)
        H5Gclose(group);
    b->run = (unsigned)run;
    b->at_ns = (int64_t)at_ns;
    return ok;
}

static int read_about(record_file *f)
{
    record_about *a = &f->about;
    record_names *n = &a->names;
    const char *const *text = NULL;
    size_t count = 0;
    int ok;

    a->command_line = own(f, h5_read_text(f->file, "command_line"));
    a->scenario_path = own(f, h5_read_text(f->file, "scenario_path"));
    a->scenario_name = own(f, h5_read_text(f->file, "scenario_name"));
    a->build_id = own(f, h5_read_text(f->file, "build_id"));
    ok = a->command_line != NULL && a->scenario_path != NULL && a->scenario_name != NULL &&
         a->build_id != NULL && read_strings(f, "scenario/text", &text, &count) && count == 1 &&
         read_strings(f, "catalog/providers", &n->providers, &n->provider_count) &&
         read_strings(f, "catalog/regions", &n->regions, &n->region_count) &&
         read_indices(f, "catalog/region_provider", &n->region_provider, n->region_count) &&
         read_strings(f, "catalog/pools", &n->pools, &n->pool_count) &&
         read_indices(f, "catalog/pool_region", &n->pool_region, n->pool_count) &&
         read_strings(f, "catalog/classes", &n->classes, &n->class_count) &&
         read_strings(f, "catalog/workloads", &n->workloads, &n->workload_count);
    if (ok && H5Lexists(f->file, "catalog/links", H5P_DEFAULT) > 0) /* since 3.1 */
        ok = read_strings(f, "catalog/links", &n->links, &n->link_count);
    if (ok && H5Lexists(f->file, "catalog/places", H5P_DEFAULT) > 0) /* since 4.1 */
        ok = read_strings(f, "catalog/populations", &n->populations, &n->population_count) &&
             read_strings(f, "catalog/places", &n->places, &n->place_count);
    if (ok && H5Lexists(f->file, "catalog/gateways", H5P_DEFAULT) > 0) /* since 5.0 */
        ok = read_strings(f, "catalog/gateways", &n->gateways, &n->gateway_count);
    if (ok && H5Lexists(f->file, "catalog/datasets", H5P_DEFAULT) > 0) /* since 5.0 */
        ok = read_strings(f, "catalog/datasets", &n->datasets, &n->dataset_count);
    if (ok && H5Lexists(f->file, "catalog/stages", H5P_DEFAULT) > 0) /* since 5.0 */
        ok = read_strings(f, "catalog/stages", &n->stages, &n->stage_count) &&
             read_strings(f, "catalog/streams", &n->streams, &n->stream_count);
    if (ok)
        a->scenario_text = text[0];
    if (ok && H5Lexists(f->file, "plan", H5P_DEFAULT) > 0) /* since 5.1 */
        ok = read_origin(f, a) && read_plan(f, &a->plan);
    if (ok && H5Lexists(f->file, "branch", H5P_DEFAULT) > 0)
        ok = read_branch(f, &a->branch);
    return ok && all_below(n->region_provider, n->region_count, n->provider_count) &&
           all_below(n->pool_region, n->pool_count, n->region_count);
}

/* ---- runs ------------------------------------------------------------------------------------------------------- */

static int copy_text(hid_t at, const char *name, char *out, size_t size)
{
    char *text = h5_read_text(at, name);

    snprintf(out, size, "%s", text != NULL ? text : "");
    free(text);
    return text != NULL;
}

/* The dataset's rows have the type that this version knows. A run that was cut off lacks some datasets. */
static int check_stream(hid_t group, record_stream stream, int cut_off, size_t *rows)
{
    hid_t set, type, found;
    hssize_t count;
    int ok;

    *rows = 0;
    if ((cut_off || record_stream_may_be_absent(stream)) &&
        H5Lexists(group, record_stream_name(stream), H5P_DEFAULT) == 0)
        return 1;
    set = H5Dopen2(group, record_stream_name(stream), H5P_DEFAULT);
    type = record_stream_type(stream);
    found = set >= 0 ? H5Dget_type(set) : -1;
    count = h5_count(set);
    ok = count >= 0 && type >= 0 && found >= 0 && H5Tequal(type, found) > 0;

    *rows = ok ? (size_t)count : 0;
    if (found >= 0)
        H5Tclose(found);
    if (type >= 0)
        H5Tclose(type);
    if (set >= 0)
        H5Dclose(set);
    return ok;
}

static sky_status read_run(record_file *f, size_t index, sky_error *error)
{
    record_run_info *info = &f->runs[index];
    uint64_t replication = 0, complete = 0;
    char name[40];
    hid_t group;
    int ok;

    snprintf(name, sizeof name, "runs/%06zu", index);
    group = H5Gopen2(f->file, name, H5P_DEFAULT);
    ok = group >= 0 && copy_text(group, "strategy", info->strategy, sizeof info->strategy) &&
         copy_text(group, "digest", info->digest, sizeof info->digest) &&
         h5_read_number(group, "replication", &replication) && h5_read_number(group, "seed", &info->seed) &&
         h5_read_number(group, "complete", &complete);
    if (ok)
        info->checkpoints = record_checkpoint_count(group);
    for (int s = 0; ok && s < RECORD_STREAM_COUNT; s++)
        ok = check_stream(group, (record_stream)s, complete != 1, &info->rows[s]);
    if (group >= 0)
        H5Gclose(group);
    if (!ok)
        return refuse(f->path, "a damaged run", error);
    info->replication = (unsigned)replication;
    info->complete = complete == 1;
    if (info->rows[RECORD_SUMMARY] == 1)
        return record_read(f, index, RECORD_SUMMARY, 0, 1, &info->summary, error);
    return info->complete ? refuse(f->path, "a complete run without a summary", error) : SKY_OK;
}

static sky_status read_runs(record_file *f, sky_error *error)
{
    hid_t group = H5Gopen2(f->file, "runs", H5P_DEFAULT);
    H5G_info_t info = { 0 };
    int ok = group >= 0 && H5Gget_info(group, &info) >= 0 && info.nlinks <= MAX_RUNS;
    sky_status status = SKY_OK;

    if (group >= 0)
        H5Gclose(group);
    if (!ok && f->complete)
        return refuse(f->path, "no runs", error);
    if (!ok) /* cut off while the list of runs was written */
        info.nlinks = 0;
    f->runs = calloc((size_t)info.nlinks + 1, sizeof *f->runs);
    if (f->runs == NULL) {
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", f->path);
        return SKY_ERROR_MEMORY;
    }
    for (size_t i = 0; i < info.nlinks && status == SKY_OK; i++) {
        status = read_run(f, i, error);
        if (status != SKY_OK && !f->complete) /* the run that was being written when it was cut off */
            return SKY_OK;
        f->run_count += status == SKY_OK;
    }
    return status;
}

/* ---- the file ----------------------------------------------------------------------------------------------------- */

static sky_status check_schema(record_file *f, sky_error *error)
{
    char *schema = h5_read_text(f->file, "schema"), *version = h5_read_text(f->file, "schema_version");
    uint64_t complete = 0;
    sky_status status = SKY_OK;

    if (schema == NULL || version == NULL || strcmp(schema, RECORD_SCHEMA) != 0) {
        status = refuse(f->path, "another HDF5 file", error);
    } else if (strtol(version, NULL, 10) != RECORD_SCHEMA_MAJOR) {
        snprintf(error->message, sizeof error->message, "%.300s: found schema version %.20s, expected %d.x",
                 f->path, version, RECORD_SCHEMA_MAJOR);
        status = SKY_ERROR_INPUT;
    } else if (!h5_read_number(f->file, "complete", &complete)) {
        status = refuse(f->path, "no word whether it is complete", error);
    }
    f->complete = complete == 1;
    free(schema);
    free(version);
    return status;
}

sky_status record_open(const char *path, record_file **out, sky_error *error)
{
    record_file *f = calloc(1, sizeof *f);
    FILE *probe = fopen(path, "rb");
    sky_status status;
    hid_t access;

    if (f == NULL || (f->path = strdup(path)) == NULL || probe == NULL) {
        snprintf(error->message, sizeof error->message, "%.300s: can't be read: %s", path, strerror(errno));
        if (probe != NULL)
            fclose(probe);
        if (f != NULL)
            free(f->path);
        free(f);
        return SKY_ERROR_INPUT;
    }
    fclose(probe);
    record_hdf5_quiet();
    access = record_access(0);
    f->file = H5Fis_hdf5(path) > 0 ? H5Fopen(path, H5F_ACC_RDONLY, access) : -1;
    H5Pclose(access);
    if (f->file < 0) {
        status = refuse(path, "no HDF5 file, or a truncated one", error);
    } else {
        status = check_schema(f, error);
        if (status == SKY_OK && !read_about(f))
            status = refuse(path, "a damaged header", error);
        if (status == SKY_OK)
            status = read_runs(f, error);
    }
    if (status != SKY_OK) {
        record_close(f);
        return status;
    }
    *out = f;
    return SKY_OK;
}

void record_close(record_file *f)
{
    if (f == NULL)
        return;
    if (f->file >= 0)
        H5Fclose(f->file);
    for (size_t i = 0; i < f->owned_count; i++)
        free(f->owned[i]);
    free(f->owned);
    free(f->runs);
    free(f->path);
    free(f);
}

hid_t record_file_handle(const record_file *f)
{
    return f->file;
}

int record_is_complete(const record_file *f)
{
    return f->complete;
}

const record_about *record_about_of(const record_file *f)
{
    return &f->about;
}

size_t record_run_count(const record_file *f)
{
    return f->run_count;
}

const record_run_info *record_run_info_of(const record_file *f, size_t run)
{
    return &f->runs[run];
}

sky_status record_read(record_file *f, size_t run, record_stream stream, size_t start, size_t count,
                       void *rows, sky_error *error)
{
    hsize_t from = start, size = count;
    char name[64];
    hid_t set, type, memory, space;
    int ok;

    if (count == 0)
        return SKY_OK;
    snprintf(name, sizeof name, "runs/%06zu/%s", run, record_stream_name(stream));
    set = H5Dopen2(f->file, name, H5P_DEFAULT);
    type = record_stream_type(stream);
    memory = H5Screate_simple(1, &size, NULL);
    space = set >= 0 ? H5Dget_space(set) : -1;
    ok = set >= 0 && type >= 0 && memory >= 0 && space >= 0 &&
         H5Sselect_hyperslab(space, H5S_SELECT_SET, &from, NULL, &size, NULL) >= 0 &&
         H5Sselect_valid(space) > 0 && H5Dread(set, type, memory, space, H5P_DEFAULT, rows) >= 0;
    if (space >= 0)
        H5Sclose(space);
    if (memory >= 0)
        H5Sclose(memory);
    if (type >= 0)
        H5Tclose(type);
    if (set >= 0)
        H5Dclose(set);
    return ok ? SKY_OK : refuse(f->path, "rows that can't be read", error);
}

/* ---- verification --------------------------------------------------------------------------------------------------- */

/* The first rows of a stream, in blocks: into a digest, and into another run. */
static sky_status replay_stream(record_file *f, size_t run, record_stream stream, size_t rows,
                                record_digest *digest, record_run *to, sky_error *error)
{
    size_t size = record_row_bytes(stream), most = record_block_rows(stream);
    unsigned char *block = malloc(most * size);
    sky_status status = SKY_OK;

    if (block == NULL) {
        snprintf(error->message, sizeof error->message, "%.300s: out of memory", f->path);
        return SKY_ERROR_MEMORY;
    }
    for (size_t at = 0; at < rows && status == SKY_OK; at += most) {
        size_t count = rows - at < most ? rows - at : most;

        status = record_read(f, run, stream, at, count, block, error);
        if (status == SKY_OK)
            record_digest_add(digest, stream, block, count * size);
        if (status == SKY_OK && to != NULL)
            status = record_append(to, stream, block, count, error);
    }
    free(block);
    return status;
}

sky_status record_replay(record_file *f, size_t run, const uint64_t rows[RECORD_SUMMARY],
                         record_digest *digest, record_run *to, sky_error *error)
{
    sky_status status = SKY_OK;

    for (int s = 0; s < RECORD_SUMMARY && status == SKY_OK; s++)
        status = replay_stream(f, run, (record_stream)s, rows[s], digest, to, error);
    return status;
}

sky_status record_verify(record_file *f, sky_error *error)
{
    record_digest *digest = record_digest_new();
    sky_status status = digest != NULL ? SKY_OK : SKY_ERROR_MEMORY;

    for (size_t run = 0; run < f->run_count && status == SKY_OK; run++) {
        char text[RECORD_DIGEST_CHARS];

        if (!f->runs[run].complete)
            continue;
        record_digest_reset(digest);
        for (int s = 0; s < RECORD_STREAM_COUNT && status == SKY_OK; s++)
            status = replay_stream(f, run, (record_stream)s, f->runs[run].rows[s], digest, NULL, error);
        record_digest_text(digest, text);
        if (status == SKY_OK && strcmp(text, f->runs[run].digest) != 0) {
            snprintf(error->message, sizeof error->message, "%.200s: run %zu: found digest %s, expected %s",
                     f->path, run, text, f->runs[run].digest);
            status = SKY_ERROR_INPUT;
        }
    }
    record_digest_free(digest);
    return status;
}
