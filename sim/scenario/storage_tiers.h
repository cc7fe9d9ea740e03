/* Inside of the loader: tiers of storage, from a list of a file or of a scenario. */
#ifndef SKYTWIN_SCENARIO_STORAGE_TIERS_H
#define SKYTWIN_SCENARIO_STORAGE_TIERS_H

#include "config.h"
#include "storage_catalog.h"

/* Room for so many, in the loader's arena. */
sky_status storage_tiers_room(loader *l, size_t most, storage_catalog *c);
/* Each a tier of its own, with the source and the date of its figures. */
sky_status storage_tiers_load(loader *l, const config_setting_t *list, storage_catalog *c);
/* More of them; of a name that there is already, those figures that are given are others. */
sky_status storage_tiers_change(loader *l, const config_setting_t *list, storage_catalog *c);

#endif
