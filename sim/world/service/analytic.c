#include "analytic.h"

#include <math.h>

#define NS_PER_S     1e9
#define RATE_UNIT    1e6
#define LOAD_CLASSES 1000 /* minutes of about the same utilisation are solved as one, at their mean rate */
#define SEARCH_STEPS 64

/* By the recursion 1 / B(c) = 1 + c / a × 1 / B(c - 1), which can't overflow where B matters. */
double analytic_erlang_b(uint32_t servers, double erlangs)
{
    double inverse = 1;

    if (erlangs <= 0)
        return 0;
    for (uint32_t c = 1; c <= servers; c++)
        inverse = 1 + (double)c / erlangs * inverse;
    return 1 / inverse;
}

double analytic_erlang_c(uint32_t servers, double erlangs)
{
    double b = analytic_erlang_b(servers, erlangs), rho = erlangs / servers;

    return b / (1 - rho * (1 - b));
}

analytic_answer analytic_solve(const analytic_queue *q)
{
    double mean_ns = q->service->mean_ns, erlangs = q->per_s * mean_ns / NS_PER_S;
    analytic_answer answer = { .utilisation = erlangs / q->servers };

    if (answer.utilisation >= 1)
        return answer;
    answer.wait_probability = analytic_erlang_c(q->servers, erlangs);
    answer.wait_ns = answer.wait_probability * mean_ns / (q->servers - erlangs) *
                     (q->gap_scv + duration_scv(q->service)) / 2;
    answer.response_ns = answer.wait_ns + mean_ns;
    return answer;
}

/* A service time cut into points of equal probability: their quantiles in the middle. */
static void cut(const duration *service, double points[ANALYTIC_POINTS])
{
    for (int i = 0; i < ANALYTIC_POINTS; i++)
        points[i] = (double)duration_ns(service, -log1p(-(i + 0.5) / ANALYTIC_POINTS));
}

static double chance_of_more(const analytic_answer *a, const double points[ANALYTIC_POINTS], double ns)
{
    double waits_ns = a->wait_probability > 0 ? a->wait_ns / a->wait_probability : 0, sum = 0;

    for (int i = 0; i < ANALYTIC_POINTS; i++)
        if (points[i] > ns)
            sum += 1;
        else if (waits_ns > 0)
            sum += a->wait_probability * exp(-(ns - points[i]) / waits_ns);
    return sum / ANALYTIC_POINTS;
}

static int64_t percentile(const analytic_answer *a, const double points[ANALYTIC_POINTS], double share)
{
    double low = 0, high = points[ANALYTIC_POINTS - 1] + 1;

    while (chance_of_more(a, points, high) > 1 - share)
        high *= 2;
    for (int i = 0; i < SEARCH_STEPS && high - low > 0.5; i++) {
        double middle = (low + high) / 2;

        if (chance_of_more(a, points, middle) > 1 - share)
            low = middle;
        else
            high = middle;
    }
    return llround(high);
}

int64_t analytic_percentile_ns(const analytic_queue *q, const analytic_answer *answer, double share)
{
    double points[ANALYTIC_POINTS];

    cut(q->service, points);
    return percentile(answer, points, share);
}

/* How many of `all` the i-th of so many equal parts has; together they have them all. */
static uint64_t part(uint64_t all, uint64_t i, uint64_t of)
{
    return (uint64_t)((sky_int128)all * (i + 1) / of - (sky_int128)all * i / of);
}

/* Puts requests into a histogram, spread as the answer says: over points of equal probability of service and wait. */
static void put(histogram *h, const analytic_answer *a, const double points[ANALYTIC_POINTS],
                uint64_t requests)
{
    uint64_t waiting = (uint64_t)llround(a->wait_probability * (double)requests), at = 0;
    double mean_ns = waiting > 0 ? a->wait_ns / a->wait_probability : 0;

    for (uint64_t i = 0; i < ANALYTIC_POINTS; i++) {
        histogram_add(h, llround(points[i]), part(requests - waiting, i, ANALYTIC_POINTS));
        for (uint64_t k = 0; k < ANALYTIC_POINTS; k++, at++) {
            double wait_ns = -log1p(-((double)k + 0.5) / ANALYTIC_POINTS) * mean_ns;
            uint64_t times = part(waiting, at, ANALYTIC_POINTS * ANALYTIC_POINTS);

            if (times > 0)
                histogram_add(h, llround(points[i] + wait_ns), times);
        }
    }
}

typedef struct load_class {
    uint64_t requests;
    sky_int128 weight; /* requests × rate */
} load_class;

static void solve_class(const load_class *class, analytic_queue *q, const double points[ANALYTIC_POINTS],
                        analytic_year *year)
{
    analytic_answer answer;

    q->per_s = (double)(class->weight / class->requests) / RATE_UNIT;
    answer = analytic_solve(q);
    put(&year->responses, &answer, points, class->requests);
}

void analytic_run(const demand *load, const duration *service, uint32_t servers, int64_t span_ns,
                  analytic_year *year)
{
    load_class classes[LOAD_CLASSES] = { 0 };
    double points[ANALYTIC_POINTS], most_per_s = servers * NS_PER_S / service->mean_ns, left = 0;
    analytic_queue q = { .gap_scv = 1, .service = service, .servers = servers };

    cut(service, points);
    for (int64_t now_ns = 0; now_ns < span_ns; now_ns += DEMAND_STEP_NS) {
        int64_t rate = demand_rate(load, now_ns);
        double load_now = (double)rate / RATE_UNIT / most_per_s;
        double expected = (double)rate / RATE_UNIT * ((double)DEMAND_STEP_NS / NS_PER_S) + left;
        uint64_t requests = (uint64_t)expected;

        left = expected - (double)requests;
        year->requests += requests;
        if (load_now >= 1) {
            year->overload_minutes++;
            year->overload_requests += requests;
            continue;
        }
        classes[(int)(load_now * LOAD_CLASSES)].requests += requests;
        classes[(int)(load_now * LOAD_CLASSES)].weight += (sky_int128)requests * rate;
    }
    for (int i = 0; i < LOAD_CLASSES; i++)
        if (classes[i].requests > 0)
            solve_class(&classes[i], &q, points, year);
}
