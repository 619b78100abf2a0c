// Whether every rank's part of a step is whole: asked while the sums travel, answered before anybody uses them. Knows
// no reasons.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "comm/agree.hpp"
#include "comm/communicator.hpp"

namespace hpctrain::train {

/// Over messages of its own, between hosts: no device is waited for. One rank alone says nothing to anybody.
class Wholeness {
 public:
  ///   collective  all ranks of `group`
  explicit Wholeness(comm::Communicator& group);

  /// Tells the others; start() and wait() alternate.
  ///   collective  all ranks
  void start(bool is_whole);
  /// True where all ranks' parts are whole.
  ///   collective  all ranks
  ///   blocks      until the slowest rank has called start()
  bool wait();

  /// Every rank's text on every rank, once it is known that they have something to say.   (collective)
  std::vector<std::string> gather(const std::string& mine) { return comm::all_gather_text(*group_, mine); }
  /// The least of all ranks' values.   (collective)
  std::uint64_t least(std::uint64_t mine);

  bool is_leader() const noexcept { return group_->is_leader(); }
  int size() const noexcept { return group_->size(); }

 private:
  std::unique_ptr<comm::Communicator> group_;
  comm::Agreement agreement_;
  bool is_whole_ = true;  ///< this rank's part
};

}  // namespace hpctrain::train
