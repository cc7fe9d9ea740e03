#include "text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_BYTES ((off_t)1 << 30)
#define MAX_LINE  65536

sky_status text_open(text_file *t, const char *path, sky_error *error)
{
    struct stat info;

    *t = (text_file){ .path = path, .error = error };
    if (stat(path, &info) != 0) { /* asked first: to open a pipe would wait for its writer */
        snprintf(error->message, sizeof error->message, "%.300s: can't be read: %s", path, strerror(errno));
    } else if (!S_ISREG(info.st_mode)) {
        snprintf(error->message, sizeof error->message, "%.300s: found %s, expected a file", path,
                 S_ISDIR(info.st_mode) ? "a directory" : "something else");
    } else if (info.st_size > MAX_BYTES) {
        snprintf(error->message, sizeof error->message, "%.300s: found more than 1 GiB, expected less", path);
    } else if ((t->file = fopen(path, "r")) == NULL) {
        snprintf(error->message, sizeof error->message, "%.300s: can't be read: %s", path, strerror(errno));
    } else {
        return SKY_OK;
    }
    return SKY_ERROR_INPUT;
}

void text_close(text_file *t)
{
    if (t->file != NULL)
        fclose(t->file);
    free(t->line);
    t->file = NULL;
    t->line = NULL;
}

int text_next(text_file *t)
{
    ssize_t length;

    do {
        length = getline(&t->line, &t->capacity, t->file);
        if (length < 0) {
            if (!ferror(t->file))
                return 0;
            snprintf(t->error->message, sizeof t->error->message, "%.300s: can't be read: %s", t->path,
                     strerror(errno));
            return -1;
        }
        t->number++;
        if (length > MAX_LINE || memchr(t->line, '\0', (size_t)length) != NULL) {
            text_fail(t, "line", length > MAX_LINE ? "over 65536 characters" : "binary data",
                      "a line of text");
            return -1;
        }
        while (length > 0 && (t->line[length - 1] == '\n' || t->line[length - 1] == '\r'))
            t->line[--length] = '\0';
    } while (length == 0);
    return 1;
}

size_t text_split(text_file *t, char *field[TEXT_MAX_FIELDS])
{
    return text_split_at(t, ',', field);
}

size_t text_split_at(text_file *t, char separator, char *field[TEXT_MAX_FIELDS])
{
    size_t n = 0;
    char *at = t->line;

    while (n < TEXT_MAX_FIELDS) {
        field[n++] = at;
        at = strchr(at, separator);
        if (at == NULL)
            break;
        *at++ = '\0';
    }
    return n;
}

size_t text_split_words(text_file *t, char *field[TEXT_MAX_FIELDS])
{
    size_t n = 0;
    char *rest = NULL, *word = strtok_r(t->line, " \t", &rest);

    for (; word != NULL && n < TEXT_MAX_FIELDS; word = strtok_r(NULL, " \t", &rest))
        field[n++] = word;
    return n;
}

sky_status text_fail(text_file *t, const char *key, const char *found, const char *expected)
{
    snprintf(t->error->message, sizeof t->error->message, "%.200s:%lu: %.40s: found %.80s, expected %.120s",
             t->path, t->number > 0 ? t->number : 1, key, *found == '\0' ? "nothing" : found, expected);
    text_one_line(t->error);
    return SKY_ERROR_INPUT;
}

void text_one_line(sky_error *error)
{
    for (char *at = error->message; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            *at = '?';
}

sky_status text_number(text_file *t, const char *key, const char *field, double least, double most,
                       double *out)
{
    char *end, expected[120];
    double value = strtod(field, &end);

    if (end != field && *end == '\0' && isfinite(value) && value >= least && value <= most) {
        *out = value;
        return SKY_OK;
    }
    snprintf(expected, sizeof expected, "a number from %g to %g", least, most);
    return text_fail(t, key, field, expected);
}

sky_status text_integer(text_file *t, const char *key, const char *field, int64_t least, int64_t most,
                        int64_t *out)
{
    char *end, expected[120];
    long long value;

    errno = 0;
    value = strtoll(field, &end, 10);
    if (end != field && *end == '\0' && errno == 0 && value >= least && value <= most) {
        *out = value;
        return SKY_OK;
    }
    snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)least,
             (long long)most);
    return text_fail(t, key, field, expected);
}

sky_status text_seconds(text_file *t, const char *key, const char *field, int64_t *out_ns)
{
    double seconds = 0;
    sky_status status = text_number(t, key, field, 0, 4e9, &seconds);

    if (status == SKY_OK)
        *out_ns = (int64_t)floor(seconds) * SKY_NS_PER_SECOND + llround((seconds - floor(seconds)) * 1e9);
    return status;
}

sky_status text_copy(text_file *t, const char *text, char **out)
{
    *out = strdup(text);
    return *out != NULL ? SKY_OK : text_no_memory(t);
}

sky_status text_no_memory(text_file *t)
{
    snprintf(t->error->message, sizeof t->error->message, "%.300s: out of memory", t->path);
    return SKY_ERROR_MEMORY;
}

size_t text_column(char *const field[], size_t count, const char *name)
{
    size_t i = 0;

    while (i < count && strcmp(field[i], name) != 0)
        i++;
    return i;
}

void *text_grow(void **items, size_t *count, size_t item)
{
    void *grown;

    if (*count == 0 || (*count & (*count - 1)) == 0) { /* a power of two: full */
        grown = realloc(*items, (*count == 0 ? 1 : *count * 2) * item);
        if (grown == NULL)
            return NULL;
        *items = grown;
    }
    grown = (char *)*items + *count * item;
    memset(grown, 0, item);
    ++*count;
    return grown;
}
