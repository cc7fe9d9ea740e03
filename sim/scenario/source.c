#include "source.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_TEXT  ((size_t)16 << 20)
#define MAX_DEPTH 10
#define MAX_FILES 500
#define OVERRIDE  "# --set "

static sky_status no_memory(sky_error *error)
{
    snprintf(error->message, sizeof error->message, "scenario: out of memory");
    return SKY_ERROR_MEMORY;
}

static sky_status add_line(source *s, const char *text, size_t length, uint32_t file, uint32_t line,
                           sky_error *error)
{
    if (s->size + length + 2 > s->capacity) {
        size_t capacity = (s->size + length + 2) * 2;
        char *grown = realloc(s->text, capacity);

        if (grown == NULL)
            return no_memory(error);
        s->text = grown;
        s->capacity = capacity;
    }
    if (s->line_count == s->line_capacity) {
        size_t capacity = s->line_capacity < 256 ? 256 : s->line_capacity * 2;
        source_line *grown = realloc(s->lines, capacity * sizeof *grown);

        if (grown == NULL)
            return no_memory(error);
        s->lines = grown;
        s->line_capacity = capacity;
    }
    memcpy(s->text + s->size, text, length);
    s->size += length;
    s->text[s->size++] = '\n';
    s->text[s->size] = '\0';
    s->lines[s->line_count++] = (source_line){ file, line };
    return SKY_OK;
}

/* The whole file as a string; the caller frees it. */
static sky_status slurp(const char *path, const char *place, char **out, sky_error *error)
{
    struct stat info;
    FILE *file = NULL;
    size_t size;
    int there = stat(path, &info) == 0; /* asked first: to open a pipe would wait for its writer */

    if (there && (!S_ISREG(info.st_mode) || (size_t)info.st_size > MAX_TEXT)) {
        snprintf(error->message, sizeof error->message, "%s%.300s: found %s, expected a scenario file", place,
                 path,
                 S_ISDIR(info.st_mode)   ? "a directory"
                 : S_ISREG(info.st_mode) ? "more than 16 MiB"
                                         : "no plain file");
        return SKY_ERROR_INPUT;
    }
    if (there)
        file = fopen(path, "rb");
    if (file == NULL) {
        snprintf(error->message, sizeof error->message, "%s%.300s: can't be read: %s", place, path,
                 strerror(errno));
        return SKY_ERROR_INPUT;
    }
    *out = malloc((size_t)info.st_size + 1);
    size = *out != NULL ? fread(*out, 1, (size_t)info.st_size, file) : 0;
    fclose(file);
    if (*out == NULL)
        return no_memory(error);
    (*out)[size] = '\0';
    if (memchr(*out, '\0', size) != NULL) {
        snprintf(error->message, sizeof error->message, "%s%.300s: found binary data, expected text", place,
                 path);
        free(*out);
        return SKY_ERROR_INPUT;
    }
    return SKY_OK;
}

/* 1: the line is an include; path is its file, relative to the including one. */
static int parse_include(const char *line, size_t length, const char *including, char *path, size_t size)
{
    char directory[PATH_MAX];
    const char *end = line + length, *from, *to;

    while (line < end && (*line == ' ' || *line == '\t'))
        line++;
    if (end - line < 8 || memcmp(line, "@include", 8) != 0)
        return 0;
    from = memchr(line, '"', (size_t)(end - line));
    to = from != NULL ? memchr(from + 1, '"', (size_t)(end - from - 1)) : NULL;
    if (to == NULL)
        return 0;
    snprintf(directory, sizeof directory, "%s", including);
    if (from[1] == '/')
        snprintf(path, size, "%.*s", (int)(to - from - 1), from + 1);
    else
        snprintf(path, size, "%s/%.*s", dirname(directory), (int)(to - from - 1), from + 1);
    return 1;
}

static sky_status read_file(source *s, const char *path, const char *place, int depth, sky_error *error);

/* The included file, after a comment that names it. */
static sky_status read_include(source *s, const char *path, const char *place, source_line from, int depth,
                               sky_error *error)
{
    char comment[PATH_MAX + 32];
    sky_status status;

    if (depth > MAX_DEPTH || s->file_count == MAX_FILES || s->size > MAX_TEXT) {
        snprintf(error->message, sizeof error->message,
                 "%sfound more than %s, expected fewer (does a file include itself?)", place,
                 depth > MAX_DEPTH    ? "10 levels"
                 : s->size > MAX_TEXT ? "16 MiB"
                                      : "500 files");
        return SKY_ERROR_INPUT;
    }
    snprintf(comment, sizeof comment, "# ---- include: %s", path);
    status = add_line(s, comment, strlen(comment), from.file, from.line, error);
    return status == SKY_OK ? read_file(s, path, place, depth, error) : status;
}

