/* Keeps all rows of a run in memory, stream by stream, for tests that look at what happened. Header only. */
#ifndef SKYTWIN_TESTS_RECORD_ROWS_H
#define SKYTWIN_TESTS_RECORD_ROWS_H

#include "record.h"

#include <stdlib.h>
#include <string.h>

typedef struct record_rows {
    void *of[RECORD_STREAM_COUNT];
    size_t count[RECORD_STREAM_COUNT];
} record_rows;

/* As twin_output.rows; the context is a record_rows. */
static inline sky_status record_rows_keep(void *context, record_stream stream, const void *rows, size_t count,
                                          sky_error *error)
{
    record_rows *kept = context;
    size_t size = record_row_bytes(stream);
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
