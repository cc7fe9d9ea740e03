#define _GNU_SOURCE 1
#include "share.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

sky_status share_find(const char *file, char path[SHARE_PATH], sky_error *error)
{
    /* Installed; built in build/; built in build/PRESET/. */
    static const char *const places[] = { "../share/skytwin", "..", "../.." };
    char binary[SHARE_PATH];
    ssize_t length = readlink("/proc/self/exe", binary, sizeof binary - 1);
    char *slash;

    if (length < 0) {
        snprintf(error->message, sizeof error->message, "/proc/self/exe: %s", strerror(errno));
        return SKY_ERROR_IO;
    }
    binary[length] = '\0';
    slash = strrchr(binary, '/');
    *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int size = snprintf(path, SHARE_PATH, "%s/%s/%s", binary, places[i], file);

        if (size < SHARE_PATH && access(path, R_OK) == 0)
            return SKY_OK;
    }
    snprintf(error->message, sizeof error->message, "%s: found neither in %.150s/../share/skytwin nor beside the binary",
             file, binary);
    return SKY_ERROR_IO;
}
