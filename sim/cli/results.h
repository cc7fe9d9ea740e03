/* Results of runs on standard output: tables for people, JSON for programs. */
#ifndef SKYTWIN_RESULTS_H
#define SKYTWIN_RESULTS_H

#include "runner.h"

#include <jansson.h>

/* A run of a record as a result. Texts stay the record's. */
runner_result results_of_record(const record_file *file, size_t run);

/* {"scenario": …, "digest": …, "runs": […]}; NULL: no memory. */
json_t *results_json(const char *scenario, const char *digest, const runner_result *results, size_t count);
/* Prints and releases `object`; NULL is an error of its own. */
sky_status results_print_json(json_t *object, sky_error *error);

/* One row a strategy: means over its replications, with the half width of the mean's 95 % interval
 * (Student's t) where there are several. Runs stand strategy by strategy. */
sky_status results_print_comparison(const runner_result *results, size_t count, sky_error *error);
/* How many of the runs, from the first on, are replications of one strategy. */
size_t results_of_strategy(const runner_result *results, size_t count);
/* Two runs side by side, and what is otherwise in the second: all that JSON would have, where it differs. */
sky_status results_print_difference(const runner_result *a, const runner_result *b, sky_error *error);
/* One run, field by field. */
sky_status results_print_run(const runner_result *result, sky_error *error);

#endif
