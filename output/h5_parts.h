/* Attributes and small datasets of HDF5 files, as records and sweeps keep them: without times of creation, texts of
 * fixed length. */
#ifndef SKYTWIN_H5_PARTS_H
#define SKYTWIN_H5_PARTS_H

#include <hdf5.h>
#include <stdint.h>

#define H5_TEXT_MOST ((size_t)256 << 20) /* bytes of a dataset of texts that is read */

/* ---- writing: 0 where HDF5 fails, else 1 ---------------------------------------------------------------------- */
int h5_write_text(hid_t at, const char *name, const char *text);
/* `room`: bytes to set apart, so that a longer text can take this one's place. */
int h5_create_text(hid_t at, const char *name, const char *text, size_t room);
/* In the room of the old text, cut to it: what is there is never deleted, and no space is asked for. */
int h5_change_text(hid_t at, const char *name, const char *text);
int h5_write_number(hid_t at, const char *name, uint64_t value);
int h5_write_strings(hid_t group, const char *name, const char *const *text, size_t count);
int h5_write_indices(hid_t group, const char *name, const uint32_t *index, size_t count);
/* Creation properties without times, so that the same content gives the same bytes; negative: HDF5 fails. */
hid_t h5_plain_dataset(void);
hid_t h5_create_group(hid_t at, const char *name);

/* ---- reading ---------------------------------------------------------------------------------------------------- */
/* NULL: it isn't there, or is no fixed string. The caller frees it. */
char *h5_read_text(hid_t at, const char *name);
int h5_read_number(hid_t at, const char *name, uint64_t *value);
/* Elements of a one-dimensional dataset; -1: it isn't there or has another shape. */
hssize_t h5_count(hid_t set);
/* Size of a dataset's texts, their ends included; 0: they are no texts of one length, or too long. */
size_t h5_text_size(hid_t set);

/* A dataset of texts, `most` at most. *out: pointers and texts in one block, to be freed with free(), also where it is
 * not 1. 0: it is not there, is something else, or there is no memory. */
int h5_read_strings(hid_t file, const char *name, size_t most, char ***out, size_t *count);

#endif
