/* Which regions keep a copy of a dataset, and in which tier: decided by the engine, at each control point, from what was
 * read since the last.
 *
 * Copies. Without one, what a region reads costs egress and retrieval at the copy that serves it; with one, what holding
 * it costs, and what is written at home and sent to it. To bring it costs egress and requests for all of it; to give it
 * up, what its tier's minimum retention still asks for. The rule of work_function.h, over these two: a copy comes when
 * what was read from afar, less what holding would have cost, would have paid for bringing it, and goes when what holding
 * cost beyond what it saved would; so one that goes to and fro pays 3 times the optimum at most, and steps of a control
 * interval. So the home moves to another copy, where its own no longer pays. Each region weighs against the copies that there are; two that would share a third are not seen together.
 *
 * Tiers. The same over the tiers of the region, for each copy: what holding and reading it would have cost in each.
 *
 * All money: how long reads take does not count, but that tiers whose first byte takes minutes are left to those who ask
 * for them. Copies that the scenario has are
 * given up only under SKY_REPLICATE_BREAK_EVEN, those that the engine ordered in any case. A copy where a rule forbids it
 * goes at once; none is ordered there (govern/gate.h). */
#ifndef SKYTWIN_COPIES_H
#define SKYTWIN_COPIES_H

#include "../engine.h"

/* What reading costs in a region, of the copy of another or of its own. SKY_NEVER_NS: there is no way. */
int64_t copies_read_nusd(const model *m, uint32_t dataset, uint32_t from, uint32_t region, int64_t requests,
                         int64_t bytes);
/* The same of a copy in the region itself, if there were one; INT64_MAX: there can be none. */
int64_t copies_read_here_nusd(const model *m, uint32_t dataset, uint32_t region, int64_t requests,
                              int64_t bytes);
/* The tier of the copy in a region, or the one that a new copy would be kept in; NULL: the region has no storage. */
const model_tier *copies_tier(const model *m, uint32_t dataset, uint32_t region);
/* What a copy costs to bring to a region, all of it; INT64_MAX: it cannot be had there. */
int64_t copies_bring_nusd(const model *m, uint32_t dataset, uint32_t region);
/* How long it would take; SKY_NEVER_NS. */
int64_t copies_bring_ns(const model *m, uint32_t dataset, uint32_t region);
/* What a copy in the region would cost over a time, held where new copies are kept. */
int64_t copies_hold_nusd(const model *m, uint32_t dataset, uint32_t region, int64_t time_ns);

/* Orders a copy where none is, nor was ordered; nothing where the gatekeeper forbids it. SKY_ERROR_MEMORY. */
sky_status copies_bring(sky_engine *engine, uint32_t dataset, uint32_t region, sky_reason why);
/* At a control point: what was read since the last is weighed, and orders are given. SKY_ERROR_MEMORY. */
sky_status copies_weigh(sky_engine *engine);

#endif
