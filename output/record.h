/* The record of a run or a comparison: one HDF5 file, see SCHEMA.md. Written in chunks while runs go on;
 * it bears the name FILE.incomplete until it is whole, and only then FILE. */
#ifndef SKYTWIN_RECORD_H
#define SKYTWIN_RECORD_H

#include "rows.h"

/* ---- digest: XXH3-128 over everything that the run decided and suffered --------------------------- */
#define RECORD_DIGEST_CHARS 33 /* 32 hex digits and the terminator */

typedef struct record_digest record_digest;
record_digest *record_digest_new(void); /* NULL: no memory */
/* Adds `size` bytes of the stream `stream` (one of the names in SCHEMA.md, by number). Streams are hashed
 * apart, so that the order between streams does not matter, only that within each. */
void record_digest_add(record_digest *digest, record_stream stream, const void *bytes, size_t size);
void record_digest_text(const record_digest *digest, char text[RECORD_DIGEST_CHARS]);
void record_digest_reset(record_digest *digest);
void record_digest_copy(record_digest *to, const record_digest *from);
void record_digest_free(record_digest *digest);

/* 1: of a later minor version than 3.0: older files lack it, and a digest leaves it out where it is empty. */
int record_stream_may_be_absent(record_stream stream);
/* Bytes of a row of a stream, and rows of a block, in which a stream is handed over and written. */
size_t record_row_bytes(record_stream stream);
size_t record_block_rows(record_stream stream);

/* ---- writing ------------------------------------------------------------------------------------------ */
typedef struct record record; /* a file with any number of runs */
typedef struct record_run record_run;

typedef struct record_names { /* of the catalog, so that a record can be read without its scenario */
    const char *const *providers;
    size_t provider_count;
    const char *const *regions;
    const uint32_t *region_provider;
    size_t region_count;
    const char *const *pools;
    const uint32_t *pool_region;
    size_t pool_count;
    const char *const *classes;
    size_t class_count;
    const char *const *workloads;
    size_t workload_count;
    const char *const *links; /* what capacities are of; none without a network */
    size_t link_count;
    const char *const *populations, *const *places; /* of services; none without them */
    size_t population_count, place_count;
    const char *const *gateways; /* of their mesh */
    size_t gateway_count;
    const char *const *datasets; /* none without storage */
    size_t dataset_count;
    const char *const *stages, *const *streams; /* of pipelines; none without them */
    size_t stage_count, stream_count;
} record_names;

/* The runs that are to come: each strategy, with each replication. */
typedef struct record_plan {
    const char *const *strategies; /* none: nobody else can go on with the record */
    size_t strategy_count;
    unsigned replication, replications; /* the first, and how many from there on */
    uint64_t seed;
    int64_t checkpoint_every_ns; /* 0: there are none */
} record_plan;

/* Of a record whose only run began as that of another record did. */
typedef struct record_branch {
    const char *of;                /* path of the other; NULL: it is no branch */
    unsigned run;                  /* which of its runs */
    const char *digest, *strategy; /* of that run; "": it had not ended */
    int64_t at_ns;                 /* from when on it may be another */
    const char *const *sets;       /* what was changed then, "PATH=VALUE"; the strategy is the run's */
    size_t set_count;
} record_branch;

typedef struct record_about {
    const char *command_line, *scenario_path, *scenario_name, *scenario_text, *build_id;
    /* Where each line of the text comes from, in pairs: its file, and its number there; 0: of --set. */
    const char *const *scenario_files;
    const uint32_t *scenario_places;
    size_t scenario_file_count, scenario_line_count;
    const char *scenario_inputs; /* digest of the traces that it reads; NULL or "": none */
    record_names names;
    record_plan plan;
    record_branch branch;
} record_about;

/* What a run is in the middle of. Its bytes are its own. */
typedef struct record_checkpoint {
    int64_t time_ns;
    size_t bytes, stored_bytes;    /* as they are, and as they lie in the file */
    uint64_t rows[RECORD_SUMMARY]; /* of each stream that the run had written then, in whole blocks */
    char hash[RECORD_DIGEST_CHARS];
    char build_id[128]; /* of the program that alone can read it */
} record_checkpoint;

