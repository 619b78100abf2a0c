// Time: steady seconds for measuring, unix seconds and UTC text for people and names.
#pragma once

#include <string>

namespace hpctrain {

/// Seconds of the steady clock since an arbitrary moment; only differences mean something.
double steady_seconds() noexcept;

/// Seconds since 1970, UTC, with fractions.
double unix_seconds() noexcept;

/// Compact UTC text of a moment, fit for file names: "20261121T114500Z".
std::string utc_stamp(double unix_seconds);

class Stopwatch {
 public:
  Stopwatch() noexcept : started_(steady_seconds()) {}

  /// Since construction.
  double seconds() const noexcept { return steady_seconds() - started_; }

 private:
  double started_;
};

}  // namespace hpctrain
