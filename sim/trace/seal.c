#include "seal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#define KIND    "skytwin-trace "
#define VERSION "5"

/* The hash of what lies behind the seal. 0: errno says why. */
static int hash_rest(FILE *file, uint64_t *hash)
{
    static const size_t chunk = 1 << 16;
    unsigned char bytes[1 << 16];
    XXH3_state_t *state = XXH3_createState();
    int ok = state != NULL && XXH3_64bits_reset(state) == XXH_OK && fseek(file, SEAL_BYTES, SEEK_SET) == 0;

    for (size_t got = chunk; ok && got == chunk;) {
        got = fread(bytes, 1, chunk, file);
        ok = XXH3_64bits_update(state, bytes, got) == XXH_OK && !ferror(file);
    }
    if (ok)
        *hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    return ok;
}

static void seal_text(char text[SEAL_BYTES], uint64_t hash)
{
    memset(text, 0, SEAL_BYTES);
    snprintf(text, SEAL_BYTES, KIND VERSION "\nXXH3 %016" PRIx64 "\n", hash);
}

int seal_write(const char *path)
{
    char text[SEAL_BYTES];
    uint64_t hash;
    FILE *file = fopen(path, "r+");
    int ok = file != NULL && hash_rest(file, &hash) && fseek(file, 0, SEEK_SET) == 0;

    if (ok) {
        seal_text(text, hash);
        ok = fwrite(text, 1, sizeof text, file) == sizeof text;
    }
    if (file != NULL)
        ok = fclose(file) == 0 && ok;
    return ok;
}

seal_state seal_check(const char *path)
{
    char found[SEAL_BYTES], expected[SEAL_BYTES];
    uint64_t hash;
    seal_state state = SEAL_WHOLE;
    FILE *file = fopen(path, "r");

    if (file == NULL)
        return SEAL_UNREADABLE;
    if (fread(found, 1, sizeof found, file) < sizeof found)
        state = ferror(file) ? SEAL_UNREADABLE : SEAL_NONE;
    else if (memcmp(found, KIND, strlen(KIND)) != 0)
        state = SEAL_NONE;
    else if (memcmp(found, KIND VERSION "\n", strlen(KIND VERSION "\n")) != 0)
        state = SEAL_VERSION;
    else if (!hash_rest(file, &hash))
        state = SEAL_UNREADABLE;
    else {
        seal_text(expected, hash);
        state = memcmp(found, expected, sizeof found) == 0 ? SEAL_WHOLE : SEAL_BROKEN;
    }
    fclose(file);
    return state;
}
