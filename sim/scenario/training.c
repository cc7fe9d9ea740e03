/* Tasks that train, of a cluster from files: `throughputs` says how fast each kind of job goes on which accelerators. */
#include "training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_ELASTIC 64 /* workers of an elastic job */

/* ---- what the table says ----------------------------------------------------------------------------------------- */

/* The table's device for a model of the nodes, whatever its case; THROUGHPUT_NONE: it has none. */
static uint32_t device_of(const throughput_table *table, const char *model, const char *suffix)
{
    size_t length = strlen(model);

    for (uint32_t i = 0; i < table->device_count; i++)
        if (strncasecmp(table->devices[i], model, length) == 0 &&
            strcmp(table->devices[i] + length, suffix) == 0)
            return i;
    return THROUGHPUT_NONE;
}

/* Millionths of a step per second; 0: was not measured, or does not fit. */
static int64_t usteps_alone(const throughput_table *table, uint32_t device, uint32_t kind)
{
    double rate = device != THROUGHPUT_NONE && kind != THROUGHPUT_NONE ? throughput_alone(table, device, kind)
                                                                       : 0;

    return rate > 0 ? llround(rate * 1e6) : 0;
}

static int64_t usteps_paired(const throughput_table *table, uint32_t device, uint32_t kind, uint32_t other)
{
    double rate = device != THROUGHPUT_NONE ? throughput_paired(table, device, kind, other) : 0;

    return rate > 0 ? llround(rate * 1e6) : 0;
}

/* With any number of workers: as measured, or where the scenario gives a parallel fraction f, by Amdahl's law from the
 * rate of one, 1 / (1 - f + f / n). */
static int64_t usteps_elastic(const training *t, uint32_t kind, uint32_t device, uint32_t workers)
{
    const throughput_table *table = &t->table;
    uint32_t other = throughput_kind_of(table, table->kinds[kind].name, workers);
    int64_t one;

    if (t->parallel_fraction < 0 || workers == table->kinds[kind].workers)
        return usteps_alone(table, device, other);
    one = usteps_alone(table, device, throughput_kind_of(table, table->kinds[kind].name, 1));
    return llround((double)one / (1 - t->parallel_fraction + t->parallel_fraction / workers));
}

static uint32_t most_workers(const training *t, uint32_t kind)
{
    uint32_t least = t->table.kinds[kind].workers;

    return t->elastic_most > least ? t->elastic_most : least;
}

uint64_t training_models(const training *t, const scenario *s, uint32_t kind)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < s->accelerator_count; i++)
        if (usteps_alone(&t->table, device_of(&t->table, s->accelerators[i], ""), kind) > 0)
            bits |= UINT64_C(1) << i;
    return bits;
}

sky_status training_kind(const training *t, loader *l, const config_setting_t *root, const trace_task *task,
                         uint32_t *kind)
{
    char found[160];

    if (task->kind == NULL || task->steps < 1)
        return config_fail(l, root, "tasks", task->name,
                           "tasks that say what they train and for how many steps");
    if (task->steps > INT64_MAX / 1000000 / 1000)
        return config_fail(l, root, "tasks", task->name, "at most 9,223,372,036 steps");
    *kind = throughput_kind_of(&t->table, task->kind, task->tasks);
    if (*kind != THROUGHPUT_NONE)
        return SKY_OK;
    snprintf(found, sizeof found, "%.100s with %u workers", task->kind, task->tasks);
    return config_fail(l, root, "tasks", found, "kinds of job that the file of `throughputs` holds");
}

/* ---- rates of classes ---------------------------------------------------------------------------------------------- */

static void add_rate(scenario *s, const scenario_rate *rate)
{
    if (rate->usteps > 0 || rate->spread_usteps > 0)
        s->rates[s->rate_count++] = *rate;
}

static void add_class_rates(const training *t, scenario *s, uint32_t job_class, uint32_t model)
{
    uint32_t kind = s->classes[job_class].kind, workers = t->table.kinds[kind].workers;
    uint32_t device = device_of(&t->table, s->accelerators[model], "");
    uint32_t spread = device_of(&t->table, s->accelerators[model], "_unconsolidated");

    for (uint32_t n = workers; n <= most_workers(t, kind); n++) {
        scenario_rate rate = { .job_class = job_class,
                               .model = model,
                               .workers = n,
                               .partner = SKY_NONE,
                               .usteps = usteps_elastic(t, kind, device, n),
                               .spread_usteps = usteps_elastic(t, kind, spread, n) };

        add_rate(s, &rate);
        for (uint32_t other = 0; other < s->class_count && most_workers(t, kind) == n; other++) {
            uint32_t beside = s->classes[other].kind;

            if (n != workers || t->table.kinds[beside].workers != n || most_workers(t, beside) != n)
                continue;
            rate.partner = other;
            rate.usteps = usteps_paired(&t->table, device, kind, beside);
            rate.spread_usteps = usteps_paired(&t->table, spread, kind, beside);
            add_rate(s, &rate);
        }
    }
}

