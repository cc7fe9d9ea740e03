/* Inside of a sweep's record: names, types, and the digest of all of it. */
#ifndef SKYTWIN_SWEEP_TYPES_H
#define SKYTWIN_SWEEP_TYPES_H

#include "h5_parts.h"
#include "record_types.h"
#include "sweep_record.h"

#define SWEEP_SCHEMA       "skytwin-sweep"
#define SWEEP_SCHEMA_MAJOR 1
#define SWEEP_SCHEMA_MINOR 0
#define SWEEP_CHUNK        1024 /* rows of a chunk, of either table */

/* The compound type of a sweep_row, in memory and in the file alike; negative: HDF5 failed. Close it. */
hid_t sweep_row_type(void);
/* Points and runs, in order, under one digest. */
void sweep_digest_points(record_digest *digest, const double *numbers, size_t count);
void sweep_digest_rows(record_digest *digest, const sweep_row *rows, size_t count);

#endif
