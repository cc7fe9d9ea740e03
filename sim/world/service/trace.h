/* Spans that sampled requests leave: what each part of them took, and where. Which are sampled depends on their number
 * alone, and leaving spans changes nothing else.
 *
 * Parts of an attempt that was answered touch each other, from its begin to its end; attempts and the pauses between
 * them make up the request. After a time-out the serving side goes on, so that parts may lie beyond their attempt. */
#ifndef SKYTWIN_SERVICE_TRACE_H
#define SKYTWIN_SERVICE_TRACE_H

#include "../../../output/rows.h"
#include "../../kernel/process.h"

/* In 48 bits the trace, from 1, in 16 the attempt. 0: leaves no spans. */
static inline uint64_t trace_mark(uint64_t trace, uint32_t attempt)
{
    return trace == 0 ? 0 : trace | (uint64_t)attempt << 48;
}

typedef struct trace_log {
    record_span_row *rows;
    size_t count, room;
} trace_log;

/* kind, place … of `span`, whose trace and attempt are those of the mark; nothing for mark 0. Parts that take no time are
 * left out. */
void trace_add(process_context *c, trace_log *log, uint64_t mark, record_span_row span);

#endif
