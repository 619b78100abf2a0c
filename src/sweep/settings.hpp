// What a user can choose about a sweep besides its axes. The option table in `apps` binds to it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hpctrain::sweep {

enum class Method { grid, random, tpe };

struct SweepSettings {
  Method method = Method::grid;
  int ranks_per_trial = 1;
  std::string metric{};       ///< empty: the task's own
  std::uint64_t trials = 20;  ///< of random and tpe
  std::uint64_t seed = 1;
  std::vector<std::string> paired{};
  int attempts = 3;
  bool dry_run = false;
};

}  // namespace hpctrain::sweep
