#include "record_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define JOURNAL      ".journal"
#define ADDRESS_MOST (((haddr_t)1 << 62) - 1)

typedef enum writing {
    WRITES,
    WAITS,  /* flushes keep what there is in memory */
    FROZEN, /* nothing is written any more */
} writing;

/* What HDF5 hands out as the file's handle. */
typedef struct handle {
    int descriptor; /* first: others take it for all that there is */
    writing writing;
} handle;

/* What shall stand in the file from `at` on. */
typedef struct piece {
    haddr_t at;
    size_t size;
    unsigned char *bytes;
} piece;

typedef struct driver {
    H5FD_t base; /* HDF5's own part, first */
    handle handle;
    char *journal_path;
    int writable;
    haddr_t end, size;  /* what HDF5 has allocated, and what is in the file */
    haddr_t held_below; /* the end at the last flush */
    piece *pieces;      /* in rising order, apart from each other */
    size_t count, room;
    dev_t device;
    ino_t inode;
} driver;

/* The journal's first bytes; behind them, the `at` and size of a piece (8 bytes each) and its bytes, again and again. */
typedef struct journal_header {
    char form[16];
    uint64_t size, hash; /* of what follows */
} journal_header;
static const char journal_form[16] = "skytwin-journal";

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

static int write_all(int file, const void *bytes, size_t size, haddr_t at)
{
    const char *from = bytes;

    while (size > 0) {
        ssize_t written = pwrite(file, from, size, (off_t)at);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return 0;
        from += written;
        at += (haddr_t)written;
        size -= (size_t)written;
    }
    return 1;
}

