// A picture that a run shows of itself. Plain values.
#pragma once

#include <string>

namespace hpctrain::monitor {

struct Picture {
  std::string split;  ///< that was scored
  int place = 1;      ///< 1: the worst
  int width = 0;      ///< pixels
  int height = 0;     ///< pixels
  std::string png{};  ///< the bytes of a file, RGB
};

}  // namespace hpctrain::monitor
