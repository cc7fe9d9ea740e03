#include "autoscaler.h"

#include <string.h>

#define HOUR_NS  INT64_C(3600000000000)
#define MOST_PPM (INT64_C(1) << 56)

enum { YESTERDAY, TODAY };

static void turn_days(autoscaler *a, int64_t day)
{
    if (day == a->day)
        return;
    memcpy(a->asked_ppm[YESTERDAY], a->asked_ppm[TODAY], sizeof a->asked_ppm[TODAY]);
    memset(a->asked_ppm[TODAY], 0, sizeof a->asked_ppm[TODAY]);
    a->day = day;
}

uint32_t autoscaler_desired(autoscaler *a, const autoscaler_config *config, int64_t now_ns, uint32_t replicas,
                            int64_t utilisation_ppm)
{
    int64_t measured_at_ns = now_ns - config->interval_ns, hour = measured_at_ns / HOUR_NS;
    int64_t asked_ppm = utilisation_ppm * replicas, desired;
    int64_t soon = (now_ns + config->cold_start_ns) / HOUR_NS; /* when what is started now is of use */

    turn_days(a, hour / AUTOSCALER_HOURS);
    if (asked_ppm > a->asked_ppm[TODAY][hour % AUTOSCALER_HOURS])
        a->asked_ppm[TODAY][hour % AUTOSCALER_HOURS] = asked_ppm;
    if (config->predictive) {
        /* After midnight the hour to come is of what is still called today. */
        int64_t known =
            a->asked_ppm[soon / AUTOSCALER_HOURS > a->day ? TODAY : YESTERDAY][soon % AUTOSCALER_HOURS];

        asked_ppm = known > asked_ppm ? known : asked_ppm;
    }
    desired = (asked_ppm + config->target_ppm - 1) / config->target_ppm;
    if (desired < (int64_t)replicas - 1)
        desired = (int64_t)replicas - 1;
    if (desired < config->least)
        desired = config->least;
    return desired < config->most ? (uint32_t)desired : config->most;
}

void autoscaler_state(autoscaler *a, state *s)
{
    STATE_VALUE(s, *a);
    for (int day = YESTERDAY; day <= TODAY; day++)
        for (int hour = 0; hour < AUTOSCALER_HOURS; hour++)
            state_check(s, a->asked_ppm[day][hour] >= 0 && a->asked_ppm[day][hour] <= MOST_PPM);
}
