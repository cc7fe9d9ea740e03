/* Promises of room to tasks that wait, on nodes that tasks share; and who may start now without breaking one.
 *
 * Every task that runs, and every task that was promised a place, is booked: so much of a node, on certain of its
 * devices, for a span of time. A running task's span ends when its estimate says; once that is over, a second from
 * now at any time, as it has not ended yet. The room on a node during a span is what is left now, plus what ends by
 * then, less what is promised meanwhile, at its least: see reservations_room.
 *
 * EASY backfilling [Lifka 1995]: in each round
 *
 *     reservations_begin_round(r, now_ns); if room was freed: reservations_drop the promise, queue_freed;
 *     for each entry of queue_next
 *         a node, or several, where reservations_room has room for its estimate: start it, book it;
 *         none, and nobody has a promise: reservations_promise, queue_refused(.., 0);
 *         none, but there would be room without the promise: queue_refused(.., its estimate);
 *         none at all: queue_refused(.., 0).
 *
 * A dropped promise is never followed by a later one, if no task runs longer than estimated: the old place is still
 * there, as all who passed left it, and the new one is the earliest there is.
 *
 * Conservative backfilling [Mu'alem and Feitelson 2001]: every entry without room leaves the queue for a promise.
 *
 *     reservations_begin_round; if room was freed: reservations_advance;
 *     while reservations_first is due: if it fits, start it at its place; else promise it anew;
 *     for each entry of queue_next: start it, or reservations_promise and queue_remove.
 *
 * With a bound on the promises held, entries beyond it are refused as in EASY.
 *
 * Costs, per promise: one look at each node whose first end comes before the best place found so far, and there a
 * walk over the tasks on it; for a gang, a walk over the ends on all nodes up to its start. Per node with p promises
 * and q tasks, a look at its room during a span costs O(p (p + q)). Memory: 40 bytes a part that runs or was
 * promised, 40 a node, 8 a job index. No allocation order or address decides anything. */
#ifndef SKYTWIN_QUEUE_RESERVATIONS_H
#define SKYTWIN_QUEUE_RESERVATIONS_H

#include "../cluster/node.h"
#include "queue.h"

#define RESERVATIONS_OVERRUN_NS SKY_NS_PER_SECOND
#define RESERVATIONS_RUNS       INT64_MIN /* from_ns of what runs */

/* A part of a job, booked on a node: one of a gang's tasks, or the only one. */
typedef struct reservation {
    int64_t from_ns, until_ns;
    uint32_t job, job_class;
    uint32_t node;
    uint32_t devices; /* what it holds of them: see node.h */
} reservation;

typedef struct reservations reservations;

reservations *reservations_create(void); /* NULL: no memory */
void reservations_free(reservations *r);
/* What a task of a class asks for; before its tasks are booked. SKY_ERROR_MEMORY. */
sky_status reservations_class(reservations *r, uint32_t job_class, const node_request *request);
/* Which nodes a class may enter, beside those that don't suit it: 1 if it may. Untold: all. Before promises. */
typedef int reservations_gate(const void *context, uint32_t job_class, const node *n);
void reservations_set_gate(reservations *r, reservations_gate *gate, const void *context);
/* Time must not go back. */
void reservations_begin_round(reservations *r, int64_t now_ns);

/* Books a part: one that has started (from_ns = RESERVATIONS_RUNS, until_ns = when its estimate is over), or, to
 * restore a snapshot, a promised one. SKY_ERROR_MEMORY: as before. */
sky_status reservations_book(reservations *r, const reservation *part);
/* Unbooks all of a job: it has ended, was stopped, or its promise is dropped. */
void reservations_drop(reservations *r, uint32_t job);
/* The job's index-th part; NULL: it has no more. */
const reservation *reservations_part(const reservations *r, uint32_t job, uint32_t index);

/* The node as it is at its tightest from now on for so long: `n` itself where it has no promises, else *scratch. A
 * task may start now iff node_has_room there, on devices that have room there. `n` is the node of that index. */
node_view reservations_room(const reservations *r, node_view n, uint32_t index, int64_t for_ns,
                            node_room *scratch);

/* Promises a task, or all of a gang, the earliest places at which it has room for its whole estimate; *start_ns is
 * when, SKY_NEVER_NS and no promise if there never is. `nodes`: the first of them. A single task goes to the node of least index at that time; a
 * gang's parts go where room came last (of equals, the greatest index): what is free already is left to those who
 * pass. `tried` = 1: it has just found no room on nodes without promises, so those are not looked at again.
 * SKY_ERROR_MEMORY: no promise. */
sky_status reservations_promise(reservations *r, node_view nodes, uint32_t node_count,
                                const queue_entry *entry, int tried, int64_t *start_ns);
/* Room has come earlier than expected, or a node has gone: promises each task anew, in the order of their starts. None
 * moves back, if no task runs longer than estimated and no node went. `jobs` has room for reservations_count jobs; the
 * first *lost_count are then those that fit nowhere any more and have no promise. SKY_ERROR_MEMORY: `jobs` holds one
 * more that lost its promise. */
sky_status reservations_advance(reservations *r, node_view nodes, uint32_t node_count, uint32_t *jobs,
                                uint32_t *lost_count);
/* The promise that starts first, of equals the least job: SKY_NONE if there is none. A round must be held then: nothing
 * else need happen at that time. */
uint32_t reservations_first(const reservations *r, int64_t *start_ns);
uint32_t reservations_count(const reservations *r);
/* The jobs that were promised places, in no particular order: index below reservations_count. */
uint32_t reservations_promised(const reservations *r, uint32_t index);
/* 1: a place on the node was promised. */
int reservations_holds(const reservations *r, uint32_t node);

#endif
