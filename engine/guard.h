/* The deadline guard: any deadline strategy can be run with it. When what is left of the work, with one
 * more restart, fills the time left, the job goes on demand and stays there. Where ways between regions are known, or it
 * reads datasets, what is left includes the move of its checkpoint and what a start reads, in the place that is soonest done.
 * Semantics: the safety net of the SkyNomad artifact (NSDI'27), time counted in control intervals. */
#ifndef SKYTWIN_GUARD_H
#define SKYTWIN_GUARD_H

#include "strategy/strategy.h"

/* 1: the guard has taken over, and p holds its plan (empty: stay); 0: the strategy is free. */
int guard_takes_over(const model *m, model_job *job, plan *p);
/* 1: if the job goes there, it can still come from there to a sure machine in time. Always 1 where ways between regions
 * are not known, and within the region of its checkpoint. */
int guard_allows(const model *m, const model_job *job, uint32_t pool, sky_purchase purchase);
/* 1: even the fastest on-demand pool, now and without a restart, would be late. */
int guard_is_lost(const model *m, const model_job *job);

#endif
