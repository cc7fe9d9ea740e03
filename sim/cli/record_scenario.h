/* Begins the record of a scenario's runs: its catalog and text become the record's. */
#ifndef SKYTWIN_RECORD_SCENARIO_H
#define SKYTWIN_RECORD_SCENARIO_H

#include "record.h"
#include "scenario.h"

/* plan: what is to be run. branch: of what other record it is one; NULL: of none. Errors: as record_create;
 * SKY_ERROR_MEMORY. */
sky_status record_of_scenario(const char *path, const char *command_line, const scenario *s,
                              const record_plan *plan, const record_branch *branch, record **out,
                              sky_error *error);
/* SKY_ERROR_INPUT: the scenarios have other things, or things of other names; the message says which. */
sky_status record_scenarios_alike(const scenario *a, const scenario *b, sky_error *error);

#endif
