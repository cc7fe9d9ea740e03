/* Inside of the record: the HDF5 form of each stream's rows. */
#ifndef SKYTWIN_RECORD_TYPES_H
#define SKYTWIN_RECORD_TYPES_H

#include "record.h"

#include <hdf5.h>

#define RECORD_SCHEMA       "skytwin-record"
#define RECORD_SCHEMA_MAJOR 5
#define RECORD_SCHEMA_MINOR 1

/* Name of a stream's dataset: "events". */
const char *record_stream_name(record_stream stream);
/* The compound type of its rows, in memory and in the file alike; negative: HDF5 failed. Close it. */
hid_t record_stream_type(record_stream stream);
/* "field: unit, …", for the dataset's attribute `units`. */
void record_stream_units(record_stream stream, char *out, size_t size);

/* Our messages say what failed, and HDF5 prints nothing: to be called in each thread that calls HDF5. */
void record_hdf5_quiet(void);
/* The innermost words of HDF5's error stack, in one line; "": it says nothing. */
void record_hdf5_reason(char *out, size_t size);

#endif
