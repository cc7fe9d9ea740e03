/* What services and pipelines have in common: how long something takes, and how much of it comes. */
#ifndef SKYTWIN_SCENARIO_DEMAND_H
#define SKYTWIN_SCENARIO_DEMAND_H

#include "config.h"

#include "../world/service/demand.h"
#include "../world/service/duration.h"

#define DEMAND_KEYS " rate swing peak weekend crowds "

/* A group of `distribution`, `mean` and `shape`; absent where it may be: *out is left alone. */
sky_status load_duration(loader *l, const config_setting_t *group, const char *key, int required,
                         duration *out);
/* The keys above, of `group`. */
sky_status load_demand(loader *l, const config_setting_t *group, demand *d);

#endif
