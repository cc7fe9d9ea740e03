/* Begins the record of a scenario's runs: its catalog and text become the record's. */
#ifndef SKYTWIN_RECORD_SCENARIO_H
#define SKYTWIN_RECORD_SCENARIO_H

#include "record.h"
#include "scenario.h"

/* Errors: as record_create; SKY_ERROR_MEMORY. */
sky_status record_of_scenario(const char *path, const char *command_line, const scenario *s, record **out,
                              sky_error *error);

#endif
