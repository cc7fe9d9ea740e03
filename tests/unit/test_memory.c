/* What docs/performance.md says that things take in memory: the sizes of their structs, and that a run grows by little more
 * for each task and node. */
#define _GNU_SOURCE 1 /* mkdtemp, wait4 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../engine/model/model.h"
#include "bench/synthetic_world.h"
#include "world/service/client.h"
#include "world/service/request.h"
#include "world/service/station.h"
#include "world/world.h"

#define DOCUMENT SKYTWIN_SOURCE_DIR "/docs/performance.md"

/* Of a task, and of a node that stands from the start, in world and engine. */
#define TASK_BYTES (sizeof(world_job) + sizeof(model_job))
#define NODE_BYTES (2 * sizeof(node) + sizeof(world_machine))

static const struct {
    const char *what;
    size_t bytes;
} told[] = {
    { "pending event", sizeof(kernel_event) },
    { "task or job", TASK_BYTES },
    { "task that trains, besides", sizeof(world_training) },
    { "instance", sizeof(world_instance) },
    { "node", NODE_BYTES },
    { "flow", sizeof(flow) + sizeof(network_transfer) },
    { "request in flight", sizeof(client_call) + sizeof(station_job) },
};

static char *read_document(void)
{
    FILE *file = fopen(DOCUMENT, "r");
    char *text = calloc(1, 1 << 20);

    assert_non_null(file);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
    fclose(file);
    return text;
}

static void test_sizes_are_as_told(void **state)
{
    char *text = read_document(), row[128];

    (void)state;
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        snprintf(row, sizeof row, "| %s | %zu |", told[i].what, told[i].bytes);
        if (strstr(text, row) == NULL)
            fail_msg(DOCUMENT ": expected a row \"%s\"", row);
    }
    free(text);
}

/* Peak memory of a run. */
static double run_bytes(const char *path, const synthetic_world *w)
{
    struct rusage usage;
    pid_t child;
    int status;

    assert_true(synthetic_write(path, w));
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (freopen("/dev/null", "w", stdout) != NULL)
            execl(SKYTWIN_BINARY, SKYTWIN_BINARY, "run", path, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(wait4(child, &status, 0, &usage), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return (double)usage.ru_maxrss * 1024;
}

/* Beside the structs there are indices, and what lists grow by ahead. */
static void test_runs_grow_by_little_more(void **state)
{
    const synthetic_world few = { .regions = 4, .nodes = 2000, .tasks = 50000, .days = 10, .task_hours = 1 };
    synthetic_world tasks = few, nodes = few;
    char folder[] = "/tmp/skytwin-memory-XXXXXX", path[64];
    double base, task, node_grows;

    (void)state;
    if (SKYTWIN_SANITIZED)
        skip();
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/world.cfg", folder);
    tasks.tasks = 350000;
    nodes.nodes = 102000;
    base = run_bytes(path, &few);
    task = (run_bytes(path, &tasks) - base) / (tasks.tasks - few.tasks);
    node_grows = (run_bytes(path, &nodes) - base) / (nodes.nodes - few.nodes);
    unlink(path);
    rmdir(folder);
    print_message("a task %.0f bytes, of them %zu in structs; a node %.0f, %zu\n", task, TASK_BYTES,
                  node_grows, NODE_BYTES);
    assert_true(task < 1.3 * TASK_BYTES);
    assert_true(node_grows < 1.6 * NODE_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_as_told),
        cmocka_unit_test(test_runs_grow_by_little_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
