// Commits checkpoints on a thread of its own while training goes on (rank zero only). The thread talks to no rank and
// computes nothing: it reads host memory and writes files. Knows no protocol; it is handed the commit, and what is to
// be tidied up after one.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "checkpoint/checkpoint.hpp"
#include "checkpoint/host_snapshot.hpp"

namespace hpctrain::checkpoint {

class BackgroundWriter {
 public:
  struct Committed {
    std::filesystem::path folder;
    std::uint64_t bytes = 0;
  };
  using Commit = std::function<Committed(const TrainingState&, const CheckpointRecord&)>;
  /// Follows each commit, on the same thread; throws nothing. Nobody waits for it to hear of the commit: deleting a
  /// large checkpoint takes as long as writing a third of it.
  using Tidy = std::function<void(const Committed&)>;

  struct Outcome {
    CheckpointRecord record;
    Committed committed;  ///< empty when it failed
    double seconds = 0;   ///< of the commit, the copy of the state not included
    std::exception_ptr failure;
  };

  BackgroundWriter(Commit commit, Tidy tidy);
  /// Finishes the commit under way; those not yet begun are dropped.
  ~BackgroundWriter();
  BackgroundWriter(const BackgroundWriter&) = delete;
  BackgroundWriter& operator=(const BackgroundWriter&) = delete;

  /// Copies `state` and queues its commit.
  ///   blocks   for the copy; with WhenBusy::wait also until a slab is free
  ///   returns  false when every slab is taken and `when_busy` is skip
  ///   cost     the first two calls allocate a slab as large as the state each
  bool start(const TrainingState& state, const CheckpointRecord& record, WhenBusy when_busy);

  bool has_outcomes() const;
  /// What was finished since the last call, in the order of the starts.
  std::vector<Outcome> take_outcomes();
  /// Blocks until every save that was started has come to its outcome.
  void wait_for_outcomes();
  /// Blocks until nothing is queued or under way, tidying included.
  void wait_until_idle();

 private:
  static constexpr std::size_t kSlabs = 2;  // one is written while the next save takes its copy

  struct Job {
    std::size_t slab = 0;
    CheckpointRecord record;
  };

  std::optional<std::size_t> take_slab(WhenBusy when_busy);
  void write_until_stopped();
  Outcome run(const Job& job);
  bool has_unfinished_saves() const;

  Commit commit_;
  Tidy tidy_;
  std::array<std::optional<HostSnapshot>, kSlabs> slabs_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::array<bool, kSlabs> is_taken_{};
  std::deque<Job> jobs_;
  std::vector<Outcome> outcomes_;
  bool is_tidying_ = false;
  bool is_stopping_ = false;
  std::thread writer_;  // last: it uses the members above
};

}  // namespace hpctrain::checkpoint
