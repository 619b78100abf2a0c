#include "tools/bench_sweep.hpp"

#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <memory>
#include <numeric>
#include <thread>

#include "comm/agree.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/philox.hpp"
#include "core/run_identifier.hpp"
#include "models/registry.hpp"
#include "sweep/coordinator.hpp"
#include "sweep/forecast.hpp"
#include "sweep/group_loop.hpp"
#include "tools/own_folder.hpp"
#include "tools/sync_counter.hpp"
#include "train/device_channel.hpp"
#include "train/gradient_buckets.hpp"
#include "train/network_state.hpp"
#include "train/optimizer.hpp"
#include "train/step_statistics.hpp"

namespace hpctrain::tools {
namespace {

constexpr std::uint32_t kTrialSleep = 0x736c6570;

std::vector<double> draw_seconds(const SweepBenchSettings& settings) {
  std::vector<double> seconds;
  for (std::uint64_t number = 0; number < settings.trials; ++number) {
    CounterStream stream(settings.seed, 0, number, kTrialSleep);
    seconds.push_back(settings.seconds * (1 + settings.spread * stream.uniform(-1, 1)));
  }
  return seconds;
}

/// All that a run makes of a network before its first step: parameters, gradients, the ranks' channel, optimizer.
/// Returns seconds.
double build_network(const std::string& name, comm::Communicator& group) {
  const Stopwatch watch;
  torch::manual_seed(1);
  const auto network = models::make_network(name, {});
  network->train();
  const auto state = train::network_state(*network);
  const train::StepStatistics statistics(*network);
  const auto gradient_group = group.split(0, group.rank());
  const auto channel = train::make_device_channel(*gradient_group, torch::kCPU);
  const train::GradientBuckets buckets(state.parameters, statistics.elements(), *channel);
  const auto optimizer = train::make_optimizer({}, state.parameters);
  train::broadcast_state(group, state);
  return watch.seconds();
}

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Rank zero's half: the ledger and who writes it.
class LedgerSide : public std::enable_shared_from_this<LedgerSide> {
 public:
  LedgerSide(FileSystem& files, comm::Mailbox& mailbox, const SweepBenchSettings& settings, int ranks)
      : folder_(files, settings.folder / ("bench-sweep-" + random_hex(4))),
        counter_(files),
        ledger_(counter_, folder_.path() / "ledger", "bench"),
        queue_(plan_of(settings), ledger_),
        coordinator_({.mailbox = mailbox,
                      .ledger = ledger_,
                      .queue = queue_,
                      .teams = {.ranks = ranks, .ranks_per_trial = settings.ranks_per_trial}}),
        syncs_of_opening_(counter_.syncs()),
        seconds_of_opening_(counter_.sync_seconds()) {}

  void start() {
    serving_ = std::thread([self = shared_from_this()] {
      try {
        self->coordinator_.run();
      } catch (...) {
        self->failure_ = std::current_exception();
      }
    });
  }
  void wait() { serving_.join(); }
  /// The job ends by an error of a group, for whose letters the coordinator still waits.
  void abandon() { serving_.detach(); }

  void describe(SweepBenchReport& report) const {
    if (failure_) std::rethrow_exception(failure_);
    const auto entries = ledger_.entries();
    const bool are_done = std::all_of(entries.begin(), entries.end(), [](const sweep::LedgerEntry& entry) {
      return entry.outcome.state == sweep::TrialState::done && entry.leases == 1;
    });
    require_invariant(are_done && entries.size() == report.trial_seconds.size(), "every trial ends exactly once");
    report.ledger_syncs = counter_.syncs() - syncs_of_opening_;
    report.sync_seconds = counter_.sync_seconds() - seconds_of_opening_;
  }

 private:
  static sweep::TrialPlan plan_of(const SweepBenchSettings& settings) {
    sweep::TrialPlan plan;
    plan.trials = settings.trials;
    plan.propose = [](std::uint64_t number, const auto&) {
      return sweep::Parameters{{"number", std::to_string(number)}};
    };
    return plan;
  }

  OwnFolder folder_;
  SyncCounter counter_;
  sweep::Ledger ledger_;
  sweep::TrialQueue queue_;
  sweep::Coordinator coordinator_;
  std::uint64_t syncs_of_opening_;
  double seconds_of_opening_;
  std::exception_ptr failure_;
  std::thread serving_;
};

/// The ranks' half.
class TrialSide {
 public:
  TrialSide(const SweepBenchSettings& settings, const std::vector<double>& seconds)
      : settings_(settings), seconds_(seconds) {}

  void run(comm::Communicator& world, comm::Mailbox& mailbox) {
    sweep::run_leases(world, mailbox, [this](const sweep::Trial& trial, comm::Communicator& ranks, const auto&) {
      if (settings_.network) build_seconds_ += build_network(*settings_.network, ranks);
      std::this_thread::sleep_for(std::chrono::duration<double>(seconds_.at(std::stoul(trial.parameters[0].second))));
      return sweep::TrialOutcome{sweep::TrialState::done};
    });
  }

  double build_seconds() const noexcept { return build_seconds_; }

 private:
  const SweepBenchSettings& settings_;
  const std::vector<double>& seconds_;
  double build_seconds_ = 0;  ///< of all trials of this rank
};

/// Rank zero's is null everywhere else.
void run_trials(comm::Communicator& world, comm::Mailbox& mailbox, TrialSide& trials, LedgerSide* ledger) {
  if (ledger != nullptr) ledger->start();
  try {
    trials.run(world, mailbox);
  } catch (...) {
    if (ledger != nullptr) ledger->abandon();
    throw;
  }
  if (ledger != nullptr) ledger->wait();
}

}  // namespace

double SweepBenchReport::busy_share() const noexcept {
  return std::accumulate(trial_seconds.begin(), trial_seconds.end(), 0.0) / (groups * wall_seconds);
}

SweepBenchReport run_sweep_bench(comm::Communicator& world, comm::Mailbox& mailbox, FileSystem& files,
                                 const SweepBenchSettings& settings) {
  SweepBenchReport report;
  std::shared_ptr<LedgerSide> ledger;
  comm::run_agreed(world, [&] {
    report.groups = sweep::plan_groups(world.size(), settings.ranks_per_trial);
    if (settings.network) models::make_network(*settings.network, {});
    if (world.is_leader()) ledger = std::make_shared<LedgerSide>(files, mailbox, settings, world.size());
  });
  report.trial_seconds = draw_seconds(settings);
  report.ideal_seconds = sweep::plan_makespan(report.trial_seconds, report.groups);
  const int group_number = std::min(world.rank() / settings.ranks_per_trial, report.groups);
  const auto group = world.split(group_number, world.rank());
  TrialSide trials(settings, report.trial_seconds);
  // What the process builds first takes longer than any later one.
  if (settings.network) build_network(*settings.network, *group);
  world.barrier();
  const double processor_before = processor_seconds();
  const Stopwatch watch;
  run_trials(world, mailbox, trials, ledger.get());
  report.wall_seconds = watch.seconds();
  std::vector<double> sums = {processor_seconds() - processor_before, trials.build_seconds()};
  world.all_reduce({&report.wall_seconds, 1, comm::ElementType::f64}, comm::ReduceOp::max);
  world.all_reduce({sums.data(), sums.size(), comm::ElementType::f64}, comm::ReduceOp::sum);
  report.processor_seconds = sums[0];
  report.build_seconds = sums[1] / static_cast<double>(settings.trials) / settings.ranks_per_trial;
  comm::run_on_leader(world, [&] {
    ledger->describe(report);
    return std::string();
  });
  return report;
}

}  // namespace hpctrain::tools
