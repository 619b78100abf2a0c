#include "tools/bench_step.hpp"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "comm/agree.hpp"
#include "core/error.hpp"
#include "core/run_identifier.hpp"
#include "tools/bare_loop.hpp"
#include "tools/median.hpp"
#include "tools/own_folder.hpp"
#include "train/run_parts.hpp"
#include "train/training_run.hpp"

namespace hpctrain::tools {
namespace {

using monitor::PhaseSeconds;

/// Rounding adds up differently where buckets are added into and ranks are summed.
constexpr double kLargestLossDifference = 1e-3;

/// What a run wrote about its steps.
struct Diary {
  std::vector<double> losses;
  PhaseSeconds phases;  ///< of the mean measured step
};

PhaseSeconds read_phases(const nlohmann::json& json) {
  PhaseSeconds phases;
  for (std::size_t i = 0; i < monitor::kPhaseCount; ++i) {
    const auto phase = static_cast<monitor::Phase>(i);
    phases[phase] = json.value(std::string(monitor::phase_name(phase)), 0.0);
  }
  return phases;
}

Diary read_diary(const std::filesystem::path& run_folder, std::uint64_t warm_up_steps) {
  Diary diary;
  std::ifstream file(run_folder / "metrics.jsonl");
  for (std::string text; std::getline(file, text);) {
    const auto line = nlohmann::json::parse(text);
    if (line.at("event") != "step") continue;
    diary.losses.push_back(line.at("loss"));
    if (diary.losses.size() <= warm_up_steps) continue;
    const PhaseSeconds step = read_phases(line.at("phase_seconds"));
    for (std::size_t i = 0; i < monitor::kPhaseCount; ++i) diary.phases.seconds[i] += step.seconds[i];
  }
  require_invariant(diary.losses.size() > warm_up_steps, "a finished run recorded its steps");
  for (double& seconds : diary.phases.seconds) seconds /= static_cast<double>(diary.losses.size() - warm_up_steps);
  return diary;
}

/// Nothing but steps: no checkpoint before the end, and one sample scored after it.
train::RunSettings plan_run(train::RunSettings settings, std::uint64_t steps) {
  settings.train.steps = steps;
  settings.train.epochs = steps;  // more than enough, whatever the data set's size
  settings.evaluation = {.every_epochs = 0, .max_samples = 1};
  settings.cadence = {.checkpoint_every_steps = 0, .checkpoint_every_minutes = 0};
  settings.audit = false;
  // Neither is known to the bare loop.
  settings.mixup = 0;
  settings.train.head_only_epochs = 0;
  settings.monitor = {.writes_tensorboard = settings.monitor.writes_tensorboard};
  settings.quiet = true;
  return settings;
}

class StepBench {
 public:
  StepBench(const train::RunSettings& settings, const StepBenchPlace& place, const StepBenchSettings& bench)
      : settings_(plan_run(settings, bench.warm_up_steps + bench.steps)), place_(place), bench_(bench) {
    comm::run_agreed(place_.group, [this] {
      task_ = train::make_run_task(settings_, place_.index);
      require(!task_->loss_spans_global_batch(), Fault::usage,
              "bench step compares with a loop that adds up the losses of samples, and those of task.name " +
                  task_->name() + " depend on each other; choose another task");
      batches_ =
          std::make_unique<StoredBatches>(settings_, place_.index, place_.placement, *task_, *settings_.train.steps);
    });
  }

  /// The two take turns at going first: what a process does first, it does with a colder memory.
  void run_round() {
    const bool is_bare_first = rounds_++ % 2 == 1;
    BareLoopReport bare;
    if (is_bare_first) bare = run_bare();
    const Diary diary = run_engine();
    if (!is_bare_first) bare = run_bare();
    // The diary is rank zero's, and so is the report.
    comm::run_on_leader(place_.group, [&]() -> std::string {
      require_equal_losses(diary.losses, bare.losses);
      note(diary, bare);
      return {};
    });
  }