/* What its owner says a task takes: alone on the accelerator that is fastest for it. */
static sky_status estimate(loader *l, const config_setting_t *root, scenario_task *task)
{
    const scenario *s = l->out;
    int64_t best = 0;
    double ns;

    for (size_t i = 0; i < s->rate_count; i++)
        if (s->rates[i].job_class == task->task_class && s->rates[i].partner == SKY_NONE &&
            s->rates[i].workers == task->gang && s->rates[i].usteps > best)
            best = s->rates[i].usteps;
    ns = best > 0 ? (double)task->usteps / (double)best * 1e9 : 0;
    if (best == 0 || ns > (double)SKY_NEVER_NS / 8)
        return config_fail(l, root, "tasks", s->classes[task->task_class].name,
                           "tasks that some of the nodes' accelerators can train, within 36 years");
    task->run_ns = task->estimate_ns = llround(ns) > 0 ? llround(ns) : 1;
    return SKY_OK;
}

sky_status training_rates(const training *t, loader *l, const config_setting_t *root)
{
    scenario *s = l->out;
    size_t most = t->elastic_most + s->class_count + 1;
    sky_status status = SKY_OK;

    s->rates = config_alloc(l, s->class_count * s->accelerator_count * most + 1, sizeof *s->rates);
    if (s->rates == NULL)
        return SKY_ERROR_MEMORY;
    for (uint32_t c = 0; c < s->class_count; c++)
        for (uint32_t i = 0; i < s->accelerator_count; i++)
            add_class_rates(t, s, c, i);
    for (size_t i = 0; i < s->task_count && status == SKY_OK; i++) {
        s->tasks[i].most_workers = most_workers(t, s->classes[s->tasks[i].task_class].kind);
        status = estimate(l, root, &s->tasks[i]);
    }
    return status;
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

static sky_status load_elastic(training *t, loader *l, const config_setting_t *root)
{
    const config_setting_t *elastic = NULL;
    int64_t most = 0;
    sky_status status = config_get_group(l, root, "elastic", 0, &elastic);

    t->parallel_fraction = -1;
    if (status != SKY_OK || elastic == NULL)
        return status;
    status = config_check_keys(l, elastic, "most parallel_fraction");
    if (status == SKY_OK)
        status = config_get_integer(l, elastic, "most", 1, 1, MAX_ELASTIC, &most);
    if (status == SKY_OK)
        status = config_get_real(l, elastic, "parallel_fraction", 0, 0, 1, &t->parallel_fraction);
    t->elastic_most = (uint32_t)most;
    return status;
}

/* Of one accelerator; the pool sells whole nodes. */
static sky_status load_price(loader *l, const config_setting_t *group)
{
    scenario *s = l->out;
    const char *name = NULL;
    int64_t price = 0;
    uint32_t devices = 0;
    size_t pool = 0;
    sky_status status = config_check_keys(l, group, "accelerator price");

    if (status == SKY_OK)
        status = config_get_string(l, group, "accelerator", 1, &name);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "price", UNIT_USD_PER_HOUR, 1, &price);
    if (status != SKY_OK)
        return status;
    while (pool < s->pool_count && strcmp(s->pools[pool].name, name) != 0)
        pool++;
    if (pool == s->pool_count) {
        suggest_search search = suggest_for(name);

        for (size_t i = 0; i < s->accelerator_count; i++)
            suggest_offer(&search, s->accelerators[i], 0);
        return config_fail_near(l, group, "accelerator", name, "a model of the nodes' accelerators", &search);
    }
    for (size_t i = 0; i < s->node_count; i++) {
        if (s->nodes[i].pool != pool)
            continue;
        if (devices != 0 && devices != s->nodes[i].devices)
            return config_fail(l, group, "accelerator", name, "a model of which all nodes have as many");
        devices = s->nodes[i].devices;
    }
    if (price < 0 || price > INT64_C(10000) * 1000000000)
        return config_fail(l, group, "price", "over 10000 USD/h", "the price of one accelerator an hour");
    s->pools[pool].on_demand_nusd_per_hour = price * devices;
    return SKY_OK;
}

static sky_status load_prices(loader *l, const config_setting_t *root)
{
    const config_setting_t *list = NULL;
    sky_status status = config_get_list(l, root, "prices", 0, &list);

    for (int i = 0; status == SKY_OK && list != NULL && i < config_setting_length(list); i++)
        status = load_price(l, config_setting_get_elem(list, (unsigned)i));
    return status;
}

sky_status training_load(training *t, loader *l, const config_setting_t *root)
{
    static const char *const keys[] = { "elastic", "prices", "rate_noise", "restart" };
    const char *path = NULL;
    sky_status status = config_get_path(l, root, "throughputs", 0, &path);

    *t = (training){ .is_told = path != NULL };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && path == NULL && status == SKY_OK; i++)
        if (config_setting_get_member(root, keys[i]) != NULL)
            return config_fail(l, root, keys[i], "a key for tasks that train", "`throughputs` as well");
    if (path == NULL || status != SKY_OK)
        return status;
    status = config_check_readable(l, root, "throughputs", path);
    if (status == SKY_OK)
        status = throughput_read(path, &t->table, l->error);
    if (status == SKY_OK)
        status = load_elastic(t, l, root);
    if (status == SKY_OK)
        status = load_prices(l, root);
    if (status == SKY_OK)
        status = config_get_real(l, root, "rate_noise", 0, 0, 2, &l->out->rate_noise);
    return status;
}

void training_free(training *t)
{
    throughput_free(&t->table);
}
