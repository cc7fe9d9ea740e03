/* A folder of the test's own, made before its tests and removed after them. Header only; after cmocka.h. */
#ifndef SKYTWIN_TESTS_FOLDER_H
#define SKYTWIN_TESTS_FOLDER_H

#include <stdio.h>
#include <stdlib.h>

static char folder[] = "/tmp/skytwin-test-XXXXXX";

static inline int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static inline int remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

#endif
