/* The gatekeeper: the one place that every placement, of work and of data, passes before it becomes an order. */
#ifndef SKYTWIN_GATE_H
#define SKYTWIN_GATE_H

#include "../model/model.h"

/* 0: jobs of the class may enter the pool; else the rule that forbids it (UINT32_MAX: not eligible at all). */
uint32_t gate_check_class(const model *m, uint32_t job_class, uint32_t pool);
/* 0: the job may enter the pool; else the rule that forbids it (UINT32_MAX: it is not eligible at all). */
uint32_t gate_check(const model *m, const model_job *job, uint32_t pool);
/* 0: a copy of the dataset may be in the region; else the rule that forbids it. */
uint32_t gate_check_data(const model *m, uint32_t dataset, uint32_t region);
/* 0: the place of a service may have replicas; else the rule that forbids it. */
uint32_t gate_check_place(const model *m, uint32_t place);
/* 0: at least one pool is open to the job; else the rule that forbids the last one. */
uint32_t gate_check_any(const model *m, const model_job *job);

#endif
