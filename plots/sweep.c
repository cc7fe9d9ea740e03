/* A sweep: cost and deadlines met against each axis, a line a strategy. A line's point is the mean over the sweep's points
 * that have that value (or, where values are many, fall into that part of the axis); its bar is the 95 % interval over
 * replications, which are independent worlds. */
#include "plot.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MOST 24 /* of an axis, each with a mean of its own */
#define PARTS       12 /* of an axis with more values */

typedef struct axis_point {
    double x;
    uint64_t point;
} axis_point;

typedef struct estimate {
    double mean, half_width; /* half_width 0: one replication */
} estimate;

typedef struct axis_view {
    const sweep_file *file;
    const sweep_about *about;
    size_t axis;
    axis_point *points; /* by rising x */
    uint64_t count;
    const sweep_row **rows; /* of each run; NULL: it is not in this part */
    int logarithmic;
} axis_view;

static int by_x(const void *a, const void *b)
{
    const axis_point *p = a, *q = b;

    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return p->point < q->point ? -1 : 1;
}

static double cost_usd(const record_summary *s)
{
    return (double)s->cost_nusd / 1e9;
}

static double deadlines_met_pct(const record_summary *s)
{
    return s->deadlines > 0 ? 100 * (double)s->deadlines_met / (double)s->deadlines : NAN;
}

/* Over points [from, to) of the axis. */
static estimate estimate_of(const axis_view *v, size_t strategy, uint64_t from, uint64_t to,
                            double (*measure)(const record_summary *s))
{
    double sum = 0, squares = 0, n = 0;

    for (uint64_t r = 0; r < v->about->replications; r++) {
        double world = 0, points = 0;

        for (uint64_t i = from; i < to; i++) {
            uint64_t cell = v->points[i].point * v->about->strategy_count + strategy;
            const sweep_row *row = v->rows[cell * v->about->replications + r];

            if (row == NULL)
                continue;
            world += measure(&row->summary);
            points++;
        }
        if (points == 0)
            continue;
        sum += world / points;
        squares += world / points * (world / points);
        n++;
    }
    if (n == 0)
        return (estimate){ NAN, 0 };
    if (n < 2)
        return (estimate){ sum / n, 0 };
    return (estimate){ sum / n, gsl_cdf_tdist_Pinv(0.975, n - 1) *
                                    sqrt(fmax(0, squares - sum * sum / n) / (n - 1) / n) };
}

/* Where the group of points that begins at `from` ends. */
static uint64_t group_end(const axis_view *v, uint64_t from, uint64_t values)
{
    uint64_t to = from + 1;

    if (values > VALUES_MOST)
        to = v->count * (from * PARTS / v->count + 1) / PARTS;
    else
        while (to < v->count && v->points[to].x == v->points[from].x)
            to++;
    return to > from ? to : from + 1;
}

static uint64_t count_values(const axis_view *v)
{
    uint64_t values = v->count > 0;

    for (uint64_t i = 1; i < v->count; i++)
        values += v->points[i].x != v->points[i - 1].x;
    return values;
}

static double middle(const axis_view *v, uint64_t from, uint64_t to)
{
    double sum = 0;

    for (uint64_t i = from; i < to; i++)
        sum += v->logarithmic ? log(v->points[i].x) : v->points[i].x;
    sum /= (double)(to - from);
    return v->points[from].x == v->points[to - 1].x ? v->points[from].x : v->logarithmic ? exp(sum) : sum;
}

static void write_label(const axis_view *v, double x, FILE *table)
{
    const sweep_axis_about *axis = &v->about->axes[v->axis];

    if (axis->text_count > 0 && x >= 0 && x < (double)axis->text_count)
        fprintf(table, "%s\n", axis->texts[(size_t)x]);
    else
        fprintf(table, "%.6g\n", x);
}