#define RECORD_SUFFIX ".incomplete" /* behind the name of one that is not whole */

/* Creates `path`.incomplete. SKY_ERROR_INPUT: the path can't be written to; SKY_ERROR_IO: the disk fails. All HDF5 calls come from the calling thread (callers serialise). */
sky_status record_create(const char *path, const record_about *about, record **out, sky_error *error);
/* One run at a time. */
sky_status record_run_begin(record *file, const char *strategy, unsigned replication, uint64_t seed,
                            record_run **out, sky_error *error);
/* Appends a block of rows of any stream but RECORD_SUMMARY: as many as fit into RECORD_BLOCK_BYTES (record_block_rows),
 * which go to the file as they lie; the last one of a stream may have fewer. */
sky_status record_append(record_run *run, record_stream stream, const void *rows, size_t count,
                         sky_error *error);
/* To go on from, after all blocks that the run has handed over so far. With them it is in the file when this returns, even if
 * the process is killed right then. */
sky_status record_checkpoint_append(record_run *run, int64_t time_ns, const char *build_id, const void *bytes,
                                    size_t size, sky_error *error);
sky_status record_run_end(record_run *run, const record_summary *summary, const char *digest,
                          sky_error *error);
/* Opens `path`.incomplete again, with so many runs that are complete. The next run begins anew, or is resumed; before, nothing
 * in the file changes. SKY_ERROR_INPUT: it can't be, or is being written. */
sky_status record_reopen(const char *path, size_t runs, record **out, sky_error *error);
/* The run that was under way, cut back to its checkpoint of that index. */
sky_status record_run_resume(record *file, const record_checkpoint *checkpoint, size_t index,
                             record_run **out, sky_error *error);
/* Marks the file whole, flushes, syncs and renames it to its final name; frees `file`. */
sky_status record_finish(record *file, sky_error *error);
/* Marks it incomplete with a reason, keeps PATH.incomplete; frees `file`. */
void record_abandon(record *file, const char *reason);

/* ---- reading ------------------------------------------------------------------------------------------- */
typedef struct record_file record_file;
typedef struct record_run_info {
    char strategy[64];
    unsigned replication;
    uint64_t seed;
    char digest[RECORD_DIGEST_CHARS];
    int complete;
    size_t rows[RECORD_STREAM_COUNT]; /* of each stream */
    size_t checkpoints;
    record_summary summary;
} record_run_info;
/* Refuses what is not a record of this schema's major version. Incomplete files open, and say so. */
sky_status record_open(const char *path, record_file **out, sky_error *error);
void record_close(record_file *file);
int record_is_complete(const record_file *file);
const record_about *record_about_of(const record_file *file);
size_t record_run_count(const record_file *file);
const record_run_info *record_run_info_of(const record_file *file, size_t run);
/* Reads rows [start, start+count) of a stream into rows. */
sky_status record_read(record_file *file, size_t run, record_stream stream, size_t start, size_t count,
                       void *rows, sky_error *error);
/* Of one of a run's checkpoints. SKY_ERROR_INPUT: it, or a row before it, is not there as it was written. */
sky_status record_checkpoint_of(record_file *file, size_t run, size_t index, record_checkpoint *out,
                                sky_error *error);
/* Its bytes, which the caller frees. SKY_ERROR_INPUT: they are others. */
sky_status record_checkpoint_read(record_file *file, size_t run, size_t index, unsigned char **bytes,
                                  size_t *size, sky_error *error);
/* Adds the first rows of each stream to a digest, and, where there is a run to write, to that: so a run that goes on from a
 * checkpoint has what it had. */
sky_status record_replay(record_file *file, size_t run, const uint64_t rows[RECORD_SUMMARY],
                         record_digest *digest, record_run *to, sky_error *error);
/* Recomputes every run's digest from its rows. SKY_ERROR_INPUT: one differs (says which). */
sky_status record_verify(record_file *file, sky_error *error);
#endif
