/* A small cluster and tasks for it, as files, made by a rule: for tests. */
#ifndef SKYTWIN_TESTS_CLUSTER_FILES_H
#define SKYTWIN_TESTS_CLUSTER_FILES_H

#include <stdint.h>
#include <stdio.h>

/* Writes nodes.csv, tasks.csv and cluster.cfg into a folder. 1: done. */
static inline int cluster_write(const char *folder, int nodes, int tasks, const char *order)
{
    static const char *const models[] = { "A", "B", "" };
    static const int shares[] = { 100, 250, 300, 470, 500, 810, 1000, 1000 };
    char path[512];
    uint64_t random = 12345;
    FILE *file;

    snprintf(path, sizeof path, "%s/nodes.csv", folder);
    file = fopen(path, "w");
    if (file == NULL)
        return 0;
    fprintf(file, "sn,cpu_milli,memory_mib,gpu,model\n");
    for (int i = 0; i < nodes; i++)
        fprintf(file, "node-%04d,%d,%d,%d,%s\n", i, 16000 * (1 + i % 4), 65536 * (1 + i % 3),
                i % 3 == 2 ? 0 : 2 << i % 3, models[i % 3]);
    if (fclose(file) != 0)
        return 0;
    snprintf(path, sizeof path, "%s/tasks.csv", folder);
    file = fopen(path, "w");
    if (file == NULL)
        return 0;
    fprintf(file,
            "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,"
            "scheduled_time\n");
    for (int i = 0; i < tasks; i++) {
        int share, gpus, start = i * 40;

        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        share = shares[random >> 33 & 7];
        gpus = share < 1000 ? 1 : 1 << (random >> 40 & 1);
        if ((random >> 50 & 7) == 0)
            share = gpus = 0;
        fprintf(file, "task-%05d,%d,%d,%d,%d,%s,LS,Succeeded,%d,%d,%d\n", i,
                1000 * (1 + (int)(random >> 44 & 7)), 2048 * (1 + (int)(random >> 47 & 3)), gpus, share,
                gpus > 0 && (random >> 55 & 7) == 0 ? "A" : "", start,
                start + 3600 + (int)(random >> 36 & 4095) * 4, start);
    }
    if (fclose(file) != 0)
        return 0;
    snprintf(path, sizeof path, "%s/cluster.cfg", folder);
    file = fopen(path, "w");
    if (file == NULL)
        return 0;
    fprintf(file,
            "name = \"cluster\"; strategies = [\"best-fit\"]; nodes = \"nodes.csv\"; tasks = \"tasks.csv\";\n"
            "order = \"%s\"; unplaceable = \"%s\"; ratio = 1.3;\n",
            order, order[0] == 's' ? "drop" : "wait");
    return fclose(file) == 0;
}

#endif
