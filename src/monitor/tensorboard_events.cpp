#include "monitor/tensorboard_events.hpp"

#include <cstdlib>

namespace hpctrain::monitor {
namespace {

// Field numbers of the .proto files.
namespace event {
constexpr int kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7;
}
namespace summary {
constexpr int kValue = 1;
constexpr int kTag = 1, kSimpleValue = 2, kImage = 4, kHistogram = 5, kMetadata = 9;
constexpr int kPluginData = 1, kPluginName = 1, kContent = 2;
constexpr int kImageHeight = 1, kImageWidth = 2, kImageColours = 3, kImageBytes = 4;
constexpr int kLeast = 1, kMost = 2, kCount = 3, kSum = 4, kSumOfSquares = 5, kLimits = 6, kCounts = 7;
}  // namespace summary
namespace hparams {
constexpr int kSessionStart = 3, kSessionEnd = 4;
constexpr int kParameters = 1, kStartSeconds = 5, kEndStatus = 1, kEndSeconds = 2;
constexpr int kMapKey = 1, kMapValue = 2, kNumberValue = 2, kStringValue = 3;
constexpr std::uint64_t kSuccess = 1;
}  // namespace hparams

ProtobufMessage begin_event(const EventPlace& place) {
  ProtobufMessage message;
  message.add_double(event::kWallTime, place.unix_seconds);
  if (place.step > 0) message.add_integer(event::kStep, place.step);
  return message;
}

std::string hparams_event(const EventPlace& place, const std::string& tag, int field, const ProtobufMessage& session) {
  ProtobufMessage content, plugin, metadata, value, all;
  content.add_message(field, session);
  plugin.add_text(summary::kPluginName, "hparams").add_message(summary::kContent, content);
  metadata.add_message(summary::kPluginData, plugin);
  value.add_text(summary::kTag, tag).add_message(summary::kMetadata, metadata);
  all.add_message(summary::kValue, value);
  return begin_event(place).add_message(event::kSummary, all).bytes();
}

}  // namespace

std::string version_event(double unix_seconds) {
  return begin_event({unix_seconds, 0}).add_text(event::kFileVersion, "brain.Event:2").bytes();
}

std::string restart_event(const EventPlace& place) {
  constexpr int kStatus = 1;
  constexpr std::uint64_t kStart = 1;
  ProtobufMessage log;
  log.add_integer(kStatus, kStart);
  return begin_event(place).add_message(event::kSessionLog, log).bytes();
}

std::string scalar_event(const EventPlace& place, const std::vector<ScalarValue>& values) {
  ProtobufMessage all;
  for (const ScalarValue& scalar : values) {
    ProtobufMessage value;
    value.add_text(summary::kTag, scalar.tag).add_float(summary::kSimpleValue, static_cast<float>(scalar.value));
    all.add_message(summary::kValue, value);
  }
  return begin_event(place).add_message(event::kSummary, all).bytes();
}

std::string image_event(const EventPlace& place, const std::string& tag, int width, int height, std::string_view png) {
  constexpr std::uint64_t kRgb = 3;
  ProtobufMessage image, value, all;
  image.add_integer(summary::kImageHeight, static_cast<std::uint64_t>(height))
      .add_integer(summary::kImageWidth, static_cast<std::uint64_t>(width))
      .add_integer(summary::kImageColours, kRgb)
      .add_text(summary::kImageBytes, png);
  value.add_text(summary::kTag, tag).add_message(summary::kImage, image);
  all.add_message(summary::kValue, value);
  return begin_event(place).add_message(event::kSummary, all).bytes();
}

std::string histogram_event(const EventPlace& place, const std::vector<Histogram>& histograms) {
  ProtobufMessage all;
  for (const Histogram& histogram : histograms) {
    std::vector<double> limits;
    for (std::size_t i = 0; i < histogram.counts.size(); ++i) limits.push_back(histogram.limit(i));
    ProtobufMessage message, value;
    message.add_double(summary::kLeast, histogram.least)
        .add_double(summary::kMost, histogram.most)
        .add_double(summary::kCount, histogram.count)
        .add_double(summary::kSum, histogram.sum)
        .add_double(summary::kSumOfSquares, histogram.sum_of_squares)
        .add_doubles(summary::kLimits, limits)
        .add_doubles(summary::kCounts, histogram.counts);
    value.add_text(summary::kTag, histogram.tag).add_message(summary::kHistogram, message);
    all.add_message(summary::kValue, value);
  }
  return begin_event(place).add_message(event::kSummary, all).bytes();
}

std::string session_start_event(const EventPlace& place, const std::map<std::string, std::string>& parameters) {
  ProtobufMessage session;
  for (const auto& [name, text] : parameters) {
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    ProtobufMessage value, entry;
    if (!text.empty() && *end == '\0') {
      value.add_double(hparams::kNumberValue, number);
    } else {
      value.add_text(hparams::kStringValue, text);
    }
    entry.add_text(hparams::kMapKey, name).add_message(hparams::kMapValue, value);
    session.add_message(hparams::kParameters, entry);
  }
  session.add_double(hparams::kStartSeconds, place.unix_seconds);
  return hparams_event(place, "_hparams_/session_start_info", hparams::kSessionStart, session);
}

std::string session_end_event(const EventPlace& place) {
  ProtobufMessage session;
  session.add_integer(hparams::kEndStatus, hparams::kSuccess).add_double(hparams::kEndSeconds, place.unix_seconds);
  return hparams_event(place, "_hparams_/session_end_info", hparams::kSessionEnd, session);
}

}  // namespace hpctrain::monitor
