/* Of runs with services: what their users met and what it cost, in tables and JSON. */
#ifndef SKYTWIN_SERVICE_RESULTS_H
#define SKYTWIN_SERVICE_RESULTS_H

#include "runner.h"
#include "table.h"

#include <jansson.h>

/* 1: the run has services. */
int service_results_has(const record_summary *s);
/* Adds to a run's object. Nonzero: no memory. */
int service_results_json(json_t *run, const record_summary *s);
/* Rows of a run's table. */
void service_results_put(table *t, const record_summary *s);
/* One row a strategy: means over its replications. Nothing where there are no services. */
sky_status service_results_print(const runner_result *results, size_t count, sky_error *error);
/* One run's populations and places. */
sky_status service_results_print_run(record_file *file, size_t run, sky_error *error);

#endif
