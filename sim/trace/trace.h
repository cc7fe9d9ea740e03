/* Traces: what was recorded somewhere, in one internal form for all importers.
 *
 * A market is the spot market of one zone for one machine type, sampled every tick or at changes.
 * A workload is a list of jobs. Both are plain arrays, read-only once loaded, and shared by all runs. */
#ifndef SKYTWIN_TRACE_H
#define SKYTWIN_TRACE_H

#include <skytwin/engine.h>

/* State of a spot market from `at_ns` until the next change (or the trace's end). Changes are in strictly
 * rising order of at_ns; the first is at 0. */
typedef struct trace_change {
    int64_t at_ns;
    int64_t spot_nusd_per_hour;
    int32_t available; /* 1: spot capacity can be had */
    int32_t reserved;  /* 0 */
} trace_change;

typedef struct trace_market {
    char *zone;      /* "us-central1-a" */
    char *region;    /* "us-central1": the zone's name less its last letter and a hyphen before it */
    char *machine;   /* machine type, or "" */
    int64_t tick_ns; /* sampling interval; 0 if the trace only lists changes */
    int64_t span_ns; /* the trace knows nothing from here on */
    int64_t on_demand_nusd_per_hour; /* 0: the trace does not say */
    trace_change *changes;
    size_t change_count;
} trace_market;

typedef struct trace_job {
    int64_t submit_ns;
    int64_t work_ns; /* at the reference speed */
    int64_t cpus_mcpu;
    int64_t reserved; /* number of its row: ties are in file order */
} trace_job;

typedef struct trace_set {
    trace_market *markets;
    size_t market_count;
    trace_job *jobs; /* rising submit_ns; ties in file order */
    size_t job_count;
} trace_set;

typedef struct trace_format {
    const char *name; /* "spot-json", "price-csv", "job-csv", "skytwin" (the internal HDF5 form) */
    const char *about;
    /* Reads one file (or, for spot-json, also a zone's folder holding full.json) and appends to `set`.
     * SKY_ERROR_INPUT names file, line (where there is one), key, found and expected. */
    sky_status (*read)(const char *path, trace_set *set, sky_error *error);
} trace_format;

/* All formats; *count is how many. */
const trace_format *const *trace_formats(size_t *count);
const trace_format *trace_format_find(const char *name); /* NULL: none of that name */

void trace_set_free(trace_set *set);

/* The internal HDF5 form ("skytwin" format): written whole or not at all (temporary name, then rename). */
sky_status trace_write(const char *path, const trace_set *set, sky_error *error);

/* "us-central1-a" -> "us-central1"; "us-west-2a" -> "us-west-2". out has room for size bytes. */
void trace_region_of_zone(const char *zone, char *out, size_t size);

/* Egress table "from_region,to_region,price_usd_per_gb": looks one pair up after loading. */
typedef struct trace_egress {
    struct trace_egress_row {
        char *from, *to;
        int64_t nusd_per_gb;
    } * rows; /* sorted by (from, to) */
    size_t row_count;
} trace_egress;
sky_status trace_egress_read(const char *path, trace_egress *table, sky_error *error);
int64_t trace_egress_price(const trace_egress *table, const char *from, const char *to); /* -1: not in it */
void trace_egress_free(trace_egress *table);
#endif
