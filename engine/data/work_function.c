#include "work_function.h"

#include "../model/arith.h"

void work_function_begin(int64_t *w, const work_costs *c, uint32_t state)
{
    for (uint32_t s = 0; s < c->states; s++)
        w[s] = c->move[state][s];
}

int64_t work_function_step(int64_t *w, const work_costs *c)
{
    int64_t paid[WORK_STATES], least = INT64_MAX;

    for (uint32_t s = 0; s < c->states; s++)
        paid[s] = add_sat_i64(w[s], c->step[s]);
    for (uint32_t s = 0; s < c->states; s++) {
        w[s] = paid[s];
        for (uint32_t from = 0; from < c->states; from++) {
            int64_t by_way_of = add_sat_i64(paid[from], c->move[from][s]);

            w[s] = by_way_of < w[s] ? by_way_of : w[s];
        }
        least = w[s] < least ? w[s] : least;
    }
    for (uint32_t s = 0; s < c->states; s++)
        w[s] -= least;
    return least;
}

uint32_t work_function_choose(const int64_t *w, const work_costs *c, uint32_t here)
{
    uint32_t best = here;

    for (uint32_t s = 0; s < c->states; s++) {
        int64_t to_and_fro = add_sat_i64(c->move[here][s], c->move[s][here]);

        if (s == here || w[here] < add_sat_i64(w[s], c->move[s][here]))
            continue;
        if (to_and_fro == 0 && c->step[s] >= c->step[here])
            continue; /* all is the same: no need to move */
        if (best == here || w[s] < w[best])
            best = s;
    }
    return best;
}
