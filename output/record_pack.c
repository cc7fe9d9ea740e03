/* Chunks as HDF5 keeps them: shuffled (the first byte of every row, then the second, …), then deflated. Done here and
 * not by HDF5, which would have one thread compress for all. */
#include "record_types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct record_packer {
    z_stream deflate;
    unsigned char *rows[RECORD_SUMMARY]; /* of the chunk that fills; NULL before a stream's first row */
    size_t count[RECORD_SUMMARY];
    unsigned char *shuffled, *packed;
    size_t packed_most;
};

record_packer *record_packer_new(void)
{
    record_packer *p = calloc(1, sizeof *p);
    size_t largest = 0;

    if (p == NULL)
        return NULL;
    for (int s = 0; s < RECORD_SUMMARY; s++) {
        size_t size = record_chunk_rows((record_stream)s) * record_row_bytes((record_stream)s);

        largest = size > largest ? size : largest;
    }
    if (deflateInit(&p->deflate, 1) != Z_OK) {
        free(p);
        return NULL;
    }
    p->packed_most = deflateBound(&p->deflate, largest);
    p->shuffled = malloc(largest);
    p->packed = malloc(p->packed_most);
    if (p->shuffled == NULL || p->packed == NULL) {
        record_packer_free(p);
        return NULL;
    }
    return p;
}

void record_packer_free(record_packer *p)
{
    if (p == NULL)
        return;
    deflateEnd(&p->deflate);
    for (int s = 0; s < RECORD_SUMMARY; s++)
        free(p->rows[s]);
    free(p->shuffled);
    free(p->packed);
    free(p);
}

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "out of memory for rows of the record");
    return SKY_ERROR_MEMORY;
}

static void shuffle(unsigned char *to, const unsigned char *from, size_t rows, size_t row_bytes)
{
    for (size_t byte = 0; byte < row_bytes; byte++)
        for (size_t row = 0; row < rows; row++)
            *to++ = from[row * row_bytes + byte];
}

/* A chunk has its full length in the file; what no row fills is 0. */
static sky_status pack_chunk(record_packer *p, record_stream stream, record_chunks *out, sky_error *error)
{
    size_t most = record_chunk_rows(stream), row_bytes = record_row_bytes(stream), size;
    record_chunk *chunk;

    memset(p->rows[stream] + p->count[stream] * row_bytes, 0, (most - p->count[stream]) * row_bytes);
    shuffle(p->shuffled, p->rows[stream], most, row_bytes);
    p->deflate.next_in = p->shuffled;
    p->deflate.avail_in = (unsigned)(most * row_bytes);
    p->deflate.next_out = p->packed;
    p->deflate.avail_out = (unsigned)p->packed_most;
    if (deflateReset(&p->deflate) != Z_OK || deflate(&p->deflate, Z_FINISH) != Z_STREAM_END)
        return no_memory(error); /* nothing else can fail: there is room for the worst case */
    size = p->packed_most - p->deflate.avail_out;
    chunk = malloc(sizeof *chunk + size);
    if (chunk == NULL)
        return no_memory(error);
    *chunk = (record_chunk){ .stream = stream, .rows = p->count[stream], .size = size };
    memcpy(chunk->bytes, p->packed, size);
    record_chunks_move(out, &(record_chunks){ chunk, chunk, size });
    p->count[stream] = 0;
    return SKY_OK;
}

sky_status record_pack(record_packer *p, record_stream stream, const void *rows, size_t count,
                       record_chunks *out, sky_error *error)
{
    size_t most = record_chunk_rows(stream), row_bytes = record_row_bytes(stream);
    const unsigned char *from = rows;
    sky_status status = SKY_OK;

    if (p->rows[stream] == NULL && (p->rows[stream] = malloc(most * row_bytes)) == NULL)
        return no_memory(error);
    while (count > 0 && status == SKY_OK) {
        size_t room = most - p->count[stream], part = count < room ? count : room;

        memcpy(p->rows[stream] + p->count[stream] * row_bytes, from, part * row_bytes);
        p->count[stream] += part;
        from += part * row_bytes;
        count -= part;
        if (p->count[stream] == most)
            status = pack_chunk(p, stream, out, error);
    }
    return status;
}

sky_status record_pack_rest(record_packer *p, record_chunks *out, sky_error *error)
{
    sky_status status = SKY_OK;

    for (int s = 0; s < RECORD_SUMMARY && status == SKY_OK; s++)
        if (p->count[s] > 0)
            status = pack_chunk(p, (record_stream)s, out, error);
    return status;
}

void record_chunks_move(record_chunks *to, record_chunks *from)
{
    if (from->first == NULL)
        return;
    if (to->last == NULL)
        to->first = from->first;
    else
        to->last->next = from->first;
    to->last = from->last;
    to->size += from->size;
    *from = (record_chunks){ NULL, NULL, 0 };
}

void record_chunks_free(record_chunks *chunks)
{
    while (chunks->first != NULL) {
        record_chunk *chunk = chunks->first;

        chunks->first = chunk->next;
        free(chunk);
    }
    *chunks = (record_chunks){ NULL, NULL, 0 };
}
