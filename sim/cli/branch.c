/* skytwin branch: what if, from the middle of a run. The other record's rows up to its last checkpoint before that time are
 * copied; from there the run goes on, as it did until then, and as another one after it. */
#include "go_on.h"
#include "record_scenario.h"
#include "results.h"
#include "simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct branching {
    record_file *parent;
    size_t run;
    const record_run_info *info;
    scenario before, after;
    const char *strategy; /* of the branch */
    go_on_point point;
    record_digest *copied; /* of the rows that were copied: by the way */
    runner_result results[2];
} branching;

static command_exit refuse(const options *options, const char *what, const char *found, const char *expected,
                           sky_error *error)
{
    snprintf(error->message, sizeof error->message, "%.200s: %s: found %.100s, expected %.120s",
             options->arguments[0], what, found, expected);
    return COMMAND_INPUT;
}

static command_exit check_options(const options *options, sky_error *error)
{
    if (options->output == NULL)
        return refuse(options, "--output", "nothing", "the name of the branch's record", error);
    if (options->at_ns < 0)
        return refuse(options, "--at", "nothing", "a time since the run's start, such as \"12 d\"", error);
    return command_check_file(options->output, error);
}

static command_exit find_run(const options *options, branching *b, sky_error *error)
{
    char found[64], expected[100];

    b->run = options->run >= 0 ? (size_t)options->run : 0;
    snprintf(found, sizeof found, "%zu", b->run);
    snprintf(expected, sizeof expected, "less than the record's %zu runs", record_run_count(b->parent));
    if (b->run >= record_run_count(b->parent))
        return refuse(options, "--run", found, expected, error);
    b->info = record_run_info_of(b->parent, b->run);
    snprintf(found, sizeof found, "%.10g h", (double)options->at_ns / (double)SKY_NS_PER_HOUR);
    snprintf(expected, sizeof expected, "a time before the run's end, %.10g h",
             (double)b->info->summary.end_ns / (double)SKY_NS_PER_HOUR);
    if (b->info->complete && options->at_ns >= b->info->summary.end_ns)
        return refuse(options, "--at", found, expected, error);
    return COMMAND_DONE;
}

/* A branch of a branch can go on only from where that was one already. */
static command_exit check_parent(const options *options, const branching *b, sky_error *error)
{
    const record_branch *branch = &record_about_of(b->parent)->branch;

    if (branch->of == NULL || go_on_is_past(&b->point, branch->at_ns, b->before.control_interval_ns))
        return COMMAND_DONE;
    return refuse(options, "--at", "a branch without a checkpoint between its own beginning and this time",
                  "a later time, or the record that it is a branch of", error);
}

static command_exit load_scenarios(const options *options, branching *b, sky_error *error)
{
    command_exit code = go_on_scenario(b->parent, 0, NULL, &b->before, error);
    sky_error what;
    sky_status status;

    if (code == COMMAND_DONE && strcmp(b->before.inputs, record_about_of(b->parent)->scenario_inputs) != 0)
        return refuse(options, "scenario", "other traces than the run had read", "the same", error);
    if (code == COMMAND_DONE)
        code = go_on_scenario(b->parent, 0, options, &b->after, error);
    if (code != COMMAND_DONE)
        return code;
    status = record_scenarios_alike(&b->before, &b->after, &what);
    if (status == SKY_OK)
        return COMMAND_DONE;
    snprintf(error->message, sizeof error->message,
             "--set: %.300s: a run can go on only in a world of the same things", what.message);
    return command_exit_of(status);
}

static command_exit take_stock(const options *options, branching *b, sky_error *error)
{
    command_exit code = check_options(options, error);

    b->strategy = NULL;
    if (code == COMMAND_DONE && options->strategy != NULL)
        code = command_exit_of(options_strategy(options->strategy, &b->strategy, error));
    if (code == COMMAND_DONE)
        code = go_on_open(options->arguments[0], &b->parent, error);
    if (code == COMMAND_DONE)
        code = find_run(options, b, error);
    if (code == COMMAND_DONE && b->strategy == NULL)
        code = command_exit_of(options_strategy(b->info->strategy, &b->strategy, error));
    if (code == COMMAND_DONE)
        code = load_scenarios(options, b, error);
    if (code == COMMAND_DONE)
        code = command_exit_of(go_on_find(b->parent, b->run, options->at_ns, &b->point, error));
    return code == COMMAND_DONE ? check_parent(options, b, error) : code;
}

