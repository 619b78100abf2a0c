// What the leader of one node knows of the node before it: its last word, and when silence has lasted too long. Pure:
// moments come from the caller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hpctrain::comm {

/// What a node says of itself: where its rank is that is furthest behind.
struct NodeNews {
  int rank = 0;  ///< in the world
  std::string host;
  std::string phase;
  std::uint64_t step = 0;

  bool operator==(const NodeNews&) const = default;
};

/// One line; hosts and phases hold no spaces.
std::string news_to_text(const NodeNews& news);
/// errors  Fault::comm when it is no such line
NodeNews news_from_text(const std::string& text);

class RingWatch {
 public:
  /// `expected`: what is known of the other node before it first speaks.
  RingWatch(double timeout_seconds, NodeNews expected, double now_seconds);

  void note_news(NodeNews news, double now_seconds);
  /// The node leaves in order; its silence means nothing any more.
  void note_farewell() noexcept { has_left_ = true; }
  /// To be asked often: who asks late was itself stopped or starved, and forgives what it could not hear.
  ///   returns  seconds of silence, once they are too many
  std::optional<double> find_silence(double now_seconds);

  const NodeNews& last_news() const noexcept { return last_news_; }

 private:
  double timeout_seconds_;
  NodeNews last_news_;
  double heard_seconds_;  ///< moment
  double asked_seconds_;  ///< moment
  bool has_left_ = false;
};

}  // namespace hpctrain::comm
