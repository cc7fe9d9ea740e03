#include "demand.h"

#define MOST_RATE 1e6 /* a second, each of which is simulated */

sky_status load_duration(loader *l, const config_setting_t *group, const char *key, int required,
                         duration *out)
{
    const config_setting_t *setting = NULL;
    int64_t mean_ns = 0;
    int kind = DURATION_EXPONENTIAL;
    double shape = 1;
    sky_status status = config_get_group(l, group, key, required, &setting);

    if (status != SKY_OK || setting == NULL)
        return status;
    status = config_check_keys(l, setting, "distribution mean shape");
    if (status == SKY_OK)
        status = config_get_choice(l, setting, "distribution", 0, "fixed exponential lognormal weibull",
                                   &kind);
    if (status == SKY_OK)
        status = config_get_quantity(l, setting, "mean", UNIT_TIME, 1, &mean_ns);
    if (status == SKY_OK && mean_ns > 24 * SKY_NS_PER_HOUR)
        status = config_fail(l, setting, "mean", "more than a day", "a time of at most \"1 d\"");
    if (status == SKY_OK)
        status = config_get_real(l, setting, "shape", kind >= DURATION_LOGNORMAL, 0.05, 20, &shape);
    *out = duration_make((duration_kind)kind, (double)mean_ns, shape);
    return status;
}

static sky_status load_crowds(loader *l, const config_setting_t *group, demand *d)
{
    const config_setting_t *list = NULL;
    demand_crowd *crowds;
    sky_status status = config_get_list(l, group, "crowds", 0, &list);

    if (status != SKY_OK || list == NULL)
        return status;
    crowds = config_alloc(l, (size_t)config_setting_length(list) + 1, sizeof *crowds);
    if (crowds == NULL)
        return SKY_ERROR_MEMORY;
    d->crowds = crowds;
    for (int i = 0; i < config_setting_length(list) && status == SKY_OK; i++) {
        const config_setting_t *crowd = config_setting_get_elem(list, (unsigned)i);
        demand_crowd *c = &crowds[d->crowd_count++];

        status = config_check_keys(l, crowd, "from to factor");
        if (status == SKY_OK)
            status = config_get_quantity(l, crowd, "from", UNIT_TIME, 1, &c->from_ns);
        if (status == SKY_OK)
            status = config_get_quantity(l, crowd, "to", UNIT_TIME, 1, &c->to_ns);
        if (status == SKY_OK && c->to_ns <= c->from_ns)
            status = config_fail(l, crowd, "to", "no later than `from`", "a later time");
        if (status == SKY_OK)
            status = config_get_real(l, crowd, "factor", 1, 0, 1000, &c->factor);
    }
    return status;
}

sky_status load_demand(loader *l, const config_setting_t *group, demand *d)
{
    sky_status status = config_get_real(l, group, "rate", 1, 0, MOST_RATE, &d->per_s);

    d->weekend = 1;
    if (status == SKY_OK)
        status = config_get_real(l, group, "swing", 0, 0, 1, &d->swing);
    if (status == SKY_OK)
        status = config_get_quantity(l, group, "peak", UNIT_TIME, 0, &d->peak_ns);
    if (status == SKY_OK && d->peak_ns >= 24 * SKY_NS_PER_HOUR)
        status = config_fail(l, group, "peak", "a day or more", "a time of day, UTC, such as \"14 h\"");
    if (status == SKY_OK)
        status = config_get_real(l, group, "weekend", 0, 0, 10, &d->weekend);
    return status == SKY_OK ? load_crowds(l, group, d) : status;
}
