/* The strategies, in the order in which they are listed. A new one is a file and a line here. */
#include "strategy.h"

extern const strategy strategy_on_demand_cheapest;
extern const strategy strategy_spot_greedy;
extern const strategy strategy_uniform_progress;
extern const strategy strategy_uniform_progress_eager;
extern const strategy strategy_uniform_progress_availability;
extern const strategy strategy_uniform_progress_cost_ratio;
extern const strategy strategy_time_shift;
extern const strategy strategy_skynomad;
extern const strategy strategy_horizon;
extern const strategy strategy_skynomad_true_lifetimes;
extern const strategy strategy_optimal;
extern const strategy strategy_random;
extern const strategy strategy_dot_product;
extern const strategy strategy_gpu_clustering;
extern const strategy strategy_gpu_packing;
extern const strategy strategy_best_fit;
extern const strategy strategy_best_fit_decreasing;
extern const strategy strategy_fgd;
extern const strategy strategy_stranding_descent;

const strategy *const strategy_table[] = {
    &strategy_on_demand_cheapest,
    &strategy_spot_greedy,
    &strategy_uniform_progress,
    &strategy_uniform_progress_eager,
    &strategy_uniform_progress_availability,
    &strategy_uniform_progress_cost_ratio,
    &strategy_time_shift,
    &strategy_skynomad,
    &strategy_horizon,
    &strategy_skynomad_true_lifetimes,
    &strategy_optimal,
    &strategy_random,
    &strategy_dot_product,
    &strategy_gpu_clustering,
    &strategy_gpu_packing,
    &strategy_best_fit,
    &strategy_best_fit_decreasing,
    &strategy_fgd,
    &strategy_stranding_descent,
};

const size_t strategy_table_count = sizeof strategy_table / sizeof strategy_table[0];
