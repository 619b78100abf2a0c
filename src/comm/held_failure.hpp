// What fails before ranks can talk to each other, kept until they can say it together in one line.
#pragma once

#include <exception>

#include "comm/agree.hpp"
#include "comm/communicator.hpp"
#include "core/error.hpp"

namespace hpctrain::comm {

class HeldFailure {
 public:
  /// Runs `work` and keeps the Error that it throws.
  template <class Work>
  void hold(Work work) {
    try {
      work();
    } catch (const Error&) {
      failure_ = std::current_exception();
    }
  }

  /// Throws what was kept on any rank.
  ///   collective  all ranks of the group
  ///   errors      that Error, agreed
  void throw_together(Communicator& group) const {
    run_agreed(group, [this] {
      if (failure_) std::rethrow_exception(failure_);
    });
  }

 private:
  std::exception_ptr failure_;
};

}  // namespace hpctrain::comm