/* A block a strategy, which begins with its name. */
static int write_blocks(const axis_view *v, FILE *table)
{
    uint64_t values = count_values(v);
    int deadlines = 0;

    for (size_t s = 0; s < v->about->strategy_count; s++) {
        fprintf(table, "%s# x\tcost_usd\thalf_width\tdeadlines_met_pct\thalf_width\tlabel\n\"%s\"\n",
                s > 0 ? "\n\n" : "", v->about->strategies[s]);
        for (uint64_t from = 0, to; from < v->count; from = to) {
            estimate cost, met;
            double x;

            to = group_end(v, from, values);
            x = middle(v, from, to);
            cost = estimate_of(v, s, from, to, cost_usd);
            met = estimate_of(v, s, from, to, deadlines_met_pct);
            if (isnan(cost.mean))
                continue;
            deadlines |= !isnan(met.mean);
            fprintf(table, "%.9g\t%.9f\t%.9f\t%.9f\t%.9f\t", x, cost.mean, cost.half_width, met.mean,
                    met.half_width);
            write_label(v, x, table);
        }
    }
    return deadlines;
}

/* Even steps of the axis on a logarithmic scale tell that it was meant to be seen on one. */
static int is_logarithmic(const axis_view *v)
{
    double least = v->points[0].x, most = v->points[v->count - 1].x, half = v->points[v->count / 2].x;

    return v->about->axes[v->axis].text_count == 0 && least > 0 && most / least >= 4 &&
           fabs(log(half / least) / log(most / least) - 0.5) < fabs((half - least) / (most - least) - 0.5);
}

static sky_status draw_axis(const plot *plot, axis_view *v, sky_error *error)
{
    const sweep_axis_about *axis = &v->about->axes[v->axis];
    char name[32], title[256], label[160], strategies[24];
    FILE *table;
    int deadlines;
    sky_status status;

    for (uint64_t p = 0; p < v->count; p++)
        v->points[p] = (axis_point){ sweep_record_point(v->file, p)[v->axis], p };
    qsort(v->points, v->count, sizeof *v->points, by_x);
    v->logarithmic = is_logarithmic(v);
    snprintf(name, sizeof name, "sweep-%zu", v->axis);
    status = plot_table_open(plot, name, &table, error);
    if (status != SKY_OK)
        return status;
    deadlines = write_blocks(v, table);
    status = plot_table_close(plot, name, table, error);
    if (status != SKY_OK)
        return status;
    snprintf(title, sizeof title, "%.120s: %llu points, %llu replication%s",
             v->about->title[0] != '\0' ? v->about->title : v->about->name, (unsigned long long)v->count,
             (unsigned long long)v->about->replications, v->about->replications == 1 ? "" : "s");
    snprintf(label, sizeof label, "%.100s%s%.30s%s", axis->key, axis->unit[0] != '\0' ? " (" : "", axis->unit,
             axis->unit[0] != '\0' ? ")" : "");
    snprintf(strategies, sizeof strategies, "%zu", v->about->strategy_count);
    return plot_gnuplot(plot, "sweep", name, title,
                        (const char *const[PLOT_ARGUMENTS]){ strategies, label,
                                                             axis->text_count > 0 ? "text"
                                                             : v->logarithmic     ? "log"
                                                                                  : "linear",
                                                             deadlines ? "2" : "1" },
                        error);
}

sky_status plot_sweep(const plot *plot, const sweep_file *file, sky_error *error)
{
    const sweep_about *about = sweep_record_about(file);
    axis_view v = { .file = file, .about = about, .count = about->point_count };
    size_t count;
    const sweep_row *rows = sweep_record_runs(file, &count);
    sky_status status = SKY_OK;

    if (count == 0) {
        snprintf(error->message, sizeof error->message, "the record has no run: there is nothing to draw");
        return SKY_ERROR_INPUT;
    }
    v.points = calloc(v.count + 1, sizeof *v.points);
    v.rows = calloc(sweep_run_count(about) + 1, sizeof *v.rows);
    if (v.points == NULL || v.rows == NULL)
        status = plot_no_memory("a sweep's runs", error);
    for (size_t i = 0; i < count && status == SKY_OK; i++)
        v.rows[rows[i].run] = &rows[i];
    for (v.axis = 0; v.axis < about->axis_count && status == SKY_OK; v.axis++)
        status = draw_axis(plot, &v, error);
    free(v.rows);
    free(v.points);
    return status;
}
