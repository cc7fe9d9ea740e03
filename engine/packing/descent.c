#include "descent.h"

/* 2^32 × ln(k / (100 - k)), rounded up, for k = 51 to 99: from there on the score is k. */
static const int64_t threshold[] = {
    INT64_C(171821604),   INT64_C(343780812),   INT64_C(516015891),   INT64_C(688666439),
    INT64_C(861874075),   INT64_C(1035783148),  INT64_C(1210541481),  INT64_C(1386301164),
    INT64_C(1563219392),  INT64_C(1741459379),  INT64_C(1921191348),  INT64_C(2102593618),
    INT64_C(2285853810),  INT64_C(2471170186),  INT64_C(2658753156),  INT64_C(2848826972),
    INT64_C(3041631664),  INT64_C(3237425240),  INT64_C(3436486227),  INT64_C(3639116601),
    INT64_C(3845645200),  INT64_C(4056431723),  INT64_C(4271871433),  INT64_C(4492400738),
    INT64_C(4718503851),  INT64_C(4950720798),  INT64_C(5189657113),  INT64_C(5435995682),
    INT64_C(5690511326),  INT64_C(5954088944),  INT64_C(6227746283),  INT64_C(6512662877),
    INT64_C(6810217242),  INT64_C(7122035359),  INT64_C(7450054805),  INT64_C(7796611040),
    INT64_C(8164555711),  INT64_C(8557422397),  INT64_C(8979664636),  INT64_C(9437007702),
    INT64_C(9936986356),  INT64_C(10489800643), INT64_C(11109746138), INT64_C(11817754184),
    INT64_C(12646269121), INT64_C(13649637267), INT64_C(14929730191), INT64_C(16715240903),
    INT64_C(19735889478),
};
#define THRESHOLDS (sizeof threshold / sizeof threshold[0])

sky_status descent_prepare(const model *m, void **out)
{
    return fragmentation_prepare(m->array[MODEL_REQUESTS].items, m->array[MODEL_REQUESTS].count,
                                 (fragmentation **)out);
}

/* 100 / (1 + exp(-x)), cut to an integer, for x = gain / one device × weight. By symmetry, a score of 100 - k from
 * below -threshold[k] on. */
static int32_t score_of_gain(const fragmentation *f, int64_t gain)
{
    int64_t one = fragmentation_weight(f) * NODE_DEVICE_MGPU;
    sky_int128 x = ((sky_int128)(gain < 0 ? -gain : gain) << 32) / (one > 0 ? one : 1);
    int32_t low = 0, high = THRESHOLDS;

    while (low < high) { /* how many thresholds x has reached */
        int32_t middle = (low + high) / 2;

        if (threshold[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return gain >= 0 ? 50 + low : 49 - low;
}

int32_t descent_score(const model *m, const fragmentation *f, descent_potential potential, const node *n,
                      uint32_t job_class, uint32_t *devices)
{
    const node_request *ask = &model_request_of(m, job_class)->ask;
    fragmentation_room room = fragmentation_room_of(n);
    int64_t before = potential(f, &room);
    int32_t best = INT32_MIN;
    uint32_t fitting;

    if (ask->devices == 0 || (ask->mgpu == NODE_DEVICE_MGPU && ask->profiles == 0)) {
        *devices = ask->devices > 0 ? node_free_devices(n, ask->devices) : 0;
        room = fragmentation_room_after(n, ask, *devices);
        return score_of_gain(f, before - potential(f, &room));
    }
    *devices = 0;
    fitting = ask->profiles != 0 ? node_mig_devices(n, ask) : (1u << n->devices) - 1;
    for (; fitting != 0; fitting &= fitting - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(fitting), held = 1u << i;
        int32_t score;

        if (ask->profiles != 0)
            held = node_mig_instance(n, ask, i);
        else if (n->mgpu_left[i] < ask->mgpu)
            continue;
        room = fragmentation_room_after(n, ask, held);
        score = score_of_gain(f, before - potential(f, &room));
        if (score > best) {
            best = score;
            *devices = held;
        }
    }
    return best;
}
