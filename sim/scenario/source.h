/* The text of a scenario with its includes spliced in, and where each line of it came from. */
#ifndef SKYTWIN_SCENARIO_SOURCE_H
#define SKYTWIN_SCENARIO_SOURCE_H

#include "../scenario.h"

typedef struct source_line {
    uint32_t file; /* index of source.files */
    uint32_t line; /* within it, from 1 */
} source_line;

typedef struct source {
    char *text;
    size_t size, capacity;
    char **files;
    size_t file_count;
    source_line *lines; /* of each line of text */
    size_t line_count, line_capacity;
} source;

/* Reads a file and all that it includes (`@include "path"` on a line of its own, the path relative to the
 * including file). SKY_ERROR_INPUT names the file and line of the include that fails. */
sky_status source_read(source *s, const char *path, sky_error *error);
/* The same from what was read once, without its overrides. */
sky_status source_read_text(source *s, const scenario_source *text, sky_error *error);
void source_free(source *s);
/* Adds an override as a line of comment at the end: "path=value". */
sky_status source_append_override(source *s, const char *override, sky_error *error);
/* The next override in a text from *line on (0 at first), length *length; NULL: there is none. */
const char *source_next_override(const scenario_source *text, const char **at, size_t *line, size_t *length);
/* Where a line of the text (from 1) came from. */
void source_place(const source *s, unsigned line, const char **file, unsigned *file_line);

#endif