  StepBenchReport report() const {
    StepBenchReport report;
    report.ranks = place_.group.size();
    report.batch = settings_.train.batch;
    if (!place_.group.is_leader()) return report;
    report.step_seconds = median(steps_);
    report.bare_step_seconds = median(bare_steps_);
    report.overhead = median(overheads_);
    report.ledger_cost = ledger_cost_;
    report.switches_per_step =
        static_cast<double>(switches_) / static_cast<double>(*settings_.train.steps * steps_.size());
    report.phases = phases_;
    report.bare_phases = bare_phases_;
    for (auto* phases : {&report.phases, &report.bare_phases}) {
      for (double& seconds : phases->seconds) seconds /= static_cast<double>(steps_.size());
    }
    return report;
  }

 private:
  Diary run_engine() {
    const auto path = comm::run_on_leader(place_.group, [this] {
      folder_ = std::make_unique<OwnFolder>(posix_file_system(), bench_.folder / ("bench-step-" + random_hex(4)));
      return folder_->path().string();
    });
    {
      train::TrainingRun run(settings_, {place_.index, place_.group, place_.placement, posix_file_system(), path,
                                         place_.device, /*config_digest=*/"", /*versions=*/{}});
      run.run();
      switches_ += run.phase_switches();
    }
    Diary diary;
    if (folder_) diary = read_diary(folder_->path(), bench_.warm_up_steps);
    if (folder_ && rounds_ == 1) ledger_cost_ = measure_ledger_cost(folder_->path());
    folder_.reset();
    return diary;
  }

  /// Losses are sums over the ranks, the time is the slowest rank's.
  BareLoopReport run_bare() {
    BareLoopReport bare;
    comm::run_agreed(place_.group,
                     [&] { bare = run_bare_loop(settings_, *task_, *batches_, place_.device, bench_.warm_up_steps); });
    auto& losses = bare.losses;
    place_.group.all_reduce({losses.data(), losses.size(), comm::ElementType::f64}, comm::ReduceOp::sum);
    place_.group.all_reduce({&bare.step_seconds, 1, comm::ElementType::f64}, comm::ReduceOp::max);
    return bare;
  }

  void require_equal_losses(const std::vector<double>& ours, const std::vector<double>& bare) const {
    // Ranks of the bare loop go ways of their own after the first step.
    const std::size_t compared = place_.group.size() == 1 ? bare.size() : 1;
    for (std::size_t step = 0; step < compared; ++step) {
      const double difference = std::abs(ours.at(step) - bare[step]);
      require(difference <= kLargestLossDifference * std::abs(bare[step]), Fault::bug,
              fmt::format("the engine's loss at step {} is {}, the bare loop's on the same samples {}", step + 1,
                          ours[step], bare[step]));
    }
  }

  void note(const Diary& diary, const BareLoopReport& bare) {
    steps_.push_back(diary.phases.training());
    bare_steps_.push_back(bare.step_seconds);
    overheads_.push_back(steps_.back() / bare.step_seconds - 1);
    for (std::size_t i = 0; i < monitor::kPhaseCount; ++i) {
      phases_.seconds[i] += diary.phases.seconds[i];
      bare_phases_.seconds[i] += bare.phases.seconds[i];
    }
  }

  train::RunSettings settings_;
  StepBenchPlace place_;
  StepBenchSettings bench_;
  std::unique_ptr<tasks::Task> task_;
  std::unique_ptr<StoredBatches> batches_;
  std::unique_ptr<OwnFolder> folder_;                   ///< of the run under way; rank zero's
  std::vector<double> steps_, bare_steps_, overheads_;  ///< of each round
  PhaseSeconds phases_, bare_phases_;                   ///< added over rounds
  std::uint64_t switches_ = 0;                          ///< likewise
  LedgerCost ledger_cost_;
  int rounds_ = 0;
};

}  // namespace

StepBenchReport run_step_bench(const train::RunSettings& settings, const StepBenchPlace& place,
                               const StepBenchSettings& bench) {
  StepBench rounds(settings, place, bench);
  for (int round = 0; round < bench.rounds; ++round) rounds.run_round();
  return rounds.report();
}

}  // namespace hpctrain::tools
