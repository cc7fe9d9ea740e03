/* Runs logical processes (process.h) on threads, in windows of time no longer than the lookahead: what is sent
 * in a window happens after it, so its events need no order between processes, and messages are exchanged at
 * the barrier that ends it [Chandy, Misra, CACM 24 (1981) 198; Nicol, JACM 40 (1993) 304]. No lock is taken; an
 * event that stays on its thread touches memory of that thread alone.
 *
 * The answer is the same, to the bit, for any number of threads, for any `adaptive`, and whatever the machine does:
 * each process takes its events in the order (time, sender, sequence), which threads have no part in.
 *
 * Between windows, in the calling thread, a control process may act: at its time, after all events up to and
 * at that time, it sees every state and can send to every process (this is where the engine decides). */
#ifndef SKYTWIN_KERNEL_WINDOWS_H
#define SKYTWIN_KERNEL_WINDOWS_H

#include "process.h"
#include "profile.h"
#include "queue.h"
#include "ranks.h"
#include "state.h"

typedef struct windows windows;

typedef struct windows_config {
    uint32_t processes;                /* 1 … KERNEL_MAX_PROCESSES - 1 */
    const process_model *const *model; /* by process; read by windows_create alone */
    const void *shared;                /* given to the handlers */
    int64_t lookahead_ns;              /* at least 1 */
    int threads;   /* 0: one a core. Processes are dealt to them in equal runs of numbers */
    int adaptive;  /* run on one thread where that is measured to be faster */
    void *context; /* of the two below */
    /* The control process. Returns when it acts next, later than now_ns; SKY_NEVER_NS: no more. NULL: there is none. */
    int64_t (*control)(void *context, windows *w, int64_t now_ns);
    int64_t control_first_ns;
    int (*stop)(void *context); /* asked at barriers, some hundred times a second at least; NULL: goes on. */
    profile *profile;           /* by event kind; NULL: none is kept */
    /* Other ranks have some of the processes: NULL: all are here. With others, `threads` is 1, and all of them make the
     * same calls of this header with the same values: each acts on what it has, and its control process too. */
    const ranks *ranks;
} windows_config;

typedef struct windows_statistics {
    uint64_t events;
    uint64_t messages; /* of these, those that came from another process */
    uint64_t windows;
    uint64_t windows_on_threads;
} windows_statistics;

/* Calls each process's begin, at time 0, on the thread that will run it (first touch).
 * SKY_ERROR_INPUT: an impossible configuration. SKY_ERROR_MEMORY. Or what a process failed with. */
sky_status windows_create(const windows_config *config, windows **w, sky_error *error);
/* Calls each process's end. NULL is allowed. */
void windows_destroy(windows *w);

/* Goes on through all events up to and at end_ns. May be called again with a later one. Where one of several ranks fails
 * or is stopped, all do.
 * SKY_ERROR_STOPPED: stop said so; at a barrier, so that the run may go on. Else what failed first, in the order of
 * events (SKY_ERROR_MEMORY, SKY_ERROR_STATE: against the rules of process.h, or a process's own); it is over then. */
sky_status windows_run(windows *w, int64_t end_ns, sky_error *error);

/* An event at a process from outside (before the run, or from the control process), at a time not before that
 * of the present control point. SKY_ERROR_INPUT, SKY_ERROR_MEMORY. */
sky_status windows_send(windows *w, uint32_t to, int64_t time_ns, uint32_t kind, uint32_t subject,
                        uint32_t other, int64_t a);
/* When links change; at least 1. Between windows only. */
void windows_set_lookahead(windows *w, int64_t lookahead_ns);
/* What a process has; between windows only. Of one that another rank has: a copy, as it began, which is its reader's to keep true
 * (ranks.h, gather). */
void *windows_process(const windows *w, uint32_t process);
/* On this rank. */
windows_statistics windows_count(const windows *w);

/* Saves or restores, between two runs: the time, the control process's next one, the lookahead, what is pending, and the
 * sequences; of the statistics events and messages. What processes have is the caller's to save, and to restore before
 * this, so that `can_be` (queue.h) can look at it. The one that is restored was made for the same processes, with any
 * number of threads: the bytes are the same on all of them. Not where processes are at several ranks. */
void windows_state(windows *w, state *s, kernel_event_check *can_be, const void *context);

#endif
