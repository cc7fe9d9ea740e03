/* What the text formats share: strict lines, fields and numbers, with file and line in every error. */
#ifndef SKYTWIN_TRACE_TEXT_H
#define SKYTWIN_TRACE_TEXT_H

#include "trace.h"

#include <stdio.h>

typedef struct text_file {
    const char *path;
    FILE *file;
    char *line; /* without its end */
    size_t capacity;
    unsigned long number; /* of the line, from 1 */
    sky_error *error;
} text_file;

#define TEXT_MAX_FIELDS 64

/* Refuses what is no regular file, or over 1 GiB. */
sky_status text_open(text_file *t, const char *path, sky_error *error);
/* 1: a line is there; 0: the end; -1: an error. Blank lines are passed over. */
int text_next(text_file *t);
/* Splits the line at commas, in place; returns the number of fields. */
size_t text_split(text_file *t, char *field[TEXT_MAX_FIELDS]);
size_t text_split_at(text_file *t, char separator, char *field[TEXT_MAX_FIELDS]);
/* The same at any run of spaces and tabs; those at the ends count for nothing. */
size_t text_split_words(text_file *t, char *field[TEXT_MAX_FIELDS]);
void text_close(text_file *t);
/* "file:line: key: found …, expected …" */
sky_status text_fail(text_file *t, const char *key, const char *found, const char *expected);
/* What was found may hold anything: control characters become "?", so that the message stays one line. */
void text_one_line(sky_error *error);
/* A finite number from least to most, and nothing behind it. */
sky_status text_number(text_file *t, const char *key, const char *field, double least, double most,
                       double *out);
/* The same for a whole number. */
sky_status text_integer(text_file *t, const char *key, const char *field, int64_t least, int64_t most,
                        int64_t *out);
/* Seconds from 0 to 4e9, to nanoseconds: whole seconds come out exact. */
sky_status text_seconds(text_file *t, const char *key, const char *field, int64_t *out_ns);
/* A copy of the text, that the caller frees. */
sky_status text_copy(text_file *t, const char *text, char **out);
sky_status text_no_memory(text_file *t);
/* Place of a column in a header; `count` where it is missing. */
size_t text_column(char *const field[], size_t count, const char *name);

/* One more item at the end of an array that grows; NULL: no memory. */
void *text_grow(void **items, size_t *count, size_t item);

#endif
