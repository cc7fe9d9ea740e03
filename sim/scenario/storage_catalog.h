/* Tiers of storage with their prices, from a list such as that of scenarios/catalog/storage.cfg, which says what its
 * keys are. Scenarios include it in their section `storage`. */
#ifndef SKYTWIN_SCENARIO_STORAGE_CATALOG_H
#define SKYTWIN_SCENARIO_STORAGE_CATALOG_H

#include "../world/storage/storage_tier.h"

typedef struct storage_catalog {
    storage_tier *tiers; /* in the order of the file */
    char **providers;    /* whose regions have it; "": all */
    size_t count;
    void *owned;
} storage_catalog;

/* SKY_ERROR_INPUT with "file:line: key: found …, expected …". */
sky_status storage_catalog_load(const char *path, storage_catalog *out, sky_error *error);
void storage_catalog_free(storage_catalog *c);
/* NULL: there is none of this name. */
const storage_tier *storage_catalog_find(const storage_catalog *c, const char *name);

#endif
