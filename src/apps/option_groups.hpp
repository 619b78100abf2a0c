// The parts of the option table, one function for each group of sections.
#pragma once

#include "apps/settings.hpp"
#include "config/option_table.hpp"

namespace hpctrain::apps {

void add_data_options(config::OptionTable& table, Settings& settings);
void add_cache_options(config::OptionTable& table, Settings& settings);
void add_model_options(config::OptionTable& table, Settings& settings);
void add_landmark_options(config::OptionTable& table, Settings& settings);
void add_optimizer_options(config::OptionTable& table, Settings& settings);
void add_train_options(config::OptionTable& table, Settings& settings);
void add_comm_options(config::OptionTable& table, Settings& settings);
void add_upkeep_options(config::OptionTable& table, Settings& settings);
void add_sweep_options(config::OptionTable& table, Settings& settings);

}  // namespace hpctrain::apps