/* Zeros beyond the file's end. */
static int read_all(int file, void *bytes, size_t size, haddr_t at)
{
    char *to = bytes;

    while (size > 0) {
        ssize_t got = pread(file, to, size, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return 0;
        if (got == 0) {
            memset(to, 0, size);
            return 1;
        }
        to += got;
        at += (haddr_t)got;
        size -= (size_t)got;
    }
    return 1;
}

/* ---- pieces ------------------------------------------------------------------------------------------------------- */

static void forget_pieces(driver *d)
{
    for (size_t i = 0; i < d->count; i++)
        free(d->pieces[i].bytes);
    d->count = 0;
}

/* The first piece that ends at `at` or beyond. */
static size_t find_piece(const driver *d, haddr_t at)
{
    size_t low = 0, high = d->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (d->pieces[middle].at + d->pieces[middle].size < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int make_room(driver *d)
{
    size_t room = d->room == 0 ? 64 : 2 * d->room;
    piece *more = d->count < d->room ? d->pieces : realloc(d->pieces, room * sizeof *more);

    if (more == NULL)
        return 0;
    d->room = d->count < d->room ? d->room : room;
    d->pieces = more;
    return 1;
}

/* With those that it touches, it becomes one. */
static int hold(driver *d, haddr_t at, size_t size, const void *bytes)
{
    size_t first = find_piece(d, at), last = first;
    haddr_t from = at, to = at + size;
    piece whole;

    for (; last < d->count && d->pieces[last].at <= at + size; last++) {
        const piece *p = &d->pieces[last];

        from = p->at < from ? p->at : from;
        to = p->at + p->size > to ? p->at + p->size : to;
    }
    whole = (piece){ .at = from, .size = (size_t)(to - from), .bytes = malloc((size_t)(to - from)) };
    if (whole.bytes == NULL || !make_room(d)) {
        free(whole.bytes);
        return 0;
    }
    for (size_t i = first; i < last; i++) {
        memcpy(whole.bytes + (d->pieces[i].at - from), d->pieces[i].bytes, d->pieces[i].size);
        free(d->pieces[i].bytes);
    }
    memcpy(whole.bytes + (at - from), bytes, size);
    memmove(&d->pieces[first + 1], &d->pieces[last], (d->count - last) * sizeof whole);
    d->pieces[first] = whole;
    d->count += 1 - (last - first);
    return 1;
}

static void lay_over(const driver *d, haddr_t at, size_t size, unsigned char *bytes)
{
    for (size_t i = find_piece(d, at); i < d->count && d->pieces[i].at < at + size; i++) {
        const piece *p = &d->pieces[i];
        haddr_t from = p->at > at ? p->at : at,
                to = p->at + p->size < at + size ? p->at + p->size : at + size;

        if (from < to)
            memcpy(bytes + (from - at), p->bytes + (from - p->at), (size_t)(to - from));
    }
}

/* ---- the journal ---------------------------------------------------------------------------------------------------- */

static unsigned char *pack(const driver *d, size_t *size)
{
    journal_header header = { .size = 0 };
    unsigned char *bytes, *to;

    for (size_t i = 0; i < d->count; i++)
        header.size += 2 * sizeof(uint64_t) + d->pieces[i].size;
    *size = sizeof header + header.size;
    bytes = calloc(1, *size);
    if (bytes == NULL)
        return NULL;
    to = bytes + sizeof header;
    for (size_t i = 0; i < d->count; i++) {
        uint64_t where[2] = { d->pieces[i].at, d->pieces[i].size };

        memcpy(to, where, sizeof where);
        memcpy(to + sizeof where, d->pieces[i].bytes, d->pieces[i].size);
        to += sizeof where + d->pieces[i].size;
    }
    memcpy(header.form, journal_form, sizeof header.form);
    header.hash = XXH3_64bits(bytes + sizeof header, header.size);
    memcpy(bytes, &header, sizeof header);
    return bytes;
}

/* 0: no memory. */
static int unpack(driver *d, const unsigned char *bytes, size_t size)
{
    while (size > 2 * sizeof(uint64_t)) {
        uint64_t where[2];

        memcpy(where, bytes, sizeof where);
        bytes += sizeof where;
        size -= sizeof where;
        if (where[1] > size || where[0] > ADDRESS_MOST - where[1]) /* hashed, but none of ours */
            return 1;
        if (!hold(d, where[0], (size_t)where[1], bytes))
            return 0;
        bytes += where[1];
        size -= where[1];
    }
    return 1;
}

/* Takes up the pieces of a journal that is whole. A broken one is that of a flush that had not begun. 0: no memory. */
static int read_journal(driver *d)
{
    int file = open(d->journal_path, O_RDONLY | O_CLOEXEC);
    journal_header header = { .size = 0 };
    struct stat info;
    unsigned char *bytes = NULL;
    int ok = 1;

    if (file < 0)
        return 1;
    if (fstat(file, &info) == 0 && (size_t)info.st_size > sizeof header &&
        read_all(file, &header, sizeof header, 0) &&
        memcmp(header.form, journal_form, sizeof header.form) == 0 &&
        header.size == (uint64_t)info.st_size - sizeof header) {
        bytes = malloc((size_t)header.size);
        ok = bytes != NULL;
        if (ok && read_all(file, bytes, (size_t)header.size, sizeof header) &&
            XXH3_64bits(bytes, (size_t)header.size) == header.hash)
            ok = unpack(d, bytes, (size_t)header.size);
    }
    free(bytes);
    close(file);
    return ok;
}

static int write_journal(const driver *d)
{
    size_t size;
    unsigned char *bytes = pack(d, &size);
    int file = bytes != NULL ? open(d->journal_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
    int ok = file >= 0 && write_all(file, bytes, size, 0);
    int why = errno;

    if (file >= 0)
        close(file);
    free(bytes);
    if (!ok)
        unlink(d->journal_path); /* it holds nothing that counts */
    errno = why;
    return ok;
}

/* The pieces over the file; a journal of them is there. It stays where that fails. */
static int apply(driver *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (!write_all(d->handle.descriptor, d->pieces[i].bytes, d->pieces[i].size, d->pieces[i].at))
            return 0;
    forget_pieces(d);
    return unlink(d->journal_path) == 0;
}

static int commit(driver *d)
{
    if (d->handle.writing != WRITES || !d->writable)
        return 1;
    if (d->count > 0 && (!write_journal(d) || !apply(d)))
        return 0;
    d->held_below = d->end;
    return 1;
}

/* ---- what HDF5 calls ------------------------------------------------------------------------------------------------- */

static void release(driver *d)
{
    if (d->handle.descriptor >= 0)
        close(d->handle.descriptor);
    forget_pieces(d);
    free(d->pieces);
    free(d->journal_path);
    free(d);
}

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    driver *d = calloc(1, sizeof *d);
    size_t path_size = strlen(name) + sizeof JOURNAL;
    int mode = (flags & H5F_ACC_RDWR ? O_RDWR : O_RDONLY) | (flags & H5F_ACC_TRUNC ? O_TRUNC : 0) |
               (flags & H5F_ACC_CREAT ? O_CREAT : 0) | (flags & H5F_ACC_EXCL ? O_EXCL : 0) | O_CLOEXEC;
    const int *waits = H5Pget_driver_info(access);
    struct stat info;

    (void)most;
    if (d == NULL)
        return NULL;
    d->handle.descriptor = -1;
    d->journal_path = malloc(path_size);
    if (d->journal_path != NULL) {
        snprintf(d->journal_path, path_size, "%s" JOURNAL, name);
        d->handle.descriptor = open(name, mode, 0666);
    }
    if (d->handle.descriptor < 0 || fstat(d->handle.descriptor, &info) != 0) {
        release(d);
        return NULL;
    }
    d->writable = (flags & H5F_ACC_RDWR) != 0;
    d->handle.writing = waits != NULL && *waits ? WAITS : WRITES;
    d->device = info.st_dev;
    d->inode = info.st_ino;
    d->size = d->held_below = (haddr_t)info.st_size;
    if (flags & H5F_ACC_TRUNC)
        unlink(d->journal_path);
    else if (!read_journal(d) || (d->writable && d->count > 0 && !apply(d))) {
        release(d);
        return NULL;
    }
    return &d->base;
}

static herr_t driver_close(H5FD_t *file)
{
    driver *d = (driver *)file;
    herr_t result = commit(d) ? 0 : -1;

    release(d);
    return result;
}

static int driver_compare(const H5FD_t *a, const H5FD_t *b)
{
    const driver *x = (const driver *)a, *y = (const driver *)b;

    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static herr_t driver_query(const H5FD_t *file, unsigned long *flags)
{
    (void)file;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_POSIX_COMPAT_HANDLE | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t driver_get_eoa(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const driver *)file)->end;
}

static herr_t driver_set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t end)
{
    (void)type;
    ((driver *)file)->end = end;
    return 0;
}

static haddr_t driver_get_eof(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const driver *)file)->size;
}

