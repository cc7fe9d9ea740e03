/* What `resume` and `branch` have in common: a record whose runs go on. */
#ifndef SKYTWIN_GO_ON_H
#define SKYTWIN_GO_ON_H

#include "batch.h"
#include "command.h"

/* A run's last whole checkpoint, and what the run had until then. */
typedef struct go_on_point {
    record_checkpoint checkpoint;
    size_t index; /* of the checkpoint, among the run's */
    unsigned char *bytes;
    size_t size;
    record_digest *digest; /* NULL: there is none, the run begins anew */
} go_on_point;

/* Opens a record, and finds out whether this program can go on with it: it has kept what that takes, and is of this build. */
command_exit go_on_open(const char *path, record_file **file, sky_error *error);
/* The scenario that it ran; `dropped`: without the last so many of its overrides; and with others. */
command_exit go_on_scenario(const record_file *file, size_t dropped, const options *options, scenario *out,
                            sky_error *error);
/* Looks for a checkpoint of a run that is not after `at_ns`. SKY_ERROR_MEMORY, or what reading rows fails with. */
sky_status go_on_find(record_file *file, size_t run, int64_t at_ns, go_on_point *point, sky_error *error);
void go_on_free(go_on_point *point);

/* 1: a run that is as in this checkpoint is past a change at that time, which comes at the first control point from then on,
 * after the checkpoint of that very moment. */
int go_on_is_past(const go_on_point *point, int64_t at_ns, int64_t control_interval_ns);

#endif
