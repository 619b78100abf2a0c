#include "comm/node_ring.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "comm/host_name.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"

namespace hpctrain::comm {
namespace {

constexpr int kPort = 1;
constexpr const char* kFarewell = "farewell";
constexpr std::chrono::milliseconds kLookEvery{100};
/// Few enough that letters to a node that does not read them stay in the network's buffers until it is given up.
constexpr double kLettersPerTimeout = 10;

/// World ranks of the nodes' leaders, by node, with their hosts.   (collective)
std::vector<NodeNews> gather_leaders(Communicator& world, const Placement& placement) {
  const std::array<std::int32_t, 2> mine = {placement.node, placement.local_rank};
  std::vector<std::int32_t> all(2 * static_cast<std::size_t>(world.size()));
  world.all_gather(std::as_bytes(std::span(mine)), std::as_writable_bytes(std::span(all)));
  const auto hosts = all_gather_text(world, host_name());
  std::vector<NodeNews> leaders(static_cast<std::size_t>(placement.nodes));
  for (std::size_t rank = 0; rank < hosts.size(); ++rank) {
    if (all[2 * rank + 1] != 0) continue;
    leaders.at(static_cast<std::size_t>(all[2 * rank])) = {static_cast<int>(rank), hosts[rank], "start", 0};
  }
  return leaders;
}

}  // namespace

NodeRing::NodeRing(Communicator& world, Parts parts) : parts_(std::move(parts)) {
  if (parts_.timeout_seconds <= 0 || parts_.placement.nodes < 2) return;
  mailbox_ = make_mpi_mailbox();
  const auto leaders = gather_leaders(world, parts_.placement);
  if (parts_.placement.local_rank != 0) return;
  const auto nodes = static_cast<std::size_t>(parts_.placement.nodes);
  const auto own = static_cast<std::size_t>(parts_.placement.node);
  next_leader_ = leaders[(own + 1) % nodes].rank;
  watch_ = std::make_unique<RingWatch>(parts_.timeout_seconds, leaders[(own + nodes - 1) % nodes], steady_seconds());
  thread_ = std::thread([this] { run_until_stopped(); });
}

NodeRing::~NodeRing() {
  stop();
}

void NodeRing::leave() {
  if (!thread_.joinable()) return;
  stop();
  tell_next(kFarewell);
}

void NodeRing::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

void NodeRing::run_until_stopped() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, kLookEvery, [this] { return is_stopping_; })) {
    lock.unlock();
    try {
      pass_round();
    } catch (const Error& error) {
      log_warning("watching the other nodes: {}; a node that vanishes will not be noticed", error.what());
      return;
    }
    lock.lock();
  }
}

void NodeRing::pass_round() {
  const double now = steady_seconds();
  if (now - told_seconds_ >= parts_.timeout_seconds / kLettersPerTimeout) {
    tell_next(news_to_text(parts_.own_news()));
    told_seconds_ = now;
  }
  for (Letter letter; mailbox_->try_receive(kPort, letter);) {
    letter.text == kFarewell ? watch_->note_farewell() : watch_->note_news(news_from_text(letter.text), now);
  }
  if (const auto silence = watch_->find_silence(now)) parts_.on_silence(watch_->last_news(), *silence);
}

void NodeRing::tell_next(const std::string& text) {
  mailbox_->send(next_leader_, kPort, text);
}

}  // namespace hpctrain::comm
