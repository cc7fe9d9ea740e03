#include "keys.h"

#include <math.h>
#include <stdlib.h>

int keys_init(key_law *k, uint32_t count, double skew)
{
    double sum = 0, all = 0;

    *k = (key_law){ .count = count };
    if (skew <= 0)
        return 0;
    k->below = malloc(count * sizeof *k->below);
    if (k->below == NULL)
        return -1;
    for (uint32_t i = 0; i < count; i++)
        all += pow(i + 1.0, -skew);
    for (uint32_t i = 0; i < count; i++) {
        sum += pow(i + 1.0, -skew);
        k->below[i] = sum < all ? (uint32_t)(sum / all * UINT32_MAX) : UINT32_MAX;
    }
    k->below[count - 1] = UINT32_MAX;
    return 0;
}

void keys_free(key_law *k)
{
    free(k->below);
}

uint32_t keys_draw(const key_law *k, uint32_t bits)
{
    uint32_t low = 0, high = k->count - 1;

    if (k->below == NULL)
        return stream_below_of(bits, k->count);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (bits < k->below[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}
