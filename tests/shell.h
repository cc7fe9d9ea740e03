/* The program as a user drives it: commands in the test's own folder, and what they say. Header only; after cmocka.h. */
#ifndef SKYTWIN_TESTS_SHELL_H
#define SKYTWIN_TESTS_SHELL_H

#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"

static char said[16384];

/* Runs a shell command in the folder; its output, both streams, in said[]. Returns the exit code; 128 + signal. */
static inline int shell(const char *format, ...)
{
    char command[2048], whole[2300];
    va_list values;
    FILE *pipe;
    size_t got;
    int status;

    va_start(values, format);
    vsnprintf(command, sizeof command, format, values);
    va_end(values);
    snprintf(whole, sizeof whole, "cd %s && { %s ; } 2>&1", folder, command);
    pipe = popen(whole, "r");
    assert_non_null(pipe);
    got = fread(said, 1, sizeof said - 1, pipe);
    said[got] = '\0';
    status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline void assert_says(int code, int expected_code, const char *part)
{
    if (code != expected_code || strstr(said, part) == NULL)
        fail_msg("ended with %d and said: %s\nexpected %d and: %s", code, said, expected_code, part);
}

static inline int exists(const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

#endif
