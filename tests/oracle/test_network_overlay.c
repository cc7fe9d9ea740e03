/* Overlay plans against exhaustive search: every number of machines, and for each the best corner of the polytope of
 * flows over all five paths of four sites, found by trying all sets of tight constraints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>
#include "kernel/random.h"
#include "validation.h"
#include "world/network/overlay.h"

#define SITES    4 /* 0 from, 1 to, 2 and 3 relays */
#define PATHS    5
#define MACHINES 2
#define BOUNDS   (PATHS + 4 * SITES + 1)
#define EPSILON  1e-7

static const int paths[PATHS][4] = {
    { 0, 1, -1, -1 }, { 0, 2, 1, -1 }, { 0, 3, 1, -1 }, { 0, 2, 3, 1 }, { 0, 3, 2, 1 }
};

typedef struct polytope { /* a x <= b; the last one is an equality, if `goal` */
    double a[BOUNDS][PATHS], b[BOUNDS];
    int count, goal;
} polytope;

static void bound(polytope *p, const double *a, double b)
{
    memcpy(p->a[p->count], a, sizeof p->a[0]);
    p->b[p->count++] = b;
}

/* In MB a second. */
static void set_bounds(polytope *p, const overlay_problem *x, const int *machines)
{
    p->count = 0;
    for (int i = 0; i < PATHS; i++) {
        double a[PATHS] = { 0 };

        a[i] = -1;
        bound(p, a, 0);
    }
    for (int site = 0; site < SITES; site++)
        for (int out = 0; out < 2; out++) {
            double sum[PATHS] = { 0 }, connections[PATHS] = { 0 };

            for (int i = 0; i < PATHS; i++)
                for (int k = 0; k < 3 && paths[i][k + 1] >= 0; k++)
                    if (paths[i][out ? k : k + 1] == site) {
                        sum[i] += 1;
                        connections[i] += 1e6 /
                                          (double)x->pair[paths[i][k] * SITES + paths[i][k + 1]].bytes_per_s;
                    }
            bound(p, sum,
                  machines[site] *
                      (double)(out ? x->site[site].out_bytes_per_s : x->site[site].in_bytes_per_s) / 1e6);
            bound(p, connections, machines[site]);
        }
}

/* Gauss with pivots; 0: singular. */
static int solve(double m[PATHS][PATHS + 1], double *x)
{
    for (int c = 0; c < PATHS; c++) {
        int pivot = c;

        for (int r = c + 1; r < PATHS; r++)
            if (fabs(m[r][c]) > fabs(m[pivot][c]))
                pivot = r;
        if (fabs(m[pivot][c]) < 1e-9)
            return 0;
        for (int k = 0; k <= PATHS; k++) {
            double swap = m[c][k];

            m[c][k] = m[pivot][k];
            m[pivot][k] = swap;
        }
        for (int r = 0; r < PATHS; r++)
            for (int k = PATHS; r != c && k >= c; k--)
                m[r][k] -= m[r][c] / m[c][c] * m[c][k];
    }
    for (int c = 0; c < PATHS; c++)
        x[c] = m[c][PATHS] / m[c][c];
    return 1;
}

/* Least c x over the corners; INFINITY: it is empty. */
static double least(const polytope *p, const double *c)
{
    int tight[PATHS] = { 0, 1, 2, 3, 4 }, choices = p->count - p->goal, chosen = PATHS - p->goal;
    double best = INFINITY;

    for (;;) {
        double m[PATHS][PATHS + 1], x[PATHS], value = 0;
        int i = chosen - 1, feasible;

        for (int k = 0; k < PATHS; k++) {
            int row = k < chosen ? tight[k] : p->count - 1;

            memcpy(m[k], p->a[row], sizeof p->a[row]);
            m[k][PATHS] = p->b[row];
        }
        feasible = solve(m, x);
        for (int r = 0; feasible && r < choices; r++) {
            double sum = 0;

            for (int k = 0; k < PATHS; k++)
                sum += p->a[r][k] * x[k];
            feasible = sum <= p->b[r] + EPSILON * (1 + fabs(p->b[r]));
        }
        for (int k = 0; feasible && k < PATHS; k++)
            value += c[k] * x[k];
        if (feasible && value < best)
            best = value;
        while (i >= 0 && tight[i] == choices - chosen + i)
            i--;
        if (i < 0)
            return best;
        tight[i]++;
        for (int k = i + 1; k < chosen; k++)
            tight[k] = tight[k - 1] + 1;
    }
}

