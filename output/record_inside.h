/* Inside of the record: a file while it is written. */
#ifndef SKYTWIN_RECORD_INSIDE_H
#define SKYTWIN_RECORD_INSIDE_H

#include "record_types.h"

#define RECORD_REASON_CHARS 240 /* set apart for why it is incomplete */

typedef struct stream_writer {
    hid_t set;    /* 0: not made yet */
    hsize_t rows; /* written */
    int over;     /* a block that is not full was its last */
} stream_writer;

struct record_run {
    record *file;
    hid_t group;
    hid_t checkpoints; /* 0: none so far */
    unsigned checkpoint_count;
    stream_writer stream[RECORD_STREAM_COUNT];
};

struct record {
    char *path, *temporary;
    hid_t file;
    record_run *open; /* the run under way, or NULL */
    hsize_t length;   /* bytes that the file has on the disk, at least */
    hsize_t reserved; /* bytes that have their place there, those behind its end included */
    int failed;       /* to write */
    int untouched;    /* opened again, and as it was found so far */
    unsigned runs;
    size_t blocks;         /* of all runs, so far */
    record_digest *digest; /* over the runs' digests, in order */
};

/* A record without a file. NULL: no memory. */
record *record_allocate(const char *path);
void record_free(record *r);
/* How the file is opened; waits: nothing comes to it before record_touch(). Negative: HDF5 failed. */
hid_t record_access(int waits);
/* It was found and shall be changed from now on. 0: HDF5 failed. */
int record_touch(record *r);

/* What HDF5 says and what the system said, as far as they say anything. */
sky_status record_fail(record *r, const char *what, sky_error *error);
/* 0: HDF5 or the disk failed. */
int record_flush(record *r);

/* XXH3-128 as hex digits. */
void record_hash_text(const void *bytes, size_t size, char text[RECORD_DIGEST_CHARS]);

/* Of a run's group. */
size_t record_checkpoint_count(hid_t group);
hid_t record_file_handle(const record_file *file);

#endif
