/* Power, carbon and the price of energy, as told. */
#include "power.h"

#define MOST_MW   INT64_C(1000000000000)    /* a GW */
#define MOST_GCO2 INT64_C(100000000)        /* per MWh: a hundred times coal */
#define MOST_NUSD INT64_C(1000000000000000) /* per MWh, or per tonne: a million dollars */

static sky_status observe_machine(model *m, const sky_event *event, sky_error *error)
{
    model_pool *pool;

    if (event->pool >= m->array[MODEL_POOLS].count)
        return model_refuse(error, event, "no such pool", event->pool);
    if (event->a < 0 || event->b < event->a || event->b > MOST_MW)
        return model_refuse(error, event, "expected milliwatts, idle at most those of full use", event->b);
    pool = (model_pool *)m->array[MODEL_POOLS].items + event->pool;
    pool->idle_mw = event->a;
    pool->peak_mw = event->b;
    return SKY_OK;
}

static sky_status observe_grid(model *m, const sky_event *event, sky_error *error)
{
    model_region *region;

    if (event->region >= m->array[MODEL_REGIONS].count)
        return model_refuse(error, event, "no such region", event->region);
    if (event->a < 0 || event->a > MOST_GCO2)
        return model_refuse(error, event, "expected gCO2 per MWh", event->a);
    if (event->b < -MOST_NUSD || event->b > MOST_NUSD)
        return model_refuse(error, event, "expected nano-dollars per MWh", event->b);
    region = (model_region *)m->array[MODEL_REGIONS].items + event->region;
    region->carbon_gco2_per_mwh = event->a;
    region->energy_nusd_per_mwh = event->b;
    return SKY_OK;
}

sky_status power_observe(model *m, const sky_event *event, sky_error *error)
{
    if (event->kind == SKY_EVENT_POWER)
        return observe_machine(m, event, error);
    if (event->kind == SKY_EVENT_GRID)
        return observe_grid(m, event, error);
    if (event->a < 0 || event->a > MOST_NUSD)
        return model_refuse(error, event, "expected nano-dollars per tonne", event->a);
    m->is.carbon_nusd_per_ton = event->a;
    return SKY_OK;
}
