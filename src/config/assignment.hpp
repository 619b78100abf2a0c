// A text given to an option, and where it stood: what every source (flag, environment, file) is turned into.
// Must not know how sources are read nor which of them wins.
#pragma once

#include <string>

#include "config/option.hpp"

namespace hpctrain::config {

struct Assignment {
  const Option* option = nullptr;
  std::string text;
  std::string origin;  ///< `--lr`, `HPCTRAIN_OPTIM_LR`, `run.ini:12`
};

}  // namespace hpctrain::config
