/* The results of a sweep on standard output: the best points by each measure, or all of them as JSON. */
#ifndef SKYTWIN_SWEEP_RESULTS_H
#define SKYTWIN_SWEEP_RESULTS_H

#include "sweep_record.h"

/* A table: of each measure the three best pairs of a point and a strategy, means over the replications with the half
 * width of their 95 % interval (Student's t). Strategies that are told the future are left out. */
sky_status sweep_results_print(const sweep_file *file, sky_error *error);
/* {"sweep", "digest", "axes", "cells": [{"point", "at", "strategy", "runs", "cost_usd": {"mean", "half_width"}, …}]} */
sky_status sweep_results_json(const sweep_file *file, sky_error *error);
/* The table, or with `json` the object. */
sky_status sweep_results(const sweep_file *file, int json, sky_error *error);

#endif
