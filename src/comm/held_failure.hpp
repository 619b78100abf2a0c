// What fails before ranks can talk to each other, kept until they can say it together in one line.
#pragma once

#include <exception>

#include "comm/agree.hpp"
#include "comm/communicator.hpp"
#include "comm/launch.hpp"

namespace hpctrain::comm {

class HeldFailure {
 public:
  /// Runs `work` and keeps what it throws; a process that was started alone throws it at once.
  template <class Work>
  void hold(LaunchKind kind, Work work) {
    try {
      work();
    } catch (const std::exception&) {
      if (kind == LaunchKind::single) throw;
      failure_ = std::current_exception();
    }
  }

  /// Throws what was kept on any rank.
  ///   collective  all ranks of the group
  ///   errors      that, agreed
  void throw_together(Communicator& group) const {
    run_agreed(group, [this] {
      if (failure_) std::rethrow_exception(failure_);
    });
  }

 private:
  std::exception_ptr failure_;
};

}  // namespace hpctrain::comm
