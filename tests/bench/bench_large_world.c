/* What a large world takes: peak memory and time of a month of regions with nodes that tasks share (synthetic_world.h),
 * each run in a process of its own.
 *
 *   bench_large_world          a tenth of it: 100 regions, 100,000 nodes, 10^6 tasks
 *   bench_large_world whole    100 regions of 10,000 nodes each, 10^7 tasks; minutes, and gigabytes of memory */
#define _GNU_SOURCE 1 /* mkdtemp, wait4 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "synthetic_world.h"

static char path[64];

/* The program itself, as a user would run it. */
static struct rusage run(const synthetic_world *w)
{
    struct rusage usage;
    pid_t child;
    int status;

    if (!synthetic_write(path, w))
        exit(3);
    child = fork();
    if (child == 0) {
        if (freopen("/dev/null", "w", stdout) != NULL)
            execl(SKYTWIN_BINARY, SKYTWIN_BINARY, "run", path, (char *)NULL);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) != 0) {
        fprintf(stderr, "%s: the run failed\n", path);
        exit(3);
    }
    return usage;
}

static double seconds(const struct rusage *u)
{
    return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) +
           (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) * 1e-6;
}

static double bytes(const struct rusage *u)
{
    return (double)u->ru_maxrss * 1024;
}

int main(int count, char **words)
{
    const unsigned share = count > 1 && strcmp(words[1], "whole") == 0 ? 1 : 10;
    const synthetic_world whole = {
        .regions = 100, .nodes = 1000000 / share, .tasks = 10000000 / share, .days = 30, .task_hours = 1
    };
    synthetic_world few_tasks = whole, few_nodes = whole;
    char folder[] = "/tmp/skytwin-bench-XXXXXX", name[96];
    struct rusage all, without_tasks, without_nodes;

    if (mkdtemp(folder) == NULL)
        return 3;
    snprintf(path, sizeof path, "%s/world.cfg", folder);
    few_tasks.tasks = 1000;
    few_nodes.nodes /= 10;
    all = run(&whole);
    without_tasks = run(&few_tasks);
    without_nodes = run(&few_nodes);
    snprintf(name, sizeof name, "a month of 100 regions, %u nodes, %u tasks", whole.nodes, whole.tasks);
    bench_report(name, bytes(&all) / 1073741824, "GiB", NULL, 0);
    bench_report("the same, processor time", seconds(&all), "s", NULL, 0);
    bench_report("the same, simulated seconds a second", whole.days * 86400 / seconds(&all), "s/s", NULL, 0);
    bench_report("memory of a task", (bytes(&all) - bytes(&without_tasks)) / (whole.tasks - few_tasks.tasks),
                 "bytes", NULL, 0);
    bench_report("memory of a node", (bytes(&all) - bytes(&without_nodes)) / (whole.nodes - few_nodes.nodes),
                 "bytes", NULL, 0);
    unlink(path);
    return rmdir(folder) == 0 ? 0 : 3;
}
