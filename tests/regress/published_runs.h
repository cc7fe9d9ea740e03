/* The published runs of experiment A, and how each is run again here. Header only, for the tests. */
#ifndef PUBLISHED_RUNS_H
#define PUBLISHED_RUNS_H

#include "scenario.h"
#include "twin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PUBLISHED_DATA SKYTWIN_SOURCE_DIR "/../shared/data"

typedef struct published_run {
    char strategy[64], task_type[32], experiment[64], zones[512]; /* zones: "a,b,c" */
    double ratio, cost_usd, checkpoint_gb;
    int window, migrations;
    int aggregate;   /* no run, but of the zones' mean costs over the windows: 1 the least, 2 the mean */
    int single_zone; /* no final tick is left out of its cost */
} published_run;

typedef struct published_runs {
    published_run *run;
    size_t count;
    size_t *order;   /* of runs, those that share a scenario side by side: each scenario is then read once */
    scenario loaded; /* of the run before: most share it */
    char loaded_key[640];
} published_runs;

/* Splits a CSV line in place, quotes honoured; returns the number of fields. */
static inline int published_split(char *line, char **field, int most)
{
    int n = 0;

    while (n < most) {
        int quoted = *line == '"';

        field[n++] = line += quoted;
        line = quoted ? strchr(line, '"') : line + strcspn(line, ",\r\n");
        if (line == NULL || *line == '\0')
            return n;
        if (quoted)
            *line++ = '\0';
        if (*line != ',') {
            *line = '\0';
            return n;
        }
        *line++ = '\0';
    }
    return n;
}

/* "['us-central1-a_h100_16', …]" -> "us-central1-a,…" */
static inline void published_zones(const char *list, char *out, size_t size)
{
    size_t n = 0;

    for (const char *at = strchr(list, '\''); at != NULL; at = strchr(at, '\'')) {
        size_t name = strcspn(++at, "_'");

        n += (size_t)snprintf(out + n, size - n, "%s%.*s", n > 0 ? "," : "", (int)name, at);
        at += strcspn(at, "'") + 1;
    }
}

static inline void published_only_zone(published_run *run, int k)
{
    char *zone = run->zones;

    for (; k > 0 && strchr(zone, ',') != NULL; k--)
        zone = strchr(zone, ',') + 1;
    zone[strcspn(zone, ",")] = '\0';
    memmove(run->zones, zone, strlen(zone) + 1);
}

static inline void published_key(const published_run *run, char *key, size_t size)
{
    snprintf(key, size, "%s %.4f %.4f", run->zones, run->ratio, run->checkpoint_gb);
}

typedef struct published_place {
    char key[640];
    size_t at;
} published_place;

static inline int published_compare(const void *a, const void *b)
{
    const published_place *p = a, *q = b;
    int order = strcmp(p->key, q->key);

    return order != 0 ? order : (p->at > q->at) - (p->at < q->at);
}

static inline void published_sort(published_runs *runs)
{
    published_place *places = calloc(runs->count, sizeof *places);

    runs->order = calloc(runs->count, sizeof *runs->order);
    if (places == NULL || runs->order == NULL)
        exit(1);
    for (size_t i = 0; i < runs->count; i++) {
        published_key(&runs->run[i], places[i].key, sizeof places[i].key);
        places[i].at = i;
    }
    qsort(places, runs->count, sizeof *places, published_compare);
    for (size_t i = 0; i < runs->count; i++)
        runs->order[i] = places[i].at;
    free(places);
}

static inline int published_runs_read(published_runs *runs)
{
    FILE *file = fopen(PUBLISHED_DATA "/reference/skynomad_h100_runs.csv", "r");
    char line[4096], previous[256] = "";
    int k = 0;

    memset(runs, 0, sizeof *runs);
    if (file == NULL)
        return 0;
    runs->run = calloc(2000, sizeof *runs->run);
    if (fgets(line, sizeof line, file) == NULL)
        runs->count = 0;
    while (runs->run != NULL && runs->count < 2000 && fgets(line, sizeof line, file) != NULL) {
        published_run *r = &runs->run[runs->count];
        char *f[17], key[256];

        if (published_split(line, f, 17) != 17)
            continue;
        snprintf(r->strategy, sizeof r->strategy, "%s", f[3]);
        snprintf(r->task_type, sizeof r->task_type, "%s", f[5]);
        snprintf(r->experiment, sizeof r->experiment, "%s %s", f[0], f[1]);
        published_zones(f[2], r->zones, sizeof r->zones);
        r->ratio = strtod(f[9], NULL);
        r->checkpoint_gb = strtod(f[7], NULL);
        r->window = (int)strtol(f[14], NULL, 10);
        r->cost_usd = strtod(f[15], NULL);
        r->migrations = (int)strtol(f[16], NULL, 10);
        r->single_zone = strcmp(r->task_type, "single_region") == 0;
        snprintf(key, sizeof key, "%s/%s/%s/%d", f[5], f[1], f[9], r->window);
        k = strcmp(key, previous) == 0 ? k + 1 : 0; /* single-zone runs come zone by zone */
        snprintf(previous, sizeof previous, "%s", key);
        if (r->single_zone)
            published_only_zone(r, k);
        if (strcmp(r->task_type, "trace_mode_baseline") == 0)
            r->aggregate = k == 0 ? 1 : 2;
        runs->count++;
    }
    fclose(file);
    if (runs->count > 0)
        published_sort(runs);
    return runs->count > 0;
}

