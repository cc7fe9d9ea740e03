#include "share.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int is_there(const char *place, const char *file, char path[SHARE_PATH])
{
    return snprintf(path, SHARE_PATH, "%s/%s", place, file) < SHARE_PATH && access(path, R_OK) == 0;
}

sky_status share_find(const char *file, char path[SHARE_PATH], sky_error *error)
{
    static const char *const beside[] = { "/../share/skytwin", "/..",
                                          "/../.." }; /* the last two: build/, build/PRESET/ */
    char place[SHARE_PATH + 32];
    ssize_t length = readlink("/proc/self/exe", place, SHARE_PATH - 1);
    char *slash;

    if (length < 0) {
        snprintf(error->message, sizeof error->message, "/proc/self/exe: %s", strerror(errno));
        return SKY_ERROR_IO;
    }
    place[length] = '\0';
    slash = strrchr(place, '/');
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        strcpy(slash, beside[i]);
        if (is_there(place, file, path))
            return SKY_OK;
    }
    if (is_there(SKYTWIN_DATA_DIR, file, path) || is_there(SKYTWIN_SOURCE_DIR, file, path))
        return SKY_OK;
    snprintf(error->message, sizeof error->message,
             "%s: found neither beside the binary nor in " SKYTWIN_DATA_DIR, file);
    return SKY_ERROR_IO;
}
