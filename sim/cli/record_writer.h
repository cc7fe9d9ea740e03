/* Writes the record of a batch on a thread of its own, while the runs go on: what is handed over is written in that order. An
 * error comes back from whatever is handed over next, and from the wait for all of it; nothing more is written then. */
#ifndef SKYTWIN_RECORD_WRITER_H
#define SKYTWIN_RECORD_WRITER_H

#include "record.h"

/* Rows and checkpoints that wait to be written; more wait for their turn. */
#define RECORD_WRITER_BYTES (64U << 20)

typedef struct record_writer record_writer;

/* Until it is freed, `file` is the writer's. */
sky_status record_writer_new(record *file, record_writer **out, sky_error *error);
/* As record_run_begin() and its kin, of the run under way. The strings must last. */
sky_status record_writer_begin(record_writer *w, const char *strategy, unsigned replication, uint64_t seed,
                               sky_error *error);
/* The run comes into the record otherwise: by this function, on the writer's thread. */
typedef sky_status record_writer_beginner(void *context, record *file, record_run **out, sky_error *error);
sky_status record_writer_go_on(record_writer *w, record_writer_beginner *begin, void *context,
                               sky_error *error);
/* Takes the bytes, which malloc made, and frees them. */
sky_status record_writer_checkpoint(record_writer *w, int64_t time_ns, void *bytes, size_t size,
                                    sky_error *error);
/* Takes the rows, which malloc made, and frees them. */
sky_status record_writer_append(record_writer *w, record_stream stream, void *rows, size_t count,
                                sky_error *error);
sky_status record_writer_end(record_writer *w, const record_summary *summary, const char *digest,
                             sky_error *error);
/* All is written. */
sky_status record_writer_wait(record_writer *w, sky_error *error);
/* Waits, too. NULL is allowed. */
void record_writer_free(record_writer *w);

#endif
