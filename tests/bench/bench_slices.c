/* How long it takes to find a slice in the largest TPU pod that is sold, 16x20x28 chips of v5p: microseconds
 * a search, empty and fragmented (small slices taken, half of them released), and the largest free slice.
 * Arguments: none. */
#include <stdio.h>
#include <string.h>

#include "accelerator/torus.h"
#include "bench.h"
#include "kernel/random.h"

#define SEARCHES 200
#define SMALL    2000

static void fragment(const torus_pod *pod, uint64_t *taken)
{
    const random_key key = { .seed = 1 };
    static torus_slice small[SMALL];
    uint32_t count = 0;

    while (count < SMALL && torus_find(pod, taken, (torus_shape){ { 2, 2, 1 } }, &small[count]))
        torus_take(pod, taken, &small[count++]);
    for (uint32_t i = 0; i < count; i++)
        if (random_u64(&key, i) % 2 == 0)
            torus_release(pod, taken, &small[i]);
}

static void measure(const char *what, const torus_pod *pod, const uint64_t *taken)
{
    const torus_shape shapes[] = { { { 2, 2, 1 } }, { { 2, 2, 4 } }, { { 4, 4, 4 } }, { { 4, 8, 12 } } };
    torus_slice slice;
    char name[96];
    double start;

    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        start = bench_thread_s();
        for (int n = 0; n < SEARCHES; n++)
            (void)torus_find(pod, taken, shapes[i], &slice);
        snprintf(name, sizeof name, "TPU pod of 8,960 chips, %s, find %ux%ux%u", what, shapes[i].sizes[0],
                 shapes[i].sizes[1], shapes[i].sizes[2]);
        bench_report(name, (bench_thread_s() - start) * 1e6 / SEARCHES, "us", NULL, 0);
    }
    start = bench_thread_s();
    for (int n = 0; n < SEARCHES; n++)
        (void)torus_largest_free(pod, taken, &slice);
    snprintf(name, sizeof name, "TPU pod of 8,960 chips, %s, largest free slice", what);
    bench_report(name, (bench_thread_s() - start) * 1e6 / SEARCHES, "us", NULL, 0);
}

int main(void)
{
    static uint64_t taken[TORUS_CHIPS_MAX / 64];
    torus_pod pod;

    if (!torus_pod_init(&pod, TORUS_V5P, (torus_shape){ { 16, 20, 28 } }))
        return 1;
    measure("empty", &pod, taken);
    fragment(&pod, taken);
    measure("fragmented", &pod, taken);
    return 0;
}