/* Dollars a second: of a MB a second over each path, and of the machines. */
static double costs(const overlay_problem *x, const int *machines, double *path)
{
    double rent = 0;

    for (int i = 0; i < PATHS; i++) {
        path[i] = 0;
        for (int k = 0; k < 3 && paths[i][k + 1] >= 0; k++)
            path[i] += (double)x->pair[paths[i][k] * SITES + paths[i][k + 1]].nusd_per_gb * 1e-12;
    }
    for (int site = 0; site < SITES; site++)
        rent += machines[site] * (double)x->site[site].nusd_per_hour * 1e-9 / 3600;
    return rent;
}

/* goal > 0: least dollars a second; else: greatest MB a second for so many dollars a MB. */
static double search(const overlay_problem *x, double goal, double ceiling)
{
    double best = INFINITY;

    for (int n = 0; n < (MACHINES + 1) * (MACHINES + 1) * (MACHINES + 1) * (MACHINES + 1); n++) {
        const int base = MACHINES + 1, machines[SITES] = { n % base, n / base % base, n / base / base % base,
                                                           n / base / base / base };
        double path[PATHS], rent = costs(x, machines, path), all[PATHS], value;
        polytope p = { .goal = goal > 0 };

        set_bounds(&p, x, machines);
        for (int i = 0; i < PATHS; i++)
            all[i] = goal > 0 ? 1 : path[i] - ceiling;
        bound(&p, all, goal > 0 ? goal : -rent);
        for (int i = 0; i < PATHS; i++)
            all[i] = -1;
        value = least(&p, goal > 0 ? path : all) + (goal > 0 ? rent : 0);
        best = value < best ? value : best;
    }
    return goal > 0 ? best : -best;
}

static uint64_t drawn;

static int64_t draw(int64_t least_value, int64_t most)
{
    const random_key key = { .seed = 5 };

    return least_value + (int64_t)(random_u64(&key, drawn++) % (uint64_t)(most - least_value));
}

static void draw_problem(overlay_problem *x, overlay_site *site, overlay_pair *pair)
{
    for (int i = 0; i < SITES; i++)
        site[i] = (overlay_site){ draw(300, 1000) * 1000000, draw(300, 1300) * 1000000, draw(0, 2000000000),
                                  MACHINES, 0 };
    for (int i = 0; i < SITES * SITES; i++)
        pair[i] = (overlay_pair){ draw(20, 800) * 1000000, draw(0, 120000000) };
    *x = (overlay_problem){ SITES, 0, 1, INT64_C(1000000000000), site, pair };
}

static void check_plan(const overlay_problem *x, const overlay_plan *plan)
{
    int64_t out[SITES] = { 0 }, in[SITES] = { 0 };

    for (uint32_t i = 0; i < plan->path_count; i++) {
        const overlay_path *path = &plan->paths[i];

        assert_int_equal(path->sites[0], x->from);
        assert_int_equal(path->sites[path->count - 1], x->to);
        for (uint32_t k = 0; k + 1 < path->count; k++) {
            out[path->sites[k]] += path->bytes_per_s;
            in[path->sites[k + 1]] += path->bytes_per_s;
        }
    }
    for (int s = 0; s < SITES; s++) {
        assert_true(out[s] <= x->site[s].out_bytes_per_s * plan->machines[s] + 100);
        assert_true(in[s] <= x->site[s].in_bytes_per_s * plan->machines[s] + 100);
    }
    assert_int_equal(out[x->from], plan->bytes_per_s);
}

