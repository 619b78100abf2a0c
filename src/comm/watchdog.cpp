// A stopped process cannot act, so every process watches; of those that can, the lowest does. Nodes act for themselves:
// the node of the culprit fires first, a node that only waits for others gives it time to.
#include "comm/watchdog.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "comm/agree.hpp"
#include "comm/deadline.hpp"
#include "comm/guard.hpp"
#include "core/log.hpp"

namespace hpctrain::comm {
namespace {

constexpr std::chrono::milliseconds kLookEvery{100};
/// A look that comes so late means that this process itself was stopped or starved: its peers may have been, too.
constexpr double kOwnGapSeconds = 1;
/// Where all ranks are killed, one after the other, nobody is left to blame.
constexpr double kLauncherSeconds = 0.3;
/// Whoever claimed the end of the job has this long to bring it about.
constexpr double kClaimSeconds = 10;
/// Of these, for the report.
constexpr double kReportSeconds = 5;
/// For ranks that wait for another node, whose own watchdog knows the culprit.
constexpr double kOtherNodeSeconds = 5;
constexpr std::uint32_t kExemptSteps = 2;

void print_lines(const std::string& text) {
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;  // nobody listens any more
}

}  // namespace

Watchdog::Watchdog(Communicator& world, Parts parts) : parts_(std::move(parts)) {
  if (parts_.settings.timeout_seconds <= 0) return;
  node_ = world.split(parts_.placement.node, world.rank());
  try {
    table_ = std::make_unique<HeartbeatTable>(*node_, world.rank());
  } catch (const Error& error) {
    log_warning("{}; a hanging rank of this node will not be noticed", error.what());
    return;
  }
  for (std::size_t i = 0; i < table_->size(); ++i) processes_.emplace_back((*table_)[i].process);
  answer_stack_requests();
  last_look_seconds_ = steady_seconds();
  forgiven_seconds_ = last_look_seconds_;
  watcher_ = std::thread([this] { watch_until_stopped(); });
}

Watchdog::~Watchdog() {
  if (!watcher_.joinable()) return;
  table_->own().has_left = true;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  stop_.notify_all();
  watcher_.join();
}

void Watchdog::stand_down() noexcept {
  if (table_) table_->claim() = 1;
}

void Watchdog::watch_until_stopped() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, kLookEvery, [this] { return is_stopping_; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

void Watchdog::look() {
  const double now = steady_seconds();
  table_->own().heartbeat.alive_seconds.store(now, std::memory_order_release);
  if (now - last_look_seconds_ > kOwnGapSeconds) forgiven_seconds_ = now;
  last_look_seconds_ = now;
  const std::vector<RankView> views = view_ranks(now);
  const auto verdict = find_hang(views, parts_.phases, parts_.settings.timeout_seconds);
  if (!verdict) {
    first_seen_seconds_.reset();
    return;
  }
  if (!first_seen_seconds_) first_seen_seconds_ = now;
  if (now - *first_seen_seconds_ >= patience_with(views, *verdict)) act(views, *verdict);
}

/// Seconds for somebody who knows better to act first.
double Watchdog::patience_with(const std::vector<RankView>& views, const HangVerdict& verdict) const {
  if (verdict.kind == HangKind::dead) return kLauncherSeconds;
  const bool waits = parts_.phases[views[verdict.culprit].phase].waits_for_peers;
  const bool is_elsewhere = verdict.kind == HangKind::stuck && waits && parts_.placement.nodes > 1;
  return is_elsewhere ? kOtherNodeSeconds : 0;
}

std::vector<RankView> Watchdog::view_ranks(double now_seconds) const {
  std::vector<RankView> views;
  const auto since = [&](const std::atomic<double>& moment) {
    return now_seconds - std::max(moment.load(std::memory_order_acquire), forgiven_seconds_.load());
  };
  for (std::size_t i = 0; i < table_->size(); ++i) {
    const TableEntry& entry = (*table_)[i];
    if (entry.has_left) continue;
    const Heartbeat& heartbeat = entry.heartbeat;
    views.push_back({.rank = entry.rank,
                     .process = entry.process,
                     .team = heartbeat.team,
                     .step = heartbeat.step,
                     .sequence = heartbeat.sequence,
                     .phase = heartbeat.phase,
                     .is_warm = heartbeat.steps_here >= kExemptSteps,
                     .quiet_seconds = since(heartbeat.progress_seconds),
                     .silent_seconds = since(heartbeat.alive_seconds),
                     // Asked twice: it may have left in order between the two questions.
                     .is_dead = processes_[i].is_gone() && !entry.has_left});
  }
  return views;
}

void Watchdog::act(const std::vector<RankView>& views, const HangVerdict& verdict) {
  const double now = steady_seconds();
  if (claimed_seconds_ && now - *claimed_seconds_ > kClaimSeconds) _exit(exit_code(Fault::stopped));
  if (table_->claim() != 0) {
    if (!claimed_seconds_) claimed_seconds_ = now;
    return;
  }
  const auto speaker = find_speaker(views);
  if (!speaker || views[*speaker].rank != parts_.placement.rank) return;
  std::uint32_t nobody = 0;
  if (!table_->claim().compare_exchange_strong(nobody, 1)) return;
  describe_hang(views, verdict);
  const RankView& culprit = views[verdict.culprit];
  end_job({verdict.kind == HangKind::dead ? "dead rank" : "hang", culprit.rank, parts_.placement.host,
           parts_.phases[culprit.phase].name, culprit.step});
}

NodeNews Watchdog::furthest_behind() const {
  if (!table_)
    return {parts_.placement.rank, parts_.placement.host, parts_.phases[unwatched_.phase].name, unwatched_.step};
  const auto views = view_ranks(steady_seconds());
  if (views.empty()) return {parts_.placement.rank, parts_.placement.host, "end", 0};
  const RankView& view = views[find_furthest_behind(views, parts_.phases)];
  return {view.rank, parts_.placement.host, parts_.phases[view.phase].name, view.step};
}

void Watchdog::end_for(const NodeNews& last, double silent_seconds) {
  std::uint32_t nobody = 0;
  if (table_ && !table_->claim().compare_exchange_strong(nobody, 1)) return;
  print_lines(
      fmt::format("hpctrain: rank {} on {} hangs in {} after step {}: nothing from its node for {:.1f} s "
                  "(comm.hang-timeout-seconds {}); the same command continues the run\n",
                  last.rank, last.host, last.phase, last.step, silent_seconds, parts_.settings.timeout_seconds));
  end_job({"hang", last.rank, last.host, last.phase, last.step});
}

/// For people: who it is, what every rank of the node does, the culprit's stack where it can still give it.
void Watchdog::describe_hang(const std::vector<RankView>& views, const HangVerdict& verdict) const {
  const RankView& culprit = views[verdict.culprit];
  std::string text = "hpctrain: " + describe(culprit, verdict) + "; the same command continues the run\n";
  for (const RankView& view : views) {
    text += fmt::format("hpctrain:   rank {}: step {}, {} for {:.1f} s, process {}: {}\n", view.rank, view.step,
                        parts_.phases[view.phase].name, view.quiet_seconds, view.process,
                        view.is_dead ? "gone" : describe_process(view.process));
  }
  print_lines(text);
  if (verdict.kind == HangKind::stuck) request_stack(culprit.process);
}

void Watchdog::end_job(const HangReport& report) {
  // What made a rank hang may be the file system that the report is to be written to.
  const Deadline deadline(std::chrono::duration<double>(kReportSeconds), exit_code(Fault::stopped),
                          [] { abort_job(exit_code(Fault::stopped)); });
  try {
    parts_.on_hang(report);
  } catch (const std::exception& error) {
    print_lines(std::string("hpctrain: reporting it failed too: ") + error.what() + "\n");
  }
  abort_job(exit_code(Fault::stopped));
}

std::string Watchdog::describe(const RankView& view, const HangVerdict& verdict) const {
  const std::string who = fmt::format("rank {} on {}", view.rank, parts_.placement.host);
  const std::string where = fmt::format("{} after step {}", parts_.phases[view.phase].name, view.step);
  switch (verdict.kind) {
    case HangKind::dead:
      return fmt::format("{} died in {}", who, where);
    case HangKind::stopped:
      return fmt::format("{} hangs in {}: its process was stopped or starved {:.1f} s ago", who, where,
                         verdict.seconds);
    case HangKind::stuck:
      break;
  }
  return fmt::format("{} hangs in {}: nothing from it for {:.1f} s (comm.hang-timeout-seconds {})", who, where,
                     verdict.seconds, parts_.settings.timeout_seconds);
}

}  // namespace hpctrain::comm
