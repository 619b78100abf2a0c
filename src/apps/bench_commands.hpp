// What `hpctrain bench` can measure, one function each.
#pragma once

#include "apps/commands.hpp"

namespace hpctrain::apps {

int run_step_bench_command(const Arguments& arguments);
int run_comm_bench_command(const Arguments& arguments);
int run_data_bench_command(const Arguments& arguments);
int run_checkpoint_bench_command(const Arguments& arguments);
int run_sweep_bench_command(const Arguments& arguments);

}  // namespace hpctrain::apps
