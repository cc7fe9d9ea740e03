/* What the internal form is made of: attributes of one value, and datasets of rows. Each function is 1 when all
 * went well; what it opened is closed in any case. */
#ifndef SKYTWIN_TRACE_HDF5_ROWS_H
#define SKYTWIN_TRACE_HDF5_ROWS_H

#include "trace.h"

#include <hdf5.h>

int rows_write_text(hid_t at, const char *name, const char *text);
int rows_write_number(hid_t at, const char *name, int64_t value);
int rows_write(hid_t at, const char *name, hid_t type, const void *rows, size_t count);

/* NULL: no such attribute, or no text below 4 KiB. The caller frees it. */
char *rows_read_text(hid_t at, const char *name);
int rows_read_number(hid_t at, const char *name, int64_t *value);
/* All rows of a dataset, refused above 1 GiB; the caller frees them. */
int rows_read(hid_t at, const char *name, hid_t type, size_t row, void **rows, size_t *count);

/* Nodes and tasks (hdf5_cluster.c): /nodes, /tasks, and /texts with all their texts. */
int cluster_write(hid_t file, const trace_set *set);
int cluster_read(hid_t file, trace_set *set);

#endif
