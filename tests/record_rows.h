/* Keeps all rows of a run in memory, stream by stream, for tests that look at what happened. Header only. */
#ifndef SKYTWIN_TESTS_RECORD_ROWS_H
#define SKYTWIN_TESTS_RECORD_ROWS_H

#include "rows.h"

#include <stdlib.h>
#include <string.h>

typedef struct record_rows {
    void *of[RECORD_STREAM_COUNT];
    size_t count[RECORD_STREAM_COUNT];
} record_rows;

static inline size_t record_rows_size(record_stream stream)
{
    static const size_t size[RECORD_STREAM_COUNT] = {
        [RECORD_EVENTS] = sizeof(sky_event),
        [RECORD_ACTIONS] = sizeof(sky_action),
        [RECORD_SERIES] = sizeof(record_series_row),
        [RECORD_PRICES] = sizeof(record_price_row),
        [RECORD_PLACEMENTS] = sizeof(record_placement_row),
        [RECORD_JOBS] = sizeof(record_job_row),
        [RECORD_COSTS] = sizeof(record_cost_row),
        [RECORD_TRANSFERS] = sizeof(record_transfer_row),
        [RECORD_LINKS] = sizeof(record_link_row),
        [RECORD_REQUESTS] = sizeof(record_request_row),
        [RECORD_SERVICES] = sizeof(record_request_row),
        [RECORD_SPANS] = sizeof(record_span_row),
        [RECORD_EDGES] = sizeof(record_edge_row),
        [RECORD_STORAGE] = sizeof(record_storage_row),
        [RECORD_PIPELINES] = sizeof(record_pipeline_row),
        [RECORD_PIPELINE_TOTALS] = sizeof(record_pipeline_row),
        [RECORD_SUMMARY] = sizeof(record_summary),
    };

    return size[stream];
}

/* As twin_output.rows; the context is a record_rows. */
static inline sky_status record_rows_keep(void *context, record_stream stream, const void *rows, size_t count,
                                          sky_error *error)
{
    record_rows *kept = context;
    size_t size = record_rows_size(stream);
    char *grown = realloc(kept->of[stream], (kept->count[stream] + count) * size);

    (void)error;
    if (grown == NULL)
        return SKY_ERROR_MEMORY;
    memcpy(grown + kept->count[stream] * size, rows, count * size);
    kept->of[stream] = grown;
    kept->count[stream] += count;
    return SKY_OK;
}

static inline void record_rows_free(record_rows *rows)
{
    for (int i = 0; i < RECORD_STREAM_COUNT; i++)
        free(rows->of[i]);
    memset(rows, 0, sizeof *rows);
}

#endif
