/* What a scenario reads beside its own text, as a digest: whoever loads it again finds out whether the traces are those that they
 * were. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* 0: it can't be read, which its reader says better. */
static int hash_file(const char *path, XXH128_canonical_t *hash)
{
    unsigned char bytes[1 << 14];
    XXH3_state_t *state = XXH3_createState();
    FILE *file = state != NULL ? fopen(path, "rb") : NULL;
    size_t got;
    int ok = file != NULL;

    if (ok) {
        XXH3_128bits_reset(state);
        while ((got = fread(bytes, 1, sizeof bytes, file)) > 0)
            XXH3_128bits_update(state, bytes, got);
        ok = !ferror(file);
        fclose(file);
        XXH128_canonicalFromHash(hash, XXH3_128bits_digest(state));
    }
    XXH3_freeState(state);
    return ok;
}

void config_take_input(loader *l, const char *path)
{
    struct {
        char before[sizeof l->out->inputs];
        XXH128_canonical_t file;
    } chain;
    XXH128_canonical_t hash;
    char inside[4096];

    snprintf(inside, sizeof inside, "%.4000s/full.json", path); /* of a zone's folder */
    if (!hash_file(inside, &chain.file) && !hash_file(path, &chain.file))
        return;
    memcpy(chain.before, l->out->inputs, sizeof chain.before);
    XXH128_canonicalFromHash(&hash, XXH3_128bits(&chain, sizeof chain));
    for (size_t i = 0; i < sizeof hash.digest; i++)
        snprintf(l->out->inputs + 2 * i, 3, "%02x", hash.digest[i]);
}
