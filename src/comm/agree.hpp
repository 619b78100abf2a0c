// Decisions that change which collectives follow are taken together, here. Reading a local flag and branching around a
// collective is the deadlock of this field.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

#include "comm/communicator.hpp"
#include "core/error.hpp"

namespace hpctrain::comm {

/// OR of every rank's bits, started at one point and read at a later one, so that no step blocks on it. A signature may
/// ride along that should be equal on all ranks.
///   collective  all ranks of `group`, start() and wait() alternating
class Agreement {
 public:
  explicit Agreement(Communicator& group);
  ~Agreement();

  void start(std::uint32_t bits, std::uint32_t signature = 0);
  /// Blocks only when the slowest rank has not yet called start().
  std::uint32_t wait();
  bool is_started() const noexcept { return pending_ != nullptr; }
  /// Whether the signatures of the round that wait() ended were equal; the same answer on all ranks.
  bool is_unanimous() const noexcept { return is_unanimous_; }

 private:
  struct Words {
    std::uint32_t bits = 0;
    std::uint32_t ones = 0;   ///< of signatures
    std::uint32_t zeros = 0;  ///< of signatures
  };

  Communicator& group_;
  std::unique_ptr<Words> words_;
  bool is_unanimous_ = true;
  std::unique_ptr<PendingCollective> pending_;
};

/// Runs `work` (which must not communicate) on every rank, then tells all whether any failed: the lowest failing rank's
/// error is thrown on all of them, marked agreed and naming that rank's host when only some ranks failed.
///   collective  all ranks of `group`
void run_agreed(Communicator& group, const std::function<void()>& work);

/// Runs `work` on rank zero only and hands its text to all; its error is thrown on all ranks, marked agreed.
///   collective  all ranks of `group`
std::string run_on_leader(Communicator& group, const std::function<std::string()>& work);

}  // namespace hpctrain::comm
