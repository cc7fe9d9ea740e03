/* What jobs of a class read of datasets: what it costs in a region, how long it takes, and what copies would change. All of
 * it is 0 for classes that read nothing. */
#ifndef SKYTWIN_READS_H
#define SKYTWIN_READS_H

#include "../model/model.h"

/* From the copies that there are, or as if the region had one of each. */
typedef enum reads_from { READS_AS_IT_IS, READS_WITH_COPIES } reads_from;

/* 1: the region has a copy of all that the class reads. */
int reads_are_here(const model *m, uint32_t job_class, uint32_t region);
/* Egress, retrieval and requests of a start and of so much work; INT64_MAX: something cannot be read there. */
int64_t reads_nusd(const model *m, uint32_t job_class, uint32_t region, int64_t work_ns, reads_from from);
/* Time that a start reads before work goes on; SKY_NEVER_NS. */
int64_t reads_start_ns(const model *m, uint32_t job_class, uint32_t region, reads_from from);
/* From the launch of a job in a pool until work goes on: while its machine boots its checkpoint moves and it reads, and then
 * it restarts. SKY_NEVER_NS. */
int64_t reads_job_start_ns(const model *m, const model_job *job, uint32_t pool, reads_from from);
/* What it costs to bring what is not there, nor on its way, and to hold it for a time; INT64_MAX: it can't be, or may
 * not. */
int64_t reads_bring_nusd(const model *m, uint32_t job_class, uint32_t region, int64_t hold_ns);
/* How long until all of it is there, if it is ordered now or was before. */
int64_t reads_bring_ns(const model *m, uint32_t job_class, uint32_t region);

#endif
