// Nodes watch each other: the leader of each writes to the leader of the next, so a node that vanished or was stopped
// whole is named by its neighbour. Knows nothing of what ranks do; ranks of one node are the watchdog's affair.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "comm/communicator.hpp"
#include "comm/mailbox.hpp"
#include "comm/ring_watch.hpp"
#include "core/placement.hpp"

namespace hpctrain::comm {

class NodeRing {
 public:
  struct Parts {
    double timeout_seconds = 0;  ///< 0: nobody watches
    Placement placement;
    std::function<NodeNews()> own_news;
    /// Called in the ring's thread when the node before this one is silent since so many seconds: ends the job. Must
    /// not communicate.
    std::function<void(const NodeNews& last, double seconds)> on_silence;
  };

  ///   collective  all ranks of `world`, which must be MPI_COMM_WORLD's; does nothing on a single node
  NodeRing(Communicator& world, Parts parts);
  /// Watches no longer. Without leave() before, the neighbour may take this node for lost.
  ~NodeRing();
  NodeRing(const NodeRing&) = delete;
  NodeRing& operator=(const NodeRing&) = delete;

  /// This node ends in order. Before MPI is left.
  void leave();

 private:
  void stop();
  void run_until_stopped();
  void pass_round();
  void tell_next(const std::string& text);

  Parts parts_;
  int next_leader_ = 0;  ///< rank in the world
  std::unique_ptr<Mailbox> mailbox_;
  std::unique_ptr<RingWatch> watch_;
  double told_seconds_ = 0;  ///< moment
  std::mutex mutex_;
  std::condition_variable stop_;
  bool is_stopping_ = false;
  std::thread thread_;  ///< of node leaders
};

}  // namespace hpctrain::comm
