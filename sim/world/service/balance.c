#include "balance.h"

#include "../../../engine/model/arith.h"

#define WHOLE_PPM 1000000

void balance_hear(balance_place *place, const balance_config *config, int64_t healthy_ppm, int64_t load_ppm)
{
    place->healthy_ppm = healthy_ppm;
    if (config->threshold_ppm == 0)
        return;
    if (load_ppm > 0)
        place->room_ppm = muldiv_i64(place->room_ppm, config->threshold_ppm, load_ppm);
    if (load_ppm == 0 || place->room_ppm > WHOLE_PPM)
        place->room_ppm = WHOLE_PPM;
    place->room_ppm += place->room_ppm == 0; /* it must be able to grow again */
}

static int64_t health_ppm(const balance_place *place, const balance_config *config)
{
    int64_t able_ppm = muldiv_i64(place->healthy_ppm, config->overprovision_ppm, WHOLE_PPM);

    able_ppm = able_ppm < WHOLE_PPM ? able_ppm : WHOLE_PPM;
    return able_ppm * place->room_ppm / WHOLE_PPM;
}

void balance_share(balance_place *places, uint32_t count, const balance_config *config)
{
    int64_t all_ppm = 0, left_ppm = WHOLE_PPM;

    for (uint32_t i = 0; i < count; i++)
        all_ppm += health_ppm(&places[i], config);
    all_ppm = all_ppm < WHOLE_PPM ? all_ppm : WHOLE_PPM;
    for (uint32_t i = 0; i < count; i++) {
        int64_t share_ppm = all_ppm > 0 ? health_ppm(&places[i], config) * WHOLE_PPM / all_ppm : 0;

        places[i].share_ppm = share_ppm < left_ppm ? share_ppm : left_ppm;
        left_ppm -= places[i].share_ppm;
    }
    places[0].share_ppm += left_ppm; /* by rounding, or as none is well */
}