static herr_t driver_get_handle(H5FD_t *file, hid_t access, void **out)
{
    (void)access;
    *out = &((driver *)file)->handle;
    return 0;
}

static herr_t driver_read(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t size, void *bytes)
{
    const driver *d = (const driver *)file;

    (void)type;
    (void)transfer;
    if (at > ADDRESS_MOST || size > ADDRESS_MOST - at || !read_all(d->handle.descriptor, bytes, size, at))
        return -1;
    lay_over(d, at, size, bytes);
    return 0;
}

static herr_t driver_write(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t size,
                           const void *bytes)
{
    driver *d = (driver *)file;
    size_t held;

    (void)type;
    (void)transfer;
    if (at > ADDRESS_MOST || size > ADDRESS_MOST - at)
        return -1;
    if (d->handle.writing == FROZEN)
        return 0;
    held = at >= d->held_below ? 0 : at + size <= d->held_below ? size : (size_t)(d->held_below - at);
    if (held > 0 && !hold(d, at, held, bytes))
        return -1;
    if (held < size && !write_all(d->handle.descriptor, (const char *)bytes + held, size - held, at + held))
        return -1;
    d->size = at + size > d->size ? at + size : d->size;
    return 0;
}

static herr_t driver_flush(H5FD_t *file, hid_t transfer, hbool_t closing)
{
    (void)transfer;
    (void)closing;
    return commit((driver *)file) ? 0 : -1;
}

/* HDF5 wants the file to end where its allocations do. It may get longer; what was there at the last flush stays. */
static herr_t driver_truncate(H5FD_t *file, hid_t transfer, hbool_t closing)
{
    driver *d = (driver *)file;
    struct stat info;

    (void)transfer;
    (void)closing;
    if (d->handle.writing == FROZEN)
        return 0;
    if (fstat(d->handle.descriptor, &info) != 0 ||
        ((haddr_t)info.st_size < d->end && ftruncate(d->handle.descriptor, (off_t)d->end) != 0))
        return -1;
    d->size = d->end;
    return 0;
}

static herr_t driver_lock(H5FD_t *file, hbool_t alone)
{
    int ok = flock(((driver *)file)->handle.descriptor, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0;

    return ok || errno == ENOSYS || errno == ENOLCK ? 0 : -1; /* some disks can't lock */
}

static herr_t driver_unlock(H5FD_t *file)
{
    return flock(((driver *)file)->handle.descriptor, LOCK_UN) == 0 || errno == ENOSYS || errno == ENOLCK
               ? 0
               : -1;
}

static const H5FD_class_t driver_class = {
    .name = "skytwin-journal",
    .maxaddr = ADDRESS_MOST,
    .fapl_size = sizeof(int),
    .fc_degree = H5F_CLOSE_WEAK,
    .open = driver_open,
    .close = driver_close,
    .cmp = driver_compare,
    .query = driver_query,
    .get_eoa = driver_get_eoa,
    .set_eoa = driver_set_eoa,
    .get_eof = driver_get_eof,
    .get_handle = driver_get_handle,
    .read = driver_read,
    .write = driver_write,
    .flush = driver_flush,
    .truncate = driver_truncate,
    .lock = driver_lock,
    .unlock = driver_unlock,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

int record_driver_set(hid_t access, int waits)
{
    hid_t id = H5FDregister(&driver_class);
    int ok = id >= 0 && H5Pset_driver(access, id, &waits) >= 0;

    if (id >= 0)
        H5FDunregister(id); /* the properties, and files, hold it */
    return ok;
}

static handle *handle_of(hid_t file)
{
    hid_t access = H5Fget_access_plist(file);
    void *found = NULL;
    int ok = access >= 0 && H5Fget_vfd_handle(file, access, &found) >= 0;

    H5Pclose(access);
    return ok ? found : NULL;
}

int record_driver_descriptor(hid_t file)
{
    const handle *h = handle_of(file);

    return h != NULL ? h->descriptor : -1;
}

void record_driver_begin(hid_t file)
{
    handle *h = handle_of(file);

    if (h != NULL && h->writing == WAITS)
        h->writing = WRITES;
}

void record_driver_freeze(hid_t file)
{
    handle *h = handle_of(file);

    if (h != NULL)
        h->writing = FROZEN;
}
