/* Spans of a run's sampled requests, in order: each request, the pauses between its attempts, then each attempt and its
 * parts by time. Requests that were under way at the run's end are left out. */
#ifndef SKYTWIN_SPANS_H
#define SKYTWIN_SPANS_H

#include "../../output/record.h"

typedef struct spans {
    record_span_row *rows;
    size_t count;
} spans;

/* SKY_ERROR_MEMORY, or what reading the record fails with. spans_free() in any case. */
sky_status spans_read(record_file *file, size_t run, spans *out, sky_error *error);
void spans_free(spans *s);
/* Where the request that begins at a row ends. */
size_t spans_end(const spans *s, size_t first);

const char *spans_kind_name(uint32_t kind);
/* Of a request or attempt: "served", "timed out", … */
const char *spans_outcome_name(uint32_t outcome);
/* Whose part a row is: a population, a place or a gateway. */
const char *spans_by_name(const record_names *names, uint32_t kind, uint32_t index);

#endif
