// What a run says while it trains: its diary, progress on the terminal, the closing summary. Rank zero writes; on
// other ranks every call does nothing, so the loop needs no branches. Decides nothing.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.hpp"
#include "monitor/progress.hpp"
#include "monitor/rank_ledger.hpp"
#include "monitor/run_diary.hpp"
#include "monitor/step_clock.hpp"
#include "monitor/summary.hpp"
#include "monitor/verdict_span.hpp"
#include "train/evaluator.hpp"
#include "train/progress.hpp"
#include "train/step.hpp"

namespace hpctrain::train {

class RunRecorder {
 public:
  struct Settings {
    std::filesystem::path run_folder;
    bool is_active = true;  ///< rank zero
    bool quiet = false;
    RunLength length;
    std::uint64_t samples_per_epoch = 0;
    monitor::VerdictFacts facts{};
    monitor::DiarySettings diary{};
    std::uint64_t every_steps = 1;  ///< a line for every so many steps, and for the last of an epoch and of the run
    std::function<std::map<std::string, double>()> augment_seconds{};  ///< by kind of operation; empty: none
  };

  explicit RunRecorder(const Settings& settings);

  void record_start(const Progress& progress, const monitor::RunEvent& event);
  /// The loss is read when the next thing is recorded, so that no step waits for the device.
  ///   phases         of this rank since the start
  ///   ready_batches  micro-batches that this rank has read ahead
  void record_step(const Progress& progress, const StepReport& report, const monitor::PhaseSeconds& phases,
                   std::uint64_t ready_batches);
  /// The epoch's last step was recorded. What holds the run up is said when that changes.
  ///   ledgers  since the start, by rank
  ///   memory   as gather_memory() gives it
  void record_epoch(const Progress& progress, std::span<const monitor::RankLedger> ledgers,
                    const nlohmann::json& memory);
  /// Writes all steps, the one whose loss was not read yet too. Before a checkpoint: a run that continues from it makes
  /// that step no more, and a kill between the two must not leave a gap.
  void flush_step();
  /// The run failed: what was written stays. Reads nothing from the device.
  void keep_lines();
  /// Digest of every loss up to the last step that was flushed, each with its step and the digest before it: equal
  /// chains mean equal series. Flush the step first.   (rank zero's; empty elsewhere)
  std::string chain() const { return settings_.is_active ? chain_ : std::string(); }
  /// Goes on where a restored checkpoint ended.
  void restore_chain(const std::string& chain) { chain_ = chain; }
  void record_evaluation(const Progress& progress, const EvaluationReport& report);
  /// Drawn of the samples that were scored last.
  void record_pictures(const Progress& progress, const std::vector<monitor::Picture>& pictures);
  /// Asks only where somebody reads them: it costs two passes over the parameters.
  void record_histograms(const Progress& progress, const std::function<std::vector<monitor::Histogram>()>& measure);
  void record_checkpoint(const Progress& progress, const monitor::CheckpointEvent& event);
  void record_verdict(const Progress& progress, const std::string& text);
  /// All ranks go on in less memory.
  void record_rung(const Progress& progress, const RungReport& report);
  /// For the closing summary: how batches are carried out since memory ran out, in this start or one before.
  void note_rung(const std::string& text) { rung_text_ = text; }
  /// Writes the end line and prints the summary.
  ///   data_traffic  docs/formats/metrics.md, all ranks
  ///   ledgers       since the start, by rank
  ///   memory        as gather_memory() gives it
  void record_end(const Progress& progress, const std::string& reason, const std::string& state_digest,
                  const nlohmann::json& data_traffic, std::span<const monitor::RankLedger> ledgers,
                  const nlohmann::json& memory);

 private:
  struct PendingStep {
    Progress progress;
    StepReport report;
    double samples_per_second = 0;
    monitor::PhaseSeconds phases;  ///< of this rank since the start
    bool has_line = true;
    std::uint64_t ready_batches = 0;
  };
  /// What had been counted at some moment of this start.
  struct Count {
    std::uint64_t samples = 0;     ///< over the world
    monitor::PhaseSeconds phases;  ///< mean over ranks
  };

  void end_pending_step();
  void write_line(const PendingStep& pending);
  void show_progress(const Progress& progress, bool epoch_ended);
  std::vector<monitor::RankLedger> ledgers_since_last_epoch(std::span<const monitor::RankLedger> ledgers);
  void record_verdict(const Progress& progress, const char* scope, const monitor::Verdict& verdict);
  void say_if_new(const Progress& progress, const monitor::Verdict& verdict);
  void print_summary(const Progress& progress, const monitor::EndEvent& event, const std::string& verdict) const;

  Settings settings_;
  std::optional<monitor::RunDiary> diary_;
  monitor::ProgressLine progress_line_;
  monitor::ThroughputWindow window_{10, 0};  ///< over the time of steps: evaluations and saves are no part of it
  monitor::PhaseSeconds phases_at_last_line_;
  Count at_last_epoch_;
  std::vector<monitor::RankLedger> ledgers_at_last_epoch_;
  monitor::VerdictSpan verdicts_;
  std::optional<monitor::Verdict> said_;  ///< the last verdict that a person was told
  std::optional<PendingStep> pending_;
  std::optional<PendingStep> without_line_;  ///< the last step, where it got none: the run may end with it
  std::uint64_t samples_ = 0;
  std::uint64_t steps_ = 0;
  double last_loss_ = 0;
  std::string chain_;
  std::string rung_text_;  ///< empty: memory never ran out
  std::optional<std::uint64_t> skipped_updates_;
  std::map<std::string, monitor::SplitResult> results_;
  std::map<std::string, std::string> tables_;
};

/// Epoch that the step just made belongs to: the cursor may already stand at the start of the next one.
std::uint64_t epoch_of_last_step(const Progress& progress);

}  // namespace hpctrain::train
