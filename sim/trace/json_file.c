#include "json_file.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_BYTES ((off_t)1 << 30)

sky_status json_file_fail(sky_error *error, const char *path, const char *key, const char *found,
                          const char *expected)
{
    snprintf(error->message, sizeof error->message, "%.250s: %.190s: found %.60s, expected %.120s", path, key,
             *found == '\0' ? "nothing" : found, expected);
    text_one_line(error);
    return SKY_ERROR_INPUT;
}

sky_status json_file_fail_shown(sky_error *error, const char *path, const char *key, const json_t *found,
                                const char *expected)
{
    char *text = found != NULL ? json_dumps(found, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    sky_status status = json_file_fail(error, path, key, text != NULL ? text : "nothing", expected);

    free(text);
    return status;
}

sky_status json_file_no_memory(sky_error *error, const char *path)
{
    snprintf(error->message, sizeof error->message, "%.300s: out of memory", path);
    return SKY_ERROR_MEMORY;
}

sky_status json_file_load(const char *path, json_t **root, sky_error *error)
{
    struct stat info;
    json_error_t why;

    *root = NULL;
    if (stat(path, &info) != 0) { /* asked first: to open a pipe would wait for its writer */
        snprintf(error->message, sizeof error->message, "%.300s: can't be read: %s", path, strerror(errno));
        return SKY_ERROR_INPUT;
    }
    if (!S_ISREG(info.st_mode)) {
        snprintf(error->message, sizeof error->message, "%.300s: found no file, expected a trace", path);
        return SKY_ERROR_INPUT;
    }
    if (info.st_size > MAX_BYTES)
        return json_file_fail(error, path, "size", "more than 1 GiB", "less");
    *root = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (*root == NULL) {
        snprintf(error->message, sizeof error->message, "%.250s:%d: found %.120s, expected JSON", path,
                 why.line > 0 ? why.line : 1, why.text);
        text_one_line(error);
        return SKY_ERROR_INPUT;
    }
    if (json_is_object(*root))
        return SKY_OK;
    json_decref(*root);
    *root = NULL;
    return json_file_fail(error, path, "top level", "no object", "an object");
}
