// What readers of a shard throw when the place at hand is cut short, unreadable or damaged: another place may do.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace hpctrain::data {

class DamagedPlace : public std::runtime_error {
 public:
  /// `reason` is a whole message: it becomes the error when there is no other place.
  DamagedPlace(std::size_t shard, const std::string& reason) : std::runtime_error(reason), shard_(shard) {}

  std::size_t shard() const noexcept { return shard_; }  ///< of the split

 private:
  std::size_t shard_;
};

}  // namespace hpctrain::data
