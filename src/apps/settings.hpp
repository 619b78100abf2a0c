// Everything a user can set for training, in one value: what the option table binds to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "comm/watchdog.hpp"
#include "sweep/settings.hpp"
#include "train/settings.hpp"

namespace hpctrain::apps {

struct Settings {
  std::filesystem::path data_dir;     ///< empty: the sample data set; may hold {fold}, see fold_datasets.hpp
  std::optional<std::uint64_t> fold;  ///< what stands for it
  std::filesystem::path out;          ///< empty: a fresh folder under runs/
  train::RunSettings run;
  sweep::SweepSettings sweep;
  comm::WatchdogSettings watchdog;
};

}  // namespace hpctrain::apps
