/* Logical processes, as the author of a model sees them: each has a state of its own, which nobody else
 * touches, and handlers of the events that happen at it. They speak to each other by events alone, and no
 * event reaches another process sooner than the lookahead after it was sent. So the same model gives the same
 * answer on any number of threads (windows.h); it never needs to know on which it runs.
 *
 *     static void arrive(process_context *c, void *state, const kernel_event *event) { … }
 *     static process_handler *const handlers[] = { [ARRIVE] = arrive, [LEAVE] = leave };
 *     const process_model station = { .name = "station", .state_bytes = sizeof(station_state),
 *                                     .begin = begin, .handlers = handlers, .kinds = 2 };
 *
 * Events at a process happen in the total order (time, process that caused them, its sequence). */
#ifndef SKYTWIN_KERNEL_PROCESS_H
#define SKYTWIN_KERNEL_PROCESS_H

#include <skytwin/engine.h>

#include "event.h"

/* What a handler is told beside its event; valid while it runs. */
typedef struct process_context {
    int64_t now_ns;
    int64_t lookahead_ns;
    uint32_t self;      /* the process */
    uint32_t processes; /* that there are, 0 … processes - 1 */
    const void *shared; /* of the model as a whole: read only */
} process_context;

typedef void process_handler(process_context *c, void *state, const kernel_event *event);

/* A kind of process. */
typedef struct process_model {
    const char *name;
    size_t state_bytes;                             /* zeroed before begin */
    void (*begin)(process_context *c, void *state); /* schedules the first events; NULL: has none */
    process_handler *const *handlers;               /* by event kind */
    uint32_t kinds;
    void (*end)(process_context *c, void *state); /* frees what the state holds; NULL: nothing */
} process_model;

/* An event at this process, delay_ns >= 0 from now. Failures (no memory, a kind without a handler, a message
 * ahead of the lookahead) end the run: handlers need not look for them. */
void process_schedule(process_context *c, int64_t delay_ns, uint32_t kind, uint32_t subject, uint32_t other,
                      int64_t a);
/* An event at another process, delay_ns >= lookahead_ns from now. (At this one: as process_schedule.) */
void process_send(process_context *c, uint32_t to, int64_t delay_ns, uint32_t kind, uint32_t subject,
                  uint32_t other, int64_t a);
/* Ends the run with this error, unless another came first in the order of events. */
void process_fail(process_context *c, sky_status status, const char *message);

#endif
