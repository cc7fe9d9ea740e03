/* What the engine believes of services: where they may have replicas, who asks them, over which ways, and what was measured.
 * Included by model.h. */
#ifndef SKYTWIN_MODEL_SERVICES_H
#define SKYTWIN_MODEL_SERVICES_H

#include <skytwin/engine.h>

typedef struct model model;

#define MODEL_HOURS 24

/* The greatest of something in each hour of yesterday and of today. */
typedef struct model_season {
    int64_t most[2][MODEL_HOURS];
    int64_t day; /* today */
} model_season;

typedef struct model_service {
    int64_t time_ns, scv_ppm; /* of a request on a replica: mean, squared coefficient of variation */
    int64_t cold_start_ns;
    uint32_t concurrency, reserved;
} model_service;

typedef struct model_place {
    uint32_t service, region;
    uint32_t rule;        /* 0: it may have replicas; else the rule that forbids it */
    uint32_t governed;    /* 1: an order has been given, and its own autoscaler is off */
    uint32_t up, ordered; /* replicas that work; those and the ones that start */
    int64_t least, most;
    int64_t nusd_per_hour; /* of a replica */
    int64_t request_bytes, answer_bytes;
    int64_t told_ns;                                           /* when it was last measured */
    int64_t received, turned_away, utilisation_ppm, under_way; /* then */
    int64_t asked_ppm, asked_before_ppm; /* replicas' worth of work, then and the time before */
    model_season asked;                  /* the same */
} model_place;

typedef struct model_population {
    uint32_t service, region;
    int64_t objective_ns, objective_ppm;
    int64_t told_ns;
    int64_t requests, failed, p99_ns; /* when it was last measured */
    int64_t rate;                     /* millionths of a request a second, then */
    model_season rates;
} model_population;

/* From a population to a place: [population × places + place]. */
typedef struct model_way {
    uint32_t told, closed;
    int64_t round_trip_ns;
    int64_t weight; /* as last answered */
} model_way;

uint32_t model_place_count(const model *m);
const model_service *model_service_at(const model *m, uint32_t service);
const model_place *model_place_at(const model *m, uint32_t place);
const model_population *model_population_at(const model *m, uint32_t population);
const model_way *model_way_at(const model *m, uint32_t population, uint32_t place);
/* The most that was noted yesterday in the hours that a span touches; 0: nothing is known. */
int64_t model_season_most(const model_season *s, int64_t from_ns, int64_t to_ns);

/* The events of services. See model_observe. */
sky_status services_observe(model *m, const sky_event *event, sky_error *error);
/* An order about its replicas has been given. */
void services_govern(model *m, uint32_t place);

#endif
