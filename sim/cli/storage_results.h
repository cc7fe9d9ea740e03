/* Of runs with datasets: what was read, how, and what keeping it cost, in tables and JSON. */
#ifndef SKYTWIN_STORAGE_RESULTS_H
#define SKYTWIN_STORAGE_RESULTS_H

#include "runner.h"
#include "table.h"

#include <jansson.h>

/* 1: the run has datasets. */
int storage_results_has(const record_summary *s);
/* Adds to a run's object. Nonzero: no memory. */
int storage_results_json(json_t *run, const record_summary *s);
/* Rows of a run's table. */
void storage_results_put(table *t, const record_summary *s);
/* One row a strategy: means over its replications. Nothing where there are no datasets. */
sky_status storage_results_print(const runner_result *results, size_t count, sky_error *error);
/* One run's datasets, by region. */
sky_status storage_results_print_run(record_file *file, size_t run, sky_error *error);

#endif
