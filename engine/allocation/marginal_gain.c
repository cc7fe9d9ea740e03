/* Elastic jobs: the number of workers is chosen as well, each round anew; see elastic.h. */
#include "../strategy/strategy.h"

static const allocation_policy policy = { .is_aware = 1, .is_elastic = 1 };

const strategy strategy_marginal_gain = {
    .info = { .name = "marginal-gain",
              .about = "training: more workers go where one more brings the most progress",
              .source = "Peng et al., EuroSys 2018 (Optimus), section 4.1" },
    .allocation = &policy,
};
