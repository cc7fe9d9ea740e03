/* Exponential decay in integers: in steps of a 64th of a half-life, the same bits everywhere. */
#ifndef SKYTWIN_QUEUE_HALVING_H
#define SKYTWIN_QUEUE_HALVING_H

#include <stdint.h>

#define HALVING_STEPS 64 /* a half-life */

/* value × 2^(-steps / 64), rounded down; value >= 0. */
int64_t halving_decay(int64_t value, uint64_t steps);

#endif