static inline void published_runs_free(published_runs *runs)
{
    if (runs->loaded_key[0] != '\0')
        scenario_free(&runs->loaded);
    free(runs->order);
    free(runs->run);
}

static inline void published_load(published_runs *runs, const published_run *run)
{
    char zones[600], ratio[64], checkpoint[64], key[640];
    const char *overrides[] = { "traces=" PUBLISHED_DATA "/spot/gcp-h100",
                                zones,
                                ratio,
                                checkpoint,
                                "windows=0,1,2,3,4,5",
                                "deadline_hours=51.8333",
                                "restart_hours=0.2",
                                "egress=flat:0.02" };
    sky_error error;

    published_key(run, key, sizeof key);
    if (strcmp(key, runs->loaded_key) == 0)
        return;
    if (runs->loaded_key[0] != '\0')
        scenario_free(&runs->loaded);
    snprintf(zones, sizeof zones, "zones=%s", run->zones);
    snprintf(ratio, sizeof ratio, "ratio=%.17g", run->ratio);
    snprintf(checkpoint, sizeof checkpoint, "checkpoint_gb=%.17g", run->checkpoint_gb);
    if (scenario_load(SKYTWIN_SOURCE_DIR "/scenarios/reference/multi-region-spot.cfg", overrides,
                      sizeof overrides / sizeof overrides[0], &runs->loaded, &error) != SKY_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    snprintf(runs->loaded_key, sizeof runs->loaded_key, "%s", key);
}

/* Runs it here, under its own strategy or another one. */
static inline void published_run_again(published_runs *runs, const published_run *run, const char *strategy,
                                       record_summary *summary)
{
    twin_options options = { .strategy = strategy != NULL ? strategy : run->strategy,
                             .replication = (unsigned)run->window,
                             .seed = 1,
                             .restart_at_ns = SKY_NEVER_NS };
    twin_output nothing = { 0 };
    sky_error error;

    published_load(runs, run);
    if (twin_run(&runs->loaded, &options, &nothing, summary, &error) != SKY_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
}

/* Our cost in the terms of the published one: of runs over several zones the artifact leaves out the bill
 * of the very last tick. */
static inline double published_comparable_cost(const published_run *run, const record_summary *s)
{
    return (double)(run->single_zone ? s->cost_nusd : s->cost_nusd - s->final_tick_nusd) / 1e9;
}

/* What an aggregate row comes to, from the costs of all runs (by row): of the mean cost over the windows in each
 * zone, the least or the mean. */
static inline double published_aggregate_cost(const published_runs *runs, const published_run *row,
                                              const double *cost_usd)
{
    double least = 0, sum = 0;
    int zones = 0;

    for (size_t i = 0; i < runs->count; i++) {
        const published_run *first = &runs->run[i];
        double zone_sum = 0;
        int windows = 0;

        if (!first->single_zone || first->window != 0 || first->ratio != row->ratio ||
            strcmp(first->experiment, row->experiment) != 0)
            continue;
        for (size_t k = 0; k < runs->count; k++) {
            const published_run *run = &runs->run[k];

            if (run->single_zone && run->ratio == row->ratio && strcmp(run->zones, first->zones) == 0 &&
                strcmp(run->experiment, row->experiment) == 0) {
                zone_sum += cost_usd[k];
                windows++;
            }
        }
        least = zones == 0 || zone_sum / windows < least ? zone_sum / windows : least;
        sum += zone_sum / windows;
        zones++;
    }
    return zones == 0 ? 0 : row->aggregate == 1 ? least : sum / zones;
}

#endif
