/* A bar on the terminal with the time that is left. Runs report from many threads. */
#ifndef SKYTWIN_PROGRESS_H
#define SKYTWIN_PROGRESS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRESS_WHOLE 1000000 /* parts that make up one run */

typedef struct progress {
    int enabled;
    pthread_mutex_t mutex;
    int64_t parts, parts_total;
    double start_s, drawn_s;
} progress;

/* Draws only if `wanted` and standard error is a terminal. */
void progress_start(progress *progress, size_t runs, int wanted);
void progress_add(progress *progress, int64_t parts);
void progress_end(progress *progress); /* wipes the bar */

double progress_clock_s(void); /* a clock that only goes on */

#endif