static sky_status read_file(source *s, const char *path, const char *place, int depth, sky_error *error)
{
    char *text = NULL, **files, here[PATH_MAX + 32], included[PATH_MAX];
    uint32_t file = (uint32_t)s->file_count, number = 0;
    sky_status status = slurp(path, place, &text, error);

    if (status != SKY_OK)
        return status;
    files = realloc(s->files, (s->file_count + 1) * sizeof *files);
    if (files != NULL) {
        s->files = files;
        s->files[file] = strdup(path);
        if (s->files[file] != NULL)
            s->file_count++;
    }
    if (s->file_count != file + 1u) {
        free(text);
        return no_memory(error);
    }
    for (const char *line = text; *line != '\0' && status == SKY_OK;) {
        size_t length = strcspn(line, "\n");

        number++;
        if (!parse_include(line, length, path, included, sizeof included)) {
            status = add_line(s, line, length, file, number, error);
        } else {
            snprintf(here, sizeof here, "%.200s:%u: @include: ", path, number);
            status = read_include(s, included, here, (source_line){ file, number }, depth + 1, error);
        }
        line += length + (line[length] == '\n');
    }
    free(text);
    return status;
}

sky_status source_read(source *s, const char *path, sky_error *error)
{
    sky_status status;

    memset(s, 0, sizeof *s);
    status = read_file(s, path, "", 0, error);
    if (status == SKY_OK && s->text == NULL)
        status = add_line(s, "", 0, 0, 1, error);
    return status;
}

/* The line of a text that begins here; *next: behind it. */
static size_t line_length(const char *line, const char **next)
{
    size_t length = strcspn(line, "\n");

    *next = line + length + (line[length] == '\n');
    return length;
}

sky_status source_read_text(source *s, const scenario_source *text, sky_error *error)
{
    const char *line = text->text, *next;
    sky_status status = SKY_OK;

    memset(s, 0, sizeof *s);
    s->files = calloc(text->file_count + 1, sizeof *s->files);
    for (size_t i = 0; s->files != NULL && i < text->file_count; i++)
        if ((s->files[i] = strdup(text->files[i])) != NULL)
            s->file_count++;
    if (s->files == NULL || s->file_count != text->file_count)
        return no_memory(error);
    for (size_t i = 0; i < text->line_count && *line != '\0' && status == SKY_OK; i++, line = next) {
        size_t length = line_length(line, &next);

        if (text->places[2 * i + 1] != 0)
            status = add_line(s, line, length, text->places[2 * i], text->places[2 * i + 1], error);
    }
    return status == SKY_OK && s->text == NULL ? add_line(s, "", 0, 0, 1, error) : status;
}

sky_status source_append_override(source *s, const char *override, sky_error *error)
{
    char comment[600];

    snprintf(comment, sizeof comment, OVERRIDE "%s", override);
    return add_line(s, comment, strlen(comment), 0, 0, error);
}

const char *source_next_override(const scenario_source *text, const char **at, size_t *line, size_t *length)
{
    const char *found, *next;

    for (*at = *line == 0 ? text->text : *at; *line < text->line_count && **at != '\0'; *at = next) {
        found = *at;
        *length = line_length(found, &next);
        if (text->places[2 * (*line)++ + 1] == 0 && strncmp(found, OVERRIDE, strlen(OVERRIDE)) == 0) {
            *at = next;
            *length -= strlen(OVERRIDE);
            return found + strlen(OVERRIDE);
        }
    }
    return NULL;
}

void source_place(const source *s, unsigned line, const char **file, unsigned *file_line)
{
    if (line == 0 || s->line_count == 0) {
        *file = s->file_count > 0 ? s->files[0] : "";
        *file_line = 1;
        return;
    }
    if (line > s->line_count)
        line = (unsigned)s->line_count;
    *file = s->files[s->lines[line - 1].file];
    *file_line = s->lines[line - 1].line;
}

void source_free(source *s)
{
    for (size_t i = 0; i < s->file_count; i++)
        free(s->files[i]);
    free(s->files);
    free(s->lines);
    free(s->text);
    memset(s, 0, sizeof *s);
}
