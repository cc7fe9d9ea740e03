/* How many workers elastic jobs get, and where: more go where one more brings the most progress, as in Optimus (Peng et
 * al., EuroSys 2018, section 4.1).
 *
 * First each job, in order, gets its least number of workers on the type on which that is fastest and still free; one
 * that finds none waits. Then the extra workers that raise a job's speed most, by worker and against its speed at the
 * start, are given, as long as any does. Jobs stay on one type. On one type, where progress by workers is concave and
 * each job can have any number, no other choice has a larger sum of speeds. */
#ifndef SKYTWIN_ALLOCATION_ELASTIC_H
#define SKYTWIN_ALLOCATION_ELASTIC_H

#include <skytwin/engine.h>

typedef struct elastic_problem {
    uint32_t type_count, job_count, most; /* most: workers of any job */
    const int64_t *devices;               /* free ones of each type */
    const uint32_t *least;                /* workers of each job */
    const int64_t
        *usteps; /* [(job * type_count + type) * (most + 1) + workers]: millionths of a step per second, 0:
                            * that number will not do */
} elastic_problem;

typedef struct elastic_choice {
    uint32_t type, workers; /* SKY_NONE, 0: it waits */
} elastic_choice;

/* SKY_ERROR_MEMORY. */
sky_status elastic_allocate(const elastic_problem *p, elastic_choice *choice);

#endif
