// Every collective is one exchange: each rank deposits bytes, each takes everybody's and computes by itself in rank
// order. One mutex for all groups: tests want determinism and prompt failure, not speed.
#include "comm/thread_communicator.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "comm/reduce.hpp"

namespace hpctrain::comm {

namespace {

using Bytes = std::vector<std::byte>;

/// What all groups of one run share: the lock, and who can no longer answer.
class ThreadWorld {
 public:
  explicit ThreadWorld(int ranks) : has_left_(static_cast<std::size_t>(ranks), false) {}

  std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }
  void notify() { changed_.notify_all(); }

  void leave(int world_rank) {
    const auto guard = lock();
    has_left_[static_cast<std::size_t>(world_rank)] = true;
    notify();
  }

  /// Waits until `is_ready`, unless a rank of `awaited()` has left: then it never will be.
  template <typename IsReady, typename Awaited>
  void wait(std::unique_lock<std::mutex>& held, const IsReady& is_ready, const Awaited& awaited) {
    std::optional<int> missing;
    changed_.wait(held, [&] {
      if (is_ready()) return true;
      for (const int rank : awaited()) {
        if (has_left_[static_cast<std::size_t>(rank)]) missing = rank;
      }
      return missing.has_value();
    });
    if (missing) {
      throw Error(Fault::stopped, "waiting for rank " + std::to_string(*missing) + ": it ended before it answered");
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> has_left_;
};

/// One collective: what each rank brought, and how many have taken it all.
struct Exchange {
  std::string what;
  std::vector<std::optional<Bytes>> deposits;
  std::size_t deposited = 0;
  std::size_t taken = 0;
  bool has_mismatch = false;

  bool is_complete() const noexcept { return deposited == deposits.size(); }
};

struct ThreadGroup;

/// A team that some of its members may not have joined yet.
struct NewTeam {
  std::shared_ptr<ThreadGroup> group;
  std::size_t joined = 0;
};

/// A group of ranks: its exchanges, numbered by each rank's order of calls, and its messages.
struct ThreadGroup {
  ThreadGroup(std::shared_ptr<ThreadWorld> shared_world, std::vector<int> ranks_of_world)
      : world(std::move(shared_world)), members(std::move(ranks_of_world)) {}

  std::shared_ptr<ThreadWorld> world;
  std::vector<int> members;  ///< world rank of each rank of the group
  std::map<std::uint64_t, Exchange> exchanges;
  std::map<std::tuple<int, int, int>, std::deque<Bytes>> messages;              ///< by (from, to, tag)
  std::map<std::pair<std::uint64_t, int>, std::shared_ptr<ThreadGroup>> parts;  ///< by (call, colour) of split
  std::map<std::pair<std::vector<int>, int>, NewTeam> new_teams;                ///< by (ranks, tag)

  std::vector<int> members_missing_in(const Exchange& exchange) const {
    std::vector<int> missing;
    for (std::size_t rank = 0; rank < members.size(); ++rank) {
      if (!exchange.deposits[rank]) missing.push_back(members[rank]);
    }
    return missing;
  }
};

/// One rank's part in one exchange.
class Ticket {
 public:
  Ticket(std::shared_ptr<ThreadGroup> group, int rank, std::uint64_t call, const std::string& what, Bytes mine)
      : group_(std::move(group)), call_(call) {
    const auto guard = group_->world->lock();
    Exchange& exchange = group_->exchanges[call_];
    if (exchange.deposits.empty()) {
      exchange.deposits.resize(group_->members.size());
      exchange.what = what;
    }
    exchange.has_mismatch |= exchange.what != what;
    exchange.deposits[static_cast<std::size_t>(rank)] = std::move(mine);
    ++exchange.deposited;
    group_->world->notify();
  }

  bool is_complete() const {
    const auto guard = group_->world->lock();
    return group_->exchanges.at(call_).is_complete();
  }

  /// Everybody's bytes in rank order. Called once.
  std::vector<Bytes> take() {
    auto held = group_->world->lock();
    Exchange& exchange = group_->exchanges.at(call_);
    group_->world->wait(
        held, [&] { return exchange.is_complete(); }, [&] { return group_->members_missing_in(exchange); });
    require_invariant(!exchange.has_mismatch, "ranks called different collectives; one of them was " + exchange.what);
    std::vector<Bytes> all;
    for (const auto& deposit : exchange.deposits) all.push_back(*deposit);
    if (++exchange.taken == group_->members.size()) group_->exchanges.erase(call_);
    return all;
  }

 private:
  std::shared_ptr<ThreadGroup> group_;
  std::uint64_t call_;
};

Bytes copy_of(const void* data, std::size_t bytes) {
  const auto* first = static_cast<const std::byte*>(data);
  return bytes == 0 ? Bytes{} : Bytes(first, first + bytes);
}

void copy_into(void* data, const Bytes& bytes) {
  if (!bytes.empty()) std::memcpy(data, bytes.data(), bytes.size());
}

class ThreadAllReduce final : public PendingCollective {
 public:
  ThreadAllReduce(WideSpan span, ReduceOp op, Ticket ticket)
      : span_(std::move(span)), op_(op), ticket_(std::move(ticket)) {}

  bool test() override {
    if (!is_finished_ && ticket_.is_complete()) wait();
    return is_finished_;
  }

  void wait() override {
    if (is_finished_) return;
    const std::vector<Bytes> all = ticket_.take();
    const Span wide = span_.wide();
    copy_into(wide.data, all.front());
    for (std::size_t rank = 1; rank < all.size(); ++rank) reduce_into(wide, all[rank].data(), op_);
    span_.finish();
    is_finished_ = true;
  }

 private:
  WideSpan span_;
  ReduceOp op_;
  Ticket ticket_;
  bool is_finished_ = false;
};

class ThreadCommunicator final : public Communicator {
 public:
  ThreadCommunicator(std::shared_ptr<ThreadGroup> group, int rank) : group_(std::move(group)), rank_(rank) {}

  int rank() const noexcept override { return rank_; }
  int size() const noexcept override { return static_cast<int>(group_->members.size()); }

  void barrier() override { start_exchange("barrier", {}).take(); }

  void broadcast(Span span, int root) override {
    const std::string what = "broadcast of " + std::to_string(span.bytes()) + " bytes from " + std::to_string(root);
    Bytes mine = rank_ == root ? copy_of(span.data, span.bytes()) : Bytes{};
    copy_into(span.data, start_exchange(what, std::move(mine)).take().at(static_cast<std::size_t>(root)));
  }

  void all_reduce(Span span, ReduceOp op) override { start_all_reduce(span, op)->wait(); }

  std::unique_ptr<PendingCollective> start_all_reduce(Span span, ReduceOp op) override {
    require_reducible(span.type, op);
    const std::string what = "all-reduce of " + std::to_string(span.count) + " elements of type " +
                             std::to_string(static_cast<int>(span.type));
    WideSpan wide(span);
    Ticket ticket = start_exchange(what, copy_of(wide.wide().data, wide.wide().bytes()));
    return std::make_unique<ThreadAllReduce>(std::move(wide), op, std::move(ticket));
  }

  void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) override {
    require_invariant(all.size() == mine.size() * group_->members.size(), "all_gather: wrong size of result");
    const std::string what = "all-gather of " + std::to_string(mine.size()) + " bytes";
    const std::vector<Bytes> blocks = start_exchange(what, copy_of(mine.data(), mine.size())).take();
    for (std::size_t rank = 0; rank < blocks.size(); ++rank) copy_into(all.data() + rank * mine.size(), blocks[rank]);
  }

  void send(std::span<const std::byte> bytes, int to, int tag) override {
    const auto guard = group_->world->lock();
    group_->messages[{rank_, to, tag}].push_back(copy_of(bytes.data(), bytes.size()));
    group_->world->notify();
  }

  void receive(std::span<std::byte> bytes, int from, int tag) override {
    auto held = group_->world->lock();
    auto& queue = group_->messages[{from, rank_, tag}];
    const std::vector<int> awaited = {group_->members.at(static_cast<std::size_t>(from))};
    group_->world->wait(
        held, [&] { return !queue.empty(); }, [&] { return awaited; });
    const Bytes message = std::move(queue.front());
    queue.pop_front();
    require_invariant(message.size() == bytes.size(), "receive: the message has another size");
    copy_into(bytes.data(), message);
  }

  std::unique_ptr<Communicator> split(int colour, int key) override;
  std::unique_ptr<Communicator> create_team(const std::vector<int>& ranks, int tag) override;

 private:
  Ticket start_exchange(const std::string& what, Bytes mine) {
    return Ticket(group_, rank_, calls_++, what, std::move(mine));
  }

  std::shared_ptr<ThreadGroup> group_;
  int rank_;
  std::uint64_t calls_ = 0;
};

std::unique_ptr<Communicator> ThreadCommunicator::split(int colour, int key) {
  require_invariant(colour >= 0, "split: a colour is zero or more");
  const std::array<int, 2> mine = {colour, key};
  const std::uint64_t call = calls_;
  const std::vector<Bytes> all = start_exchange("split", copy_of(mine.data(), sizeof mine)).take();

  std::vector<std::pair<int, int>> order;  // (key, rank) of the ranks of this colour
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    std::array<int, 2> theirs{};
    copy_into(theirs.data(), all[rank]);
    if (theirs[0] == colour) order.emplace_back(theirs[1], static_cast<int>(rank));
  }
  std::sort(order.begin(), order.end());

