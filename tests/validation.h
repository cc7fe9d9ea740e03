/* A row of the README's validation table, written by the test that measured it: to the file that
 * SKYTWIN_VALIDATION_OUT names, if it is set. Header only. */
#ifndef SKYTWIN_TESTS_VALIDATION_H
#define SKYTWIN_TESTS_VALIDATION_H

#include <stdio.h>
#include <stdlib.h>

static inline void validation_row(const char *what, const char *expected, const char *measured,
                                  const char *source)
{
    const char *path = getenv("SKYTWIN_VALIDATION_OUT");
    FILE *file = path != NULL ? fopen(path, "a") : NULL;

    if (file == NULL)
        return;
    fprintf(file, "| %s | %s | %s | %s |\n", what, expected, measured, source);
    fclose(file);
}

#endif
