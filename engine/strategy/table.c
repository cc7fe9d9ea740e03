/* The strategies, in the order in which they are listed. A new one is a file and a line here. */
#include "strategy.h"

extern const strategy strategy_on_demand_cheapest;
extern const strategy strategy_spot_greedy;
extern const strategy strategy_uniform_progress;
extern const strategy strategy_uniform_progress_eager;
extern const strategy strategy_uniform_progress_availability;
extern const strategy strategy_uniform_progress_cost_ratio;
extern const strategy strategy_time_shift;
extern const strategy strategy_data_gravity;
extern const strategy strategy_compute_to_data;
extern const strategy strategy_data_to_compute;
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
extern const strategy strategy_least_attained;
extern const strategy strategy_first_come;
extern const strategy strategy_first_come_aware;
extern const strategy strategy_max_min;
extern const strategy strategy_max_min_pairs;
extern const strategy strategy_makespan;
extern const strategy strategy_makespan_pairs;
extern const strategy strategy_step_cost;
extern const strategy strategy_step_cost_pairs;
extern const strategy strategy_step_cost_deadlines;
extern const strategy strategy_step_cost_deadlines_pairs;
extern const strategy strategy_marginal_gain;
extern const strategy strategy_joint_cost;
extern const strategy strategy_region_first;

const strategy *const strategy_table[] = {
    &strategy_on_demand_cheapest,
    &strategy_spot_greedy,
    &strategy_uniform_progress,
    &strategy_uniform_progress_eager,
    &strategy_uniform_progress_availability,
    &strategy_uniform_progress_cost_ratio,
    &strategy_time_shift,
    &strategy_data_gravity,
    &strategy_compute_to_data,
    &strategy_data_to_compute,
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
    &strategy_least_attained,
    &strategy_first_come,
    &strategy_first_come_aware,
    &strategy_max_min,
    &strategy_max_min_pairs,
    &strategy_makespan,
    &strategy_makespan_pairs,
    &strategy_step_cost,
    &strategy_step_cost_pairs,
    &strategy_step_cost_deadlines,
    &strategy_step_cost_deadlines_pairs,
    &strategy_marginal_gain,
    &strategy_joint_cost,
    &strategy_region_first,
};

const size_t strategy_table_count = sizeof strategy_table / sizeof strategy_table[0];
