#include "apps/option_table.hpp"

#include "apps/option_groups.hpp"

namespace hpctrain::apps {

config::OptionTable make_option_table(Settings& settings) {
  config::OptionTable table("hpctrain");
  add_data_options(table, settings);
  add_cache_options(table, settings);
  add_model_options(table, settings);
  add_landmark_options(table, settings);
  add_optimizer_options(table, settings);
  add_train_options(table, settings);
  add_comm_options(table, settings);
  add_upkeep_options(table, settings);
  add_sweep_options(table, settings);
  return table;
}

}  // namespace hpctrain::apps
