/* Runs of a sweep, or a share of them, on a team of threads. Points are dealt out, longest first; the scenario of a
 * point is loaded when its first run is taken and freed when its last one is over, so that no more points than threads
 * are in memory. What is finished goes into the journal, and is not run again. */
#ifndef SKYTWIN_SWEEP_WORK_H
#define SKYTWIN_SWEEP_WORK_H

#include "sweep/sweep.h"
#include "sweep_record.h"

/* A unit of what is dealt out: all runs of a point, or, where there are few points for those that share them, one
 * run. Units are numbered in the order of sweep_order, longest first. */
typedef struct sweep_units {
    const uint32_t *order;
    size_t count;
    size_t runs_each, units_a_point;
} sweep_units;

/* `sharers`: among how many processes they are dealt. */
sweep_units sweep_units_of(const sweep *s, const uint32_t *order, size_t sharers);
/* The first of a unit's runs; it has runs_each of them. */
uint64_t sweep_unit_run(const sweep_units *units, size_t unit);

/* Deals out units; one thread asks at a time. */
typedef struct sweep_dealer {
    void *context;
    sky_status (*next)(void *context, size_t *unit, int *taken, sky_error *error);
} sweep_dealer;

/* Shard `index` of `count`, from 0: to and fro, so that each gets as much of the long ones. */
typedef struct sweep_shard {
    size_t index, count, unit_count;
    size_t next;
} sweep_shard;
sky_status sweep_shard_next(void *shard, size_t *unit, int *taken, sky_error *error);

/* Where the record of a run goes. */
#define SWEEP_WORK_PATH 4096
void sweep_run_path(const char *folder, uint64_t run, char path[SWEEP_WORK_PATH]);

typedef struct sweep_work_plan {
    const sweep *sweep;
    const sweep_units *units;
    sweep_dealer dealer;
    const unsigned char *done; /* a bit a run: not to be run again */
    size_t run_count;          /* to come, for the bar: an estimate will do */
    sweep_journal *journal;
    const char *runs_folder; /* where records of each run go; NULL: none are kept */
    int threads, show_progress;
} sweep_work_plan;

/* SKY_ERROR_STOPPED: interrupted; the journal has what was finished. */
sky_status sweep_work_off(const sweep_work_plan *plan, sky_error *error);

#endif
