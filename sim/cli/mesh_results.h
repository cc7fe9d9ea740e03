/* Of a run whose services were watched: what passed from caller to callee, and why the slowest requests were slow. */
#ifndef SKYTWIN_MESH_RESULTS_H
#define SKYTWIN_MESH_RESULTS_H

#include "../../output/record.h"

/* Nothing where nobody watched. */
sky_status mesh_results_print_run(record_file *file, size_t run, sky_error *error);

#endif
