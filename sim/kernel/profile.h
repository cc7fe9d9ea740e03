/* Where the time of a run goes: wall time by part, each moment counted to one part alone, so that the parts add up
 * to the whole. A part entered inside another interrupts it. Costs a reading of the clock a change; nothing but a
 * test where the profile is NULL. It measures the program: no answer of a run may depend on it.
 *
 *     uint32_t outer = profile_enter(p, PART_DECIDE);
 *     …
 *     profile_leave(p, outer);
 */
#ifndef SKYTWIN_KERNEL_PROFILE_H
#define SKYTWIN_KERNEL_PROFILE_H

#include <skytwin/engine.h>

#include <stdio.h>
#include <time.h>

#define PROFILE_PARTS 32
#define PROFILE_OTHER 0 /* what no other part claims */

/* A stretch of time in one part, for the trace. */
typedef struct profile_span {
    int64_t begin_ns, end_ns;
    uint32_t part, track; /* track: of one thread, or run */
} profile_span;

typedef struct profile {
    uint64_t count[PROFILE_PARTS]; /* times entered */
    int64_t ns[PROFILE_PARTS];
    int64_t begin_ns, since_ns; /* of the clock: when it began; when the present part did */
    uint32_t current, track;
    int64_t span_least_ns; /* shorter stretches are counted, but leave no span */
    profile_span *spans;   /* the first ones, PROFILE_MAX_SPANS at most */
    size_t span_count, span_capacity;
} profile;

#define PROFILE_MAX_SPANS 1000000

/* Begins now, in PROFILE_OTHER. span_least_ns: SKY_NEVER_NS to keep no spans. */
void profile_begin(profile *p, uint32_t track, int64_t span_least_ns);
/* Counts the present part's time up to now. */
void profile_end(profile *p);
void profile_free(profile *p);
/* Adds another's counts and spans; without memory for the spans they are left out. */
void profile_add(profile *p, const profile *other);
void profile_change(profile *p, uint32_t part); /* inside of the two below */

static inline int64_t profile_clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SKY_NS_PER_SECOND + t.tv_nsec;
}

/* Returns the part that it interrupts. */
static inline uint32_t profile_enter(profile *p, uint32_t part)
{
    uint32_t outer;

    if (p == NULL)
        return PROFILE_OTHER;
    outer = p->current;
    profile_change(p, part);
    p->count[part]++;
    return outer;
}

static inline void profile_leave(profile *p, uint32_t outer)
{
    if (p != NULL)
        profile_change(p, outer);
}

/* Parts, by falling time, with their share of the whole, as a table. names: by part, NULL where there is none. */
void profile_print(const profile *p, const char *const *names, FILE *file);
/* The spans, in the Trace Event Format that chrome://tracing and Perfetto open, with the table as its metadata. */
sky_status profile_write_trace(const profile *p, const char *const *names, const char *path,
                               sky_error *error);

#endif
