#include "comm/ring_watch.hpp"

#include <fmt/format.h>

#include <sstream>
#include <utility>

#include "core/error.hpp"

namespace hpctrain::comm {
namespace {

/// A node whose leader alone was stopped is ended by its other ranks, who know better; they come first.
constexpr double kOwnNodeFirstSeconds = 1;
/// Whoever comes so late to ask was stopped, and its neighbour perhaps with it.
constexpr double kOwnGapSeconds = 1;

}  // namespace

std::string news_to_text(const NodeNews& news) {
  return fmt::format("{} {} {} {}", news.rank, news.step, news.host, news.phase);
}

NodeNews news_from_text(const std::string& text) {
  NodeNews news;
  std::istringstream stream(text);
  stream >> news.rank >> news.step >> news.host >> news.phase;
  require(!stream.fail(), Fault::comm, "a letter between node leaders reads '" + text + "'; restart with one version");
  return news;
}

RingWatch::RingWatch(double timeout_seconds, NodeNews expected, double now_seconds)
    : timeout_seconds_(timeout_seconds),
      last_news_(std::move(expected)),
      heard_seconds_(now_seconds),
      asked_seconds_(now_seconds) {}

void RingWatch::note_news(NodeNews news, double now_seconds) {
  last_news_ = std::move(news);
  heard_seconds_ = now_seconds;
}

std::optional<double> RingWatch::find_silence(double now_seconds) {
  if (now_seconds - asked_seconds_ > kOwnGapSeconds) heard_seconds_ = now_seconds;
  asked_seconds_ = now_seconds;
  const double silence = now_seconds - heard_seconds_;
  if (has_left_ || silence <= timeout_seconds_ + kOwnNodeFirstSeconds) return std::nullopt;
  return silence;
}

}  // namespace hpctrain::comm
