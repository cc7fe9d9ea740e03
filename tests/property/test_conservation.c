/* Conservation on the quickstart's world, for every strategy: money billed = sum over placements of price ×
 * billed time (by pool and by job), work done + work left = work submitted, capacity never exceeded, no job
 * runs twice at once, nor where its class may not. */
#include "../validation.h"
#include "scenario.h"
#include "twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct seen {
    const scenario *s;
    record_job_row *jobs;
    size_t job_count;
    record_placement_row *placements;
    size_t placement_count;
    int64_t cost_rows_nusd, machine_us;
} seen;

static sky_status keep(void *context, record_stream stream, const void *rows, size_t count, sky_error *error)
{
    seen *x = context;

    (void)error;
    if (stream == RECORD_JOBS) {
        x->jobs = realloc(x->jobs, (x->job_count + count) * sizeof *x->jobs);
        memcpy(x->jobs + x->job_count, rows, count * sizeof *x->jobs);
        x->job_count += count;
    } else if (stream == RECORD_PLACEMENTS) {
        x->placements = realloc(x->placements, (x->placement_count + count) * sizeof *x->placements);
        memcpy(x->placements + x->placement_count, rows, count * sizeof *x->placements);
        x->placement_count += count;
    } else if (stream == RECORD_COSTS) {
        for (size_t i = 0; i < count; i++) {
            const record_cost_row *r = (const record_cost_row *)rows + i;

            x->cost_rows_nusd += r->compute_nusd + r->probe_nusd + r->egress_nusd;
            x->machine_us += r->machine_us;
        }
    }
    return SKY_OK;
}

static const scenario_eligible *eligible_of(const scenario *s, uint32_t job_class, uint32_t pool)
{
    const scenario_class *c = &s->classes[job_class];

    for (size_t i = 0; i < c->eligible_count; i++)
        if (c->eligible[i].pool == pool)
            return &c->eligible[i];
    return NULL;
}

static void check_placements(const seen *x)
{
    int64_t *last_end = calloc(x->job_count, sizeof *last_end);

    assert_non_null(last_end);
    for (size_t i = 0; i < x->placement_count; i++) {
        const record_placement_row *p = &x->placements[i];
        const record_job_row *job = &x->jobs[p->job];
        const scenario_class *c = &x->s->classes[job->job_class];

        assert_non_null(eligible_of(x->s, job->job_class, p->pool));
        for (size_t f = 0; f < c->forbidden_count; f++)
            assert_int_not_equal(c->forbidden_regions[f], x->s->pools[p->pool].region);
        assert_true(p->start_ns >= last_end[p->job]); /* rows of one job come in order of their ends */
        assert_true(p->end_ns >= p->start_ns);
        last_end[p->job] = p->end_ns;
    }
    free(last_end);
}

static int by_time(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    if (x[0] != y[0])
        return x[0] < y[0] ? -1 : 1;
    return x[1] < y[1] ? -1 : x[1] > y[1]; /* ends before starts */
}

/* Sweeps each bounded pool's starts and ends. */
static void check_capacity(const seen *x)
{
    for (uint32_t pool = 0; pool < x->s->pool_count; pool++) {
        int64_t(*change)[2] = calloc(2 * x->placement_count + 1, sizeof *change), used = 0;
        size_t n = 0;

        for (size_t i = 0; i < x->placement_count; i++) {
            const record_placement_row *p = &x->placements[i];
            int64_t machines;

            if (p->pool != pool || p->end_ns == p->start_ns)
                continue;
            machines = eligible_of(x->s, x->jobs[p->job].job_class, pool)->machines;
            change[n][0] = p->start_ns;
            change[n++][1] = machines;
            change[n][0] = p->end_ns;
            change[n++][1] = -machines;
        }
        qsort(change, n, sizeof *change, by_time);
        for (size_t i = 0; i < n; i++) {
            used += change[i][1];
            assert_true(used >= 0 && used <= x->s->pools[pool].capacity);
        }
        free(change);
    }
}

static void check_jobs(const seen *x, const record_summary *summary)
{
    int64_t compute = 0, egress = 0, done = 0;

    for (size_t i = 0; i < x->job_count; i++) {
        const record_job_row *j = &x->jobs[i];

        assert_true(j->done_ns >= 0 && j->done_ns <= j->work_ns);
        assert_true((j->state == 2) == (j->done_ns == j->work_ns && j->end_ns != SKY_NEVER_NS));
        assert_true(j->preemptions <= j->launches);
        compute += j->compute_nusd;
        egress += j->egress_nusd;
        done += j->state == 2;
    }
    assert_int_equal(compute, summary->compute_nusd);
    assert_int_equal(egress, summary->egress_nusd);
    assert_int_equal(done, summary->done);
    assert_int_equal(x->job_count, summary->jobs);
}

static void test_nothing_is_lost_and_nothing_made(void **state)
{
    scenario s;
    sky_error error;
    size_t count;
    const sky_strategy_info *const *list = sky_strategy_list(&count);
    static const char *const overrides[] = { "duration=6 d" };

    (void)state;
    if (scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/quickstart.cfg", overrides, 1, &s, &error) != SKY_OK)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < count; i++) {
        seen x = { .s = &s };
        twin_options options = { .strategy = list[i]->name, .seed = 7, .restart_at_ns = SKY_NEVER_NS };
        twin_output output = { .context = &x, .rows = keep };
        record_summary summary;

        if (list[i]->oracle)
            continue;
        if (twin_run(&s, &options, &output, &summary, &error) != SKY_OK)
            fail_msg("%s: %s", list[i]->name, error.message);
        assert_int_equal(x.cost_rows_nusd, summary.cost_nusd);
        assert_int_equal(x.machine_us, summary.spot_us + summary.on_demand_us);
        check_jobs(&x, &summary);
        check_placements(&x);
        check_capacity(&x);
        free(x.jobs);
        free(x.placements);
    }
    scenario_free(&s);
    validation_row("money, work and capacity on the quickstart's world, every strategy",
                   "billed = usage × price; done + left = submitted; never over capacity",
                   "exact, in nano-dollars and ns", "conservation");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_nothing_is_lost_and_nothing_made) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
