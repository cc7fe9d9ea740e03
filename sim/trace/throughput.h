/* Measured training throughput, alone and two to a device, as Gavel publishes it (Narayanan et al., OSDI 2020;
 * scheduler/simulation_throughputs.json of github.com/stanford-futuredata/gavel):
 *   {"v100": {"('LM (batch size 5)', 2)": {"null": steps/s, "('A3C', 1)": [steps/s, of the other], …}, …}, …}
 * A kind is what a job trains, with how many workers together; a device "v100_unconsolidated" stands for
 * workers that are spread over machines. */
#ifndef SKYTWIN_TRACE_THROUGHPUT_H
#define SKYTWIN_TRACE_THROUGHPUT_H

#include <skytwin/engine.h>

#define THROUGHPUT_NONE    UINT32_MAX
#define THROUGHPUT_UNKNOWN (-1.0) /* was not measured */

typedef struct throughput_kind {
    char *name;       /* "ResNet-50 (batch size 64)", as trace_task.kind */
    uint32_t workers; /* scale factor: devices that work together, at least 1 */
} throughput_kind;

typedef struct throughput_table {
    char **devices; /* in file order */
    uint32_t device_count;
    throughput_kind *kinds; /* in the order in which the file first names them */
    uint32_t kind_count;
    double *alone; /* [device * kind_count + kind]: steps per second; 0: doesn't fit; THROUGHPUT_UNKNOWN */
    double
        *paired; /* [(device * kind_count + kind) * kind_count + other]: of `kind` beside `other`, as above */
} throughput_table;

/* SKY_ERROR_INPUT names file, key, found and expected; *table is empty then. */
sky_status throughput_read(const char *path, throughput_table *table, sky_error *error);
void throughput_free(throughput_table *table);

/* Index of a device or kind; THROUGHPUT_NONE: not in the table. */
uint32_t throughput_device(const throughput_table *table, const char *name);
uint32_t throughput_kind_of(const throughput_table *table, const char *name, uint32_t workers);

double throughput_alone(const throughput_table *table, uint32_t device, uint32_t kind);
double throughput_paired(const throughput_table *table, uint32_t device, uint32_t kind, uint32_t other);

#endif
