// TensorBoard's messages, as bytes. Pure.
//   source  tensorboard/compat/proto/{event,summary}.proto, tensorboard/plugins/hparams/plugin_data.proto
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/histogram.hpp"
#include "monitor/protobuf_message.hpp"

namespace hpctrain::monitor {

/// When and where something was measured.
struct EventPlace {
  double unix_seconds = 0;
  std::uint64_t step = 0;
};

struct ScalarValue {
  std::string tag;  ///< "train/loss"
  double value = 0;
};

/// The first record of every file.
std::string version_event(double unix_seconds);
/// What earlier files say of this step and later ones is void.
std::string restart_event(const EventPlace& place);
std::string scalar_event(const EventPlace& place, const std::vector<ScalarValue>& values);
/// A picture: PNG bytes.
std::string image_event(const EventPlace& place, const std::string& tag, int width, int height, std::string_view png);
std::string histogram_event(const EventPlace& place, const std::vector<Histogram>& histograms);
/// The values this run was started with, for the HPARAMS page; what is a number is one there.
std::string session_start_event(const EventPlace& place, const std::map<std::string, std::string>& parameters);
std::string session_end_event(const EventPlace& place);

}  // namespace hpctrain::monitor
