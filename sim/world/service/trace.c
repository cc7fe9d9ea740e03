#include "trace.h"

#include <stdlib.h>

#define TRACE_BITS 48

void trace_add(process_context *c, trace_log *log, uint64_t mark, record_span_row span)
{
    if (mark == 0 || (span.end_ns == span.start_ns && span.kind > RECORD_SPAN_ATTEMPT))
        return;
    if (log->count == log->room) {
        size_t room = log->room == 0 ? 256 : log->room * 2;
        record_span_row *rows = realloc(log->rows, room * sizeof *rows);

        if (rows == NULL) {
            process_fail(c, SKY_ERROR_MEMORY, "out of memory for spans");
            return;
        }
        log->rows = rows;
        log->room = room;
    }
    span.trace = (int64_t)(mark & ((UINT64_C(1) << TRACE_BITS) - 1));
    span.attempt = (uint32_t)(mark >> TRACE_BITS);
    log->rows[log->count++] = span;
}
