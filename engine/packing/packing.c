#include "packing.h"

uint64_t packing_random(const model *m, uint32_t job, uint32_t purpose)
{
    uint64_t x = m->is.seed + UINT64_C(0x9e3779b97f4a7c15) * (((uint64_t)purpose << 32 | job) + 1);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

uint32_t packing_tightest_devices(const model *m, const void *prepared, const node *n, uint32_t job,
                                  uint32_t job_class)
{
    (void)prepared;
    (void)job;
    return node_choose((node_view){ n, NULL }, &model_request_of(m, job_class)->ask);
}
