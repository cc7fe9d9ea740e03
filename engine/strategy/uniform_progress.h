/* Uniform Progress: keep up with the straight line from (0, 0) to (deadline, work).
 * Wu et al., "Can't Be Late: Optimizing Spot Instance Savings under Deadlines", NSDI 2024, section 4.2, as
 * run in the SkyNomad artifact (NSDI'27). c0 = work, r0 = time to the deadline, p = progress, t = elapsed,
 * d = restart overhead. Which side of the line a job is on is decided in IEEE doubles and seconds, term by
 * term as the artifact does: on exact ties its rounding decides, and the published runs with it. Shared by
 * its multi-region variants. */
#ifndef SKYTWIN_UNIFORM_PROGRESS_H
#define SKYTWIN_UNIFORM_PROGRESS_H

#include "strategy.h"

typedef enum progress_state { PROGRESS_IDLE, PROGRESS_SPOT, PROGRESS_ON_DEMAND } progress_state;

/* What the job runs on now. */
progress_state progress_now(const model_job *job);

/* What it should run on, if it runs on `now` and spot can (or can't) be had. */
progress_state progress_want(const model *m, const model_job *job, progress_state now, int has_spot);

/* The multi-region variants differ in two points: the 2 d test demands more than the time left, not as
 * much; and a job on demand with a lead of 2 d leaves it even if the deadline presses. *gives_up_on_demand
 * (may be NULL) says that this last rule has spoken: then there's no way back if no spot is found. */
progress_state progress_want_any_region(const model *m, const model_job *job, progress_state now,
                                        int has_spot, int *gives_up_on_demand);

/* What a variant does with what it wants, its spot candidates apart. */
typedef struct progress_step {
    int hold;           /* 1: leave the job as it is */
    int seek_spot;      /* 1: spot candidates first */
    int then_on_demand; /* 1: an on-demand candidate last */
} progress_step;

/* Fills p's leave_first. back_on_demand: a job that gives up on demand may go back to it in the same tick. */
progress_step progress_plan_any_region(const model *m, const model_job *job, int back_on_demand, plan *p);

/* Where a variant goes on demand: where it runs, else where it ran last, else its home. */
uint32_t progress_on_demand_pool(const model *m, const model_job *job);

#endif
