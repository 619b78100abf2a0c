// The sweep's memory: which trial was started, which ended and how. Append-only records under SWEEP/ledger, one file
// for each start of the sweep; docs/formats/ledger.md gives the bytes. Must not know how trials are chosen or run.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/file_system.hpp"
#include "sweep/trial.hpp"

namespace hpctrain::sweep {

/// A score that took part in a decision of the scheduler, and what was decided.
struct JudgedScore {
  Score score;
  bool stops = false;
};

struct LedgerEntry {
  Trial trial;
  TrialOutcome outcome{TrialState::waiting};
  int attempts = 0;                   ///< leases since the trial last got further, ended or paused in order
  std::uint64_t leased_step = 0;      ///< the highest of its checkpoints that a lease found
  int leases = 0;                     ///< of all starts
  std::vector<JudgedScore> scores{};  ///< in the order in which they came; each epoch once
};

/// What the trial was told after so many epochs; null when it has no score there.
const JudgedScore* find_score(const LedgerEntry& entry, std::uint64_t epoch);

class Ledger {
 public:
  /// Reads what earlier starts wrote, then opens a file of its own, which takes the ledger from any earlier start.
  ///   sweep_digest  of everything two starts of one sweep have in common
  ///   errors        Fault::usage for the ledger of another sweep, Fault::data for a damaged one, Fault::storage
  Ledger(FileSystem& files, const std::filesystem::path& folder, const std::string& sweep_digest);
  ~Ledger();

  /// entries() of what was written so far. Opens no file of its own: a sweep that is running goes on.
  ///   errors  as the constructor
  static std::vector<LedgerEntry> read(FileSystem& files, const std::filesystem::path& folder,
                                       const std::string& sweep_digest);

  using WatchOutcome = std::function<void(const std::string& digest, const TrialOutcome& outcome)>;
  /// Every outcome of this start, whoever writes it, is told to `watch` from now on, in the writer's thread.
  void watch_outcomes(WatchOutcome watch) { watch_ = std::move(watch); }

  /// In the order of their first lease.
  std::vector<LedgerEntry> entries() const;
  /// Null when the trial was never started.
  const LedgerEntry* find(const std::string& digest) const;

  /// Written at once, not synced: losing a lease in a power cut costs nothing.
  ///   step    of the trial's newest checkpoint, 0 where it has none
  ///   errors  Fault::fenced when a later start took the ledger: of none of the following it is written then
  void add_lease(const Trial& trial, std::uint64_t step = 0);
  /// Written at once, durable after commit(). What was decided at an epoch of a trial stands for all later starts.
  ///   errors  as add_lease(); Fault::bug when the trial was never started, or has a score at that epoch
  void add_score(const std::string& digest, const JudgedScore& judged);
  /// Written at once, durable after commit().
  ///   errors  as add_lease(); Fault::bug when the trial has a final state
  void add_outcome(const std::string& digest, const TrialOutcome& outcome);
  /// Makes all scores and outcomes so far durable with one sync; nothing to do when there is none.
  ///   errors  Fault::fenced when a later start took the ledger, Fault::storage
  void commit();

 private:
  struct Unopened {};
  Ledger(FileSystem& files, const std::filesystem::path& folder, const std::string& sweep_digest, Unopened);
  void load();
  void load_segment(const std::string& name);
  void apply(const nlohmann::json& record, const std::string& where);
  void open_segment();
  void require_own() const;
  void add(const nlohmann::json& record);
  void append(const nlohmann::json& record);

  FileSystem& files_;
  std::filesystem::path folder_;
  std::string sweep_digest_;
  std::uint64_t segment_ = 0;
  std::unique_ptr<WritableFile> file_;
  bool has_unsynced_ = false;
  WatchOutcome watch_;
  std::map<std::string, LedgerEntry> entries_;
  std::vector<std::string> order_;
};

}  // namespace hpctrain::sweep
