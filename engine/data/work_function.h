/* Where to be, when each step shows what it costs to be in each state, and moving costs too: a metrical task system.
 *
 * The work function w(s) is what an optimum that knew all steps so far would have paid to end in state s. The rule: stay,
 * until being here is no better than having been elsewhere and coming back, w(here) = w(s) + move(s, here); then go
 * there. Between two states that cost M to and fro, with steps of at most e × M, it pays at most (3 + 2 e) times the
 * optimum, and a constant; no rule that does not know the future does better than 3:
 *   In a phase away, w rises by what is paid less M on either state; paid are at least M there, at least M here, and M
 *   for the moves: (A + B + M) / (A + B - M) is 3 at most, where A, B >= M; a step that ends a phase may go e × M over.
 * Among n states with symmetric moves it is 2 n - 1 [Borodin, Linial and Saks, "An optimal on-line algorithm for
 * metrical task system", J. ACM 39(4), 1992]. */
#ifndef SKYTWIN_WORK_FUNCTION_H
#define SKYTWIN_WORK_FUNCTION_H

#include <stdint.h>

#define WORK_STATES 8

typedef struct work_costs {
    uint32_t states;
    int64_t step[WORK_STATES];              /* of this step, in each state */
    int64_t move[WORK_STATES][WORK_STATES]; /* [from][to] */
} work_costs;

/* Starts in a state: w[states]. */
void work_function_begin(int64_t *w, const work_costs *c, uint32_t state);
/* One step; w is then less its least, which is returned: the optimum's cost is the sum of what was. */
int64_t work_function_step(int64_t *w, const work_costs *c);
/* Where to be now. */
uint32_t work_function_choose(const int64_t *w, const work_costs *c, uint32_t here);

#endif
