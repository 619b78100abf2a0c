#include "train/stop_file.hpp"

#include <system_error>

namespace hpctrain::train {
namespace {

constexpr double kLookEverySeconds = 1;

}  // namespace

bool StopFile::is_there() {
  if (has_looked_ && since_look_.seconds() < kLookEverySeconds) return was_there_;
  std::error_code ignored;  // a disk that cannot be asked is not a wish to stop
  was_there_ = std::filesystem::exists(path_, ignored);
  since_look_ = Stopwatch();
  has_looked_ = true;
  return was_there_;
}

}  // namespace hpctrain::train