/* ---- running --------------------------------------------------------------------------------------------------- */

static sky_status begin(void *context, record *record, record_run **out, sky_error *error)
{
    branching *b = context;
    sky_status status = record_run_begin(record, b->strategy, b->info->replication, b->info->seed, out,
                                         error);

    return status == SKY_OK
               ? record_replay(b->parent, b->run, b->point.checkpoint.rows, b->copied, *out, error)
               : status;
}

static command_exit open_record(const options *options, const branching *b, record **out, sky_error *error)
{
    record_plan plan = { .strategies = &b->strategy,
                         .strategy_count = 1,
                         .replication = b->info->replication,
                         .replications = 1,
                         .seed = b->info->seed,
                         .checkpoint_every_ns = options->checkpoint_every_ns };
    record_branch branch = { .of = options->arguments[0],
                             .run = (unsigned)b->run,
                             .digest = b->info->digest,
                             .strategy = b->info->strategy,
                             .at_ns = options->at_ns,
                             .sets = options->sets,
                             .set_count = options->set_count };

    return command_exit_of(
        record_of_scenario(options->output, options->command_line, &b->after, &plan, &branch, out, error));
}

static command_exit run(const options *options, branching *b, sky_error *error)
{
    twin_change change = { .at_ns = options->at_ns,
                           .scenario = options->set_count > 0 ? &b->after : NULL,
                           .strategy = options->strategy != NULL ? b->strategy : NULL };
    batch_origin origin = { .run = { b->point.bytes, b->point.size, b->point.digest },
                            .context = b,
                            .begin = begin };
    const char *strategy = b->info->strategy;
    batch_plan plan = { .scenario = &b->before,
                        .strategies = &strategy,
                        .strategy_count = 1,
                        .replication = b->info->replication,
                        .replications = 1,
                        .seed = b->info->seed,
                        .origin = b->point.digest != NULL ? &origin : NULL,
                        .change = &change,
                        .checkpoint_every_ns = options->checkpoint_every_ns,
                        .threads = options->threads,
                        .show_progress = !options->json };
    command_exit code = open_record(options, b, &plan.record, error);
    sky_status status;

    if (code != COMMAND_DONE)
        return code;
    status = batch_run(&plan, &b->results[1], error);
    return simulation_close_record(options->output, plan.record, status, error);
}

/* ---- what came of it --------------------------------------------------------------------------------------------- */

static command_exit print(const options *options, branching *b, sky_error *error)
{
    char parent[100], branch[100];
    sky_status status;

    b->results[1].strategy = b->strategy;
    if (options->json)
        return command_exit_of(
            results_print_json(results_json(b->after.name, b->results[1].digest, &b->results[1], 1), error));
    if (!b->info->complete) {
        status = results_print_run(&b->results[1], error);
    } else {
        b->results[0] = results_of_record(b->parent, b->run);
        snprintf(parent, sizeof parent, "record: %.80s", b->info->strategy);
        snprintf(branch, sizeof branch, "branch: %.80s", b->strategy);
        b->results[0].strategy = parent;
        b->results[1].strategy = branch;
        printf("Run %zu of %s, and from %.1f h on a branch of it\n", b->run, options->arguments[0],
               (double)options->at_ns / (double)SKY_NS_PER_HOUR);
        status = results_print_difference(&b->results[0], &b->results[1], error);
    }
    if (status == SKY_OK)
        printf("The record is %s\n", options->output);
    return command_exit_of(status);
}

command_exit command_branch(const options *options, sky_error *error)
{
    branching b = { .parent = NULL };
    command_exit code = take_stock(options, &b, error);

    b.copied = record_digest_new();
    if (code == COMMAND_DONE && b.copied == NULL) {
        snprintf(error->message, sizeof error->message, "out of memory for a digest");
        code = COMMAND_OURS;
    }
    if (code == COMMAND_DONE)
        code = run(options, &b, error);
    if (code == COMMAND_DONE)
        code = print(options, &b, error);
    record_close(b.parent);
    record_digest_free(b.copied);
    go_on_free(&b.point);
    scenario_free(&b.before);
    scenario_free(&b.after);
    return code;
}
