/* Tasks that train, of a cluster from files: shared by training.c and cluster.c only. */
#ifndef SKYTWIN_SCENARIO_TRAINING_H
#define SKYTWIN_SCENARIO_TRAINING_H

#include "../trace/throughput.h"
#include "config.h"

typedef struct training {
    int is_told; /* 1: the scenario has `throughputs`, and so its tasks train */
    throughput_table table;
    uint32_t elastic_most;    /* workers; 0: jobs are not elastic */
    double parallel_fraction; /* -1: as measured */
} training;

/* Reads `throughputs` and the keys that go with it, after the nodes. Free in any case. */
sky_status training_load(training *t, loader *l, const config_setting_t *root);
void training_free(training *t);
/* The table's number of what a task trains, with as many workers. SKY_ERROR_INPUT. */
sky_status training_kind(const training *t, loader *l, const config_setting_t *root, const trace_task *task,
                         uint32_t *kind);
/* Bit set of the models of the nodes' accelerators on which a kind was measured, and runs. */
uint64_t training_models(const training *t, const scenario *s, uint32_t kind);
/* Once tasks and classes are there: how fast classes go on what, and how long tasks will take. */
sky_status training_rates(const training *t, loader *l, const config_setting_t *root);

#endif