  std::vector<int> members;
  int my_rank = 0;
  for (const auto& [_, rank] : order) {
    if (rank == rank_) my_rank = static_cast<int>(members.size());
    members.push_back(group_->members[static_cast<std::size_t>(rank)]);
  }
  const auto guard = group_->world->lock();
  auto& part = group_->parts[{call, colour}];
  if (!part) part = std::make_shared<ThreadGroup>(group_->world, members);
  return std::make_unique<ThreadCommunicator>(part, my_rank);
}

std::unique_ptr<Communicator> ThreadCommunicator::create_team(const std::vector<int>& ranks, int tag) {
  const auto place = std::find(ranks.begin(), ranks.end(), rank_);
  require_invariant(place != ranks.end(), "create_team: this rank is a member");
  const auto guard = group_->world->lock();
  NewTeam& team = group_->new_teams[{ranks, tag}];
  if (!team.group) {
    std::vector<int> members;
    for (const int rank : ranks) members.push_back(group_->members.at(static_cast<std::size_t>(rank)));
    team.group = std::make_shared<ThreadGroup>(group_->world, members);
  }
  const auto joined = team.group;
  if (++team.joined == ranks.size()) group_->new_teams.erase({ranks, tag});
  return std::make_unique<ThreadCommunicator>(joined, static_cast<int>(place - ranks.begin()));
}

std::shared_ptr<ThreadGroup> make_group(int ranks) {
  std::vector<int> members;
  for (int rank = 0; rank < ranks; ++rank) members.push_back(rank);
  return std::make_shared<ThreadGroup>(std::make_shared<ThreadWorld>(ranks), members);
}

}  // namespace

void run_ranks(int ranks, const std::function<void(Communicator&)>& body) {
  require_invariant(ranks > 0, "run_ranks needs at least one rank");
  const auto group = make_group(ranks);
  std::exception_ptr first_failure;
  std::mutex failure_mutex;
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        ThreadCommunicator communicator(group, rank);
        body(communicator);
      } catch (...) {
        // Before leave(): the ranks that leave() wakes fail too, and theirs is not the failure to report.
        const std::lock_guard guard(failure_mutex);
        if (!first_failure) first_failure = std::current_exception();
      }
      group->world->leave(rank);
    });
  }
  for (auto& thread : threads) thread.join();
  if (first_failure) std::rethrow_exception(first_failure);
}

std::unique_ptr<Communicator> make_single_rank_communicator() {
  return std::make_unique<ThreadCommunicator>(make_group(1), 0);
}

}  // namespace hpctrain::comm
