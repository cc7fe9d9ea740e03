/* What SkyNomad remembers of spot in each pool: runs seen, how their lifetimes are distributed, how bursty
 * preemptions are of late. Times in seconds and hours as doubles, as in the published program. */
#ifndef SKYTWIN_SKYNOMAD_H
#define SKYTWIN_SKYNOMAD_H

#include "strategy.h"

#define SKYNOMAD_RUNS          128 /* kept a pool, the latest */
#define SKYNOMAD_RISKS         512 /* moments of risk kept a pool, the latest */
#define SKYNOMAD_LONGEST_RUN_H 2.0 /* no run is expected to last longer */

typedef enum skynomad_source { SKYNOMAD_NO_RUN, SKYNOMAD_OURS, SKYNOMAD_PROBE } skynomad_source;

typedef struct skynomad_risk {
    double risk;
    double failures;
} skynomad_risk;

/* A pool. Filled with zeros at the start: no run, no failure, ages untold (kept + 1). */
typedef struct skynomad_zone {
    double run_start_s[SKYNOMAD_RUNS], run_end_s[SKYNOMAD_RUNS];
    double knot_h[SKYNOMAD_RUNS], step[SKYNOMAD_RUNS]; /* cumulative hazard, by rising lifetime */
    double survives[SKYNOMAD_RUNS]; /* share of runs that outlive each knot; of steps times survives_burst */
    skynomad_risk risks[SKYNOMAD_RISKS];
    double open_since_s;   /* of the run that goes on */
    double last_age_h;     /* at the last look, of a run of source last_age_of */
    double expected_h;     /* hours that a run here may be expected to last, from the last look on */
    double risk_sum;       /* of the moments kept, added up from the oldest on */
    double tail, burst;    /* hazard behind the last knot; factor on all of it, 0 stands for 1 */
    double survives_burst; /* the factor that survives and ends were worked out for; 0: for none */
    double ends;           /* chance that a run which has outlived all knots ends within a tick */
    double life_h, spot_usd,
        on_demand_usd; /* for the job looked at now; prices an hour, below 0: none to be had */
    uint32_t runs, knots, risk_count;
    uint32_t open;         /* skynomad_source */
    uint32_t last_age_of;  /* skynomad_source */
    uint32_t failures_now; /* since the last look */
    uint32_t failed_now;   /* 1: a launch has just failed */
    uint32_t close_next;   /* 1: we have left its run for on demand: it ends at the next look */
    uint32_t spared;       /* 1: the run's end will not count as a failure */
    uint32_t new_runs;     /* 1: a run has ended since the law of lifetimes was last estimated */
    uint32_t told; /* of the future: 1 + place in MODEL_FORESIGHT of the entry that holds now; 0: untold */
    uint32_t reserved_too;
    int64_t true_end_ns; /* of the future: spot there lasts until then */
    int64_t next_probe_tick;
    uint32_t run_failed[SKYNOMAD_RUNS];
} skynomad_zone;

void skynomad_start(skynomad_zone *z, double now_s, skynomad_source source);
void skynomad_end(skynomad_zone *z, double now_s, int failure);
/* Once a tick, before anything is decided. */
void skynomad_look(skynomad_zone *z, double now_s, double tick_h);
/* Share of the last `window_s` seconds in which a run was going on. */
double skynomad_availability(const skynomad_zone *z, double now_s, double window_s);

/* What to do with a job; knows_lifetimes: each zone's lifetime is taken from the future, and nothing is probed. */
size_t skynomad_memory_bytes(const model *m);
int skynomad_memory_can_be(const model *m, const void *memory);
void skynomad_learn(const model *m, void *memory, const sky_event *event);
void skynomad_place(const model *m, void *memory, uint32_t index, int knows_lifetimes, plan *p);

#endif
