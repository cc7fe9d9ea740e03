/* Power, carbon and the price of energy. */
#ifndef SKYTWIN_MODEL_POWER_H
#define SKYTWIN_MODEL_POWER_H

#include "model.h"

/* SKY_EVENT_POWER, _CARBON_PRICE, _GRID. */
sky_status power_observe(model *m, const sky_event *event, sky_error *error);

#endif
