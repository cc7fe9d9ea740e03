#include "record_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct record_digest {
    XXH3_state_t *stream[RECORD_STREAM_COUNT];
    uint64_t bytes[RECORD_STREAM_COUNT];
};

record_digest *record_digest_new(void)
{
    record_digest *d = calloc(1, sizeof *d);

    for (int i = 0; d != NULL && i < RECORD_STREAM_COUNT; i++) {
        d->stream[i] = XXH3_createState();
        if (d->stream[i] == NULL) {
            record_digest_free(d);
            return NULL;
        }
    }
    if (d != NULL)
        record_digest_reset(d);
    return d;
}

void record_digest_reset(record_digest *d)
{
    for (int i = 0; i < RECORD_STREAM_COUNT; i++) {
        XXH3_128bits_reset(d->stream[i]);
        d->bytes[i] = 0;
    }
}

void record_digest_copy(record_digest *to, const record_digest *from)
{
    for (int i = 0; i < RECORD_STREAM_COUNT; i++) {
        XXH3_copyState(to->stream[i], from->stream[i]);
        to->bytes[i] = from->bytes[i];
    }
}

void record_digest_free(record_digest *d)
{
    if (d == NULL)
        return;
    for (int i = 0; i < RECORD_STREAM_COUNT; i++)
        XXH3_freeState(d->stream[i]);
    free(d);
}

void record_digest_add(record_digest *d, record_stream stream, const void *bytes, size_t size)
{
    XXH3_128bits_update(d->stream[stream], bytes, size);
    d->bytes[stream] += size;
}

void record_hash_text(const void *bytes, size_t size, char text[RECORD_DIGEST_CHARS])
{
    XXH128_canonical_t hash;

    XXH128_canonicalFromHash(&hash, XXH3_128bits(bytes, size));
    for (int i = 0; i < 16; i++)
        snprintf(text + 2 * i, 3, "%02x", hash.digest[i]);
}

void record_digest_text(const record_digest *d, char text[RECORD_DIGEST_CHARS])
{
    unsigned char parts[RECORD_STREAM_COUNT][sizeof(XXH128_canonical_t) + sizeof(uint64_t)];
    size_t count = 0;

    for (int i = 0; i < RECORD_STREAM_COUNT; i++) {
        XXH128_canonical_t one;

        if (d->bytes[i] == 0 && record_stream_may_be_absent((record_stream)i))
            continue;
        XXH128_canonicalFromHash(&one, XXH3_128bits_digest(d->stream[i]));
        memcpy(parts[count], &one, sizeof one);
        memcpy(parts[count++] + sizeof one, &d->bytes[i], sizeof d->bytes[i]);
    }
    record_hash_text(parts, count * sizeof parts[0], text);
}
