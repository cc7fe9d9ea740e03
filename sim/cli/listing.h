/* Things to list, as JSON objects: printed as they are, or as a table of some of their keys. */
#ifndef SKYTWIN_LISTING_H
#define SKYTWIN_LISTING_H

#include <jansson.h>
#include <skytwin/engine.h>

typedef enum listing_kind { LISTING_REGIONS, LISTING_MACHINES, LISTING_MARKETS, LISTING_LINKS } listing_kind;

/* What a catalog file holds, as it is written there. Appends to `rows`.
 * SKY_ERROR_INPUT: not a catalog, with file and line. */
sky_status listing_of_catalog(const char *path, listing_kind kind, json_t *rows, sky_error *error);
/* What a scenario holds once loaded. */
sky_status listing_of_scenario(const char *path, listing_kind kind, json_t *rows, sky_error *error);

/* Tiers of storage: of a catalog file, or of a scenario's regions. SKY_ERROR_INPUT. */
sky_status listing_of_tiers(const char *path, json_t *rows, sky_error *error);
sky_status listing_of_scenario_tiers(const char *path, json_t *rows, sky_error *error);

/* Appends `row` and releases it; NULL is want of memory. */
sky_status listing_add(json_t *rows, json_t *row, sky_error *error);

#endif
