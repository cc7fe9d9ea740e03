/* The seal of the internal form: the 512 bytes before the HDF5 file proper (HDF5 calls them the user block) name the
 * version and hold a hash (XXH3, 64 bits) of all bytes behind them. The HDF5 library trusts what a file says of
 * itself, up to a crash, so a file is opened only after its seal has been checked. */
#ifndef SKYTWIN_TRACE_SEAL_H
#define SKYTWIN_TRACE_SEAL_H

#define SEAL_BYTES 512

typedef enum {
    SEAL_WHOLE,
    SEAL_UNREADABLE, /* errno says why */
    SEAL_NONE,       /* another kind of file */
    SEAL_VERSION,    /* one of ours, of another version */
    SEAL_BROKEN,     /* what lies behind it isn't what was sealed */
} seal_state;

/* Seals a file whose first SEAL_BYTES were left free. 0: errno says why. */
int seal_write(const char *path);

seal_state seal_check(const char *path);

#endif
