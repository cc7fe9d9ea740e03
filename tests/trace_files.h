/* For tests of trace readers: a folder of small files, and what a reader makes of one. */
#ifndef SKYTWIN_TESTS_TRACE_FILES_H
#define SKYTWIN_TESTS_TRACE_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/trace.h"

#define TRACE_DATA SKYTWIN_SOURCE_DIR "/../shared/data"

static char trace_folder[] = "/tmp/skytwin-trace-XXXXXX";

static inline int trace_make_folder(void **state)
{
    (void)state;
    return mkdtemp(trace_folder) == NULL;
}

static inline int trace_remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -r '%s'", trace_folder);
    return system(command);
}

/* The path of a file in the folder; good for three more calls. */
static inline const char *trace_path(const char *name)
{
    static char path[4][256];
    static unsigned next;
    char *out = path[next++ % 4];

    snprintf(out, sizeof path[0], "%s/%s", trace_folder, name);
    return out;
}

static inline const char *trace_file(const char *name, const char *text)
{
    const char *path = trace_path(name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return path;
}

static inline void trace_read(const char *format, const char *path, trace_set *set)
{
    sky_error error = { "" };

    assert_non_null(trace_format_find(format));
    if (trace_format_find(format)->read(path, set, &error) != SKY_OK)
        fail_msg("%s: %s", path, error.message);
}

static inline int trace_absent(const char *path)
{
    if (access(path, R_OK) == 0)
        return 0;
    print_message("skipped: %s is not here\n", path);
    return 1;
}

/* A text that may be NULL. */
static inline void assert_text(const char *found, const char *expected)
{
    if (found == NULL || expected == NULL)
        assert_ptr_equal(found, expected);
    else
        assert_string_equal(found, expected);
}

static inline void assert_same_node(const trace_node *a, const trace_node *b)
{
    assert_text(a->name, b->name);
    assert_text(a->accelerator, b->accelerator);
    assert_text(a->labels, b->labels);
    assert_text(a->taints, b->taints);
    assert_int_equal(a->mcpu, b->mcpu);
    assert_int_equal(a->memory_bytes, b->memory_bytes);
    assert_int_equal(a->disk_bytes, b->disk_bytes);
    assert_int_equal(a->accelerators, b->accelerators);
}

static inline void assert_same_task(const trace_task *a, const trace_task *b)
{
    assert_text(a->name, b->name);
    assert_text(a->tenant, b->tenant);
    assert_text(a->accelerator_models, b->accelerator_models);
    assert_text(a->kind, b->kind);
    assert_text(a->labels, b->labels);
    assert_text(a->tolerations, b->tolerations);
    assert_text(a->own_labels, b->own_labels);
    assert_text(a->affinity, b->affinity);
    assert_text(a->preferences, b->preferences);
    assert_text(a->company, b->company);
    assert_int_equal(a->submit_ns, b->submit_ns);
    assert_int_equal(a->run_ns, b->run_ns);
    assert_int_equal(a->estimate_ns, b->estimate_ns);
    assert_int_equal(a->mcpu, b->mcpu);
    assert_int_equal(a->memory_bytes, b->memory_bytes);
    assert_int_equal(a->disk_bytes, b->disk_bytes);
    assert_int_equal(a->priority, b->priority);
    assert_int_equal(a->steps, b->steps);
    assert_int_equal(a->accelerators, b->accelerators);
    assert_int_equal(a->mgpu, b->mgpu);
    assert_int_equal(a->tasks, b->tasks);
    assert_int_equal(a->status, b->status);
}

static inline void assert_same_set(const trace_set *a, const trace_set *b)
{
    assert_int_equal(a->market_count, b->market_count);
    assert_int_equal(a->job_count, b->job_count);
    for (size_t i = 0; i < a->market_count; i++) {
        const trace_market *x = &a->markets[i], *y = &b->markets[i];

        assert_string_equal(x->zone, y->zone);
        assert_string_equal(x->region, y->region);
        assert_string_equal(x->machine, y->machine);
        assert_int_equal(x->tick_ns, y->tick_ns);
        assert_int_equal(x->span_ns, y->span_ns);
        assert_int_equal(x->on_demand_nusd_per_hour, y->on_demand_nusd_per_hour);
        assert_int_equal(x->change_count, y->change_count);
        assert_memory_equal(x->changes, y->changes, x->change_count * sizeof *x->changes);
    }
    for (size_t i = 0; i < a->job_count; i++) {
        assert_int_equal(a->jobs[i].submit_ns, b->jobs[i].submit_ns);
        assert_int_equal(a->jobs[i].work_ns, b->jobs[i].work_ns);
        assert_int_equal(a->jobs[i].cpus_mcpu, b->jobs[i].cpus_mcpu);
    }
    assert_int_equal(a->node_count, b->node_count);
    for (size_t i = 0; i < a->node_count; i++)
        assert_same_node(&a->nodes[i], &b->nodes[i]);
    assert_int_equal(a->task_count, b->task_count);
    for (size_t i = 0; i < a->task_count; i++)
        assert_same_task(&a->tasks[i], &b->tasks[i]);
}

/* What is written in the internal form comes back as it was. */
static inline void assert_round_trip(const trace_set *set)
{
    trace_set back = { 0 };
    sky_error error = { "" };

    if (trace_write(trace_path("round.h5"), set, &error) != SKY_OK)
        fail_msg("%s", error.message);
    trace_read("skytwin", trace_path("round.h5"), &back);
    assert_same_set(set, &back);
    trace_set_free(&back);
}
#endif