static void test_plans_are_the_best_there_are(void **state)
{
    const int problems = SKYTWIN_SANITIZED ? 2 : 12;
    int reached = 0;
    char measured[100];

    (void)state;
    for (int i = 0; i < problems; i++) {
        overlay_site site[SITES];
        overlay_pair pair[SITES * SITES];
        overlay_problem x;
        overlay_plan plan;
        sky_error error;
        int64_t goal = draw(50, 900) * 1000000, ceiling_nusd;
        double cheapest, fastest, seconds = 1e12 / (double)goal;

        draw_problem(&x, site, pair);
        cheapest = search(&x, (double)goal / 1e6, 0);
        assert_int_equal(overlay_cheapest(&x, goal, &plan, &error), SKY_OK);
        check_plan(&x, &plan);
        assert_int_equal(plan.bytes_per_s > 0, isfinite(cheapest));
        if (!isfinite(cheapest))
            continue;
        reached++;
        assert_true(fabs((double)plan.bytes_per_s / (double)goal - 1) < 1e-6);
        assert_true(fabs((double)plan.nusd * 1e-9 / (cheapest * seconds) - 1) < 1e-5);

        ceiling_nusd = (int64_t)((double)plan.nusd * 1.1);
        fastest = search(&x, 0, (double)ceiling_nusd * 1e-9 / 1e6);
        assert_int_equal(overlay_fastest(&x, ceiling_nusd, &plan, &error), SKY_OK);
        check_plan(&x, &plan);
        assert_true(fabs((double)plan.bytes_per_s / 1e6 / fastest - 1) < 1e-5);
        assert_true((double)plan.nusd <= (double)ceiling_nusd * (1 + 1e-6));
    }
    assert_true(reached > 0);
    snprintf(measured, sizeof measured, "equal to 1e-5 on %d problems of 4 sites and up to 2 machines each",
             reached);
    validation_row("overlay plans: least cost for a throughput, greatest throughput for a cost",
                   "exhaustive search", measured, "Skyplane, NSDI'23, section 5");
}

/* Direct is slow; the relay trebles the rate for twice the price: taken only where the goal, or the money, asks. */
static void test_a_relay_is_taken_where_it_pays(void **state)
{
    const int64_t mb = 1000000, cent = 10000000;
    const overlay_site site[] = { { 1000 * mb, 1000 * mb, 0, 1, 0 },
                                  { 1000 * mb, 1000 * mb, 0, 1, 0 },
                                  { 1000 * mb, 1000 * mb, 0, 1, 0 } };
    const overlay_pair pair[9] = {
        [1] = { 100 * mb, 2 * cent }, [2] = { 300 * mb, 2 * cent }, [7] = { 300 * mb, 2 * cent }
    };
    const overlay_problem x = { 3, 0, 1, INT64_C(1000000000000), site, pair };
    overlay_plan plan;
    sky_error error;

    (void)state;
    assert_int_equal(overlay_cheapest(&x, 100 * mb, &plan, &error), SKY_OK);
    assert_int_equal(plan.path_count, 1);
    assert_int_equal(plan.paths[0].count, 2);
    assert_int_equal(plan.nusd, INT64_C(20000000000));
    assert_int_equal(overlay_cheapest(&x, 300 * mb, &plan, &error), SKY_OK);
    assert_int_equal(plan.paths[0].count, 3);
    assert_int_equal(plan.nusd, INT64_C(40000000000));
    /* one machine's connections are shared: half of the time each way */
    assert_int_equal(overlay_fastest(&x, INT64_C(30000000000), &plan, &error), SKY_OK);
    assert_in_range(plan.bytes_per_s, 149999990, 150000010);
    assert_int_equal(overlay_cheapest(&x, 301 * mb, &plan, &error), SKY_OK);
    assert_int_equal(plan.bytes_per_s, 0);
    assert_int_equal(overlay_fastest(&x, INT64_C(10000000000), &plan, &error), SKY_OK);
    assert_int_equal(plan.bytes_per_s, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans_are_the_best_there_are),
        cmocka_unit_test(test_a_relay_is_taken_where_it_pays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
