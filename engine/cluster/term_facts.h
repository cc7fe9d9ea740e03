/* What the engine hears of classes' placement terms; called by model_observe alone, but for model_make_terms. */
#ifndef SKYTWIN_CLUSTER_TERM_FACTS_H
#define SKYTWIN_CLUSTER_TERM_FACTS_H

#include "../model/model.h"

/* Catalog: SKY_EVENT_GROUPS, _PREFER, _AFFINITY, _ANTI_AFFINITY, _SPREAD. */
sky_status term_observe(model *m, const sky_event *event, sky_error *error);
/* The term that an event tells of, but for _GROUPS. */
terms_term term_of_event(const sky_event *event);
/* Once the catalog is complete: makes m->terms, of all nodes and of the tasks on them, if there are any terms and it is
 * not there. `gate` gets the model as its context, and says whether a class may enter a node. SKY_ERROR_MEMORY. */
sky_status model_make_terms(model *m, int (*gate)(const void *context, uint32_t job_class, const node *n));

#endif
