/* For tests of trace readers: a folder of small files, and what a reader makes of one. */
#ifndef SKYTWIN_TESTS_TRACE_FILES_H
#define SKYTWIN_TESTS_TRACE_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/trace.h"

#define TRACE_DATA SKYTWIN_SOURCE_DIR "/../shared/data"

static char trace_folder[] = "/tmp/skytwin-trace-XXXXXX";

static inline int trace_make_folder(void **state)
{
    (void)state;
    return mkdtemp(trace_folder) == NULL;
}

static inline int trace_remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", trace_folder);
    return system(command);
}

/* The path of a file in the folder; good for three more calls. */
static inline const char *trace_path(const char *name)
{
    static char path[4][256];
    static unsigned next;
    char *out = path[next++ % 4];

    snprintf(out, sizeof path[0], "%s/%s", trace_folder, name);
    return out;
}

static inline const char *trace_file(const char *name, const char *text)
{
    const char *path = trace_path(name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline void trace_read(const char *format, const char *path, trace_set *set)
{
    sky_error error = { "" };

    assert_non_null(trace_format_find(format));
    if (trace_format_find(format)->read(path, set, &error) != SKY_OK)
        fail_msg("%s: %s", path, error.message);
}

static inline int trace_absent(const char *path)
{
    if (access(path, R_OK) == 0)
        return 0;
    print_message("skipped: %s is not here\n", path);
    return 1;
}

/* A text that may be NULL. */
static inline void assert_text(const char *found, const char *expected)
{
    if (found == NULL || expected == NULL)
        assert_ptr_equal(found, expected);
    else
        assert_string_equal(found, expected);
}
#endif
