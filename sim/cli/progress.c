#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BAR      30
#define REDRAW_S 0.1

double progress_clock_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void progress_start(progress *progress, size_t runs, int wanted)
{
    progress->enabled = wanted && isatty(STDERR_FILENO);
    progress->parts = 0;
    progress->parts_total = (int64_t)runs * PROGRESS_WHOLE;
    progress->start_s = progress->drawn_s = progress_clock_s();
    pthread_mutex_init(&progress->mutex, NULL); /* glibc's never fails without attributes */
}

static void draw(progress *progress, double now_s)
{
    double part = (double)progress->parts / (double)progress->parts_total;
    long left_s = part > 0 ? (long)((now_s - progress->start_s) * (1 - part) / part + 0.5) : 0;
    int full = (int)(part * BAR);
    char bar[BAR + 1] = "";

    for (int i = 0; i < BAR; i++)
        bar[i] = i < full ? '#' : '.';
    fprintf(stderr, "\r[%s] %3d %%  %lld of %lld runs  %ld:%02ld:%02ld left ", bar, (int)(100 * part),
            (long long)(progress->parts / PROGRESS_WHOLE),
            (long long)(progress->parts_total / PROGRESS_WHOLE), left_s / 3600, left_s / 60 % 60,
            left_s % 60);
    fflush(stderr);
    progress->drawn_s = now_s;
}

void progress_add(progress *progress, int64_t parts)
{
    double now_s;

    if (!progress->enabled)
        return;
    now_s = progress_clock_s();
    pthread_mutex_lock(&progress->mutex);
    progress->parts += parts;
    if (now_s - progress->drawn_s >= REDRAW_S)
        draw(progress, now_s);
    pthread_mutex_unlock(&progress->mutex);
}

void progress_end(progress *progress)
{
    if (progress->enabled)
        fprintf(stderr, "\r\033[K");
    pthread_mutex_destroy(&progress->mutex);
}
