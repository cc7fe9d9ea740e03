/* An HDF5 file driver that never leaves a file between two states, whenever its process is killed.
 *
 * HDF5 writes what it changed over what was there, piece by piece; a process that is killed between two pieces leaves neither
 * the old file nor the new one. Here, what the file held at its last flush is not overwritten: what shall stand there is kept in
 * memory, and what lies beyond goes straight to the file, where nothing refers to it yet. A flush writes the pieces into
 * FILE.journal first, with a hash, then over the file, and then empties the journal. Whoever opens the file finds a whole
 * journal and does again what may have been cut short, or a broken one, and the file as it was.
 *
 * Of a crash of the machine, not of the process, nothing is promised: bytes go to the disk in the system's own order. */
#ifndef SKYTWIN_RECORD_DRIVER_H
#define SKYTWIN_RECORD_DRIVER_H

#include <hdf5.h>

/* Sets it for files that are opened with these properties. `waits`: HDF5 marks a file as soon as it opens it; nothing comes to
 * it before record_driver_begin(). 0: HDF5 failed. */
int record_driver_set(hid_t access, int waits);
void record_driver_begin(hid_t file);

/* The descriptor of an open file; -1: it has another driver. */
int record_driver_descriptor(hid_t file);
/* From now on nothing is written to it: it stays as of its last flush, and closes as if all had been. */
void record_driver_freeze(hid_t file);

#endif
