/* What the JSON formats share: whole files of bounded size, and errors that name file, key, found, expected. */
#ifndef SKYTWIN_TRACE_JSON_FILE_H
#define SKYTWIN_TRACE_JSON_FILE_H

#include "trace.h"

#include <jansson.h>

/* The file's top-level object, that the caller hands back with json_decref(). Refuses what is no regular file, is
 * over 1 GiB, is no JSON, or has a key twice. */
sky_status json_file_load(const char *path, json_t **root, sky_error *error);
/* "file: key: found …, expected …" */
sky_status json_file_fail(sky_error *error, const char *path, const char *key, const char *found,
                          const char *expected);
/* The same, with the value that was found as JSON writes it; NULL: nothing. */
sky_status json_file_fail_shown(sky_error *error, const char *path, const char *key, const json_t *found,
                                const char *expected);
sky_status json_file_no_memory(sky_error *error, const char *path);

#endif
