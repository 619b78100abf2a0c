// Constants for the model of communication: measured among the ranks at hand, by what the kernel says of the network
// where there is none to measure, else assumed; and words that say which.
#pragma once

#include <torch/types.h>

#include <optional>
#include <string>

#include "comm/communicator.hpp"
#include "core/placement.hpp"
#include "tools/comm_model.hpp"

namespace hpctrain::tools {

/// What the user knows better.
struct NetworkWish {
  std::optional<double> latency_microseconds{};
  std::optional<double> gigabytes_per_second{};
};

struct SurveyedLinks {
  Link node, network;
  std::string node_words, network_words;  ///< where the constants are from, on the leader
};

/// Sums of four sizes are timed over all ranks, and over half as many where there are four or more. One rank alone
/// times copies in its memory.
///   collective  all ranks of `world`
SurveyedLinks survey_links(comm::Communicator& world, const Placement& placement, const torch::Device& device,
                           const NetworkWish& wish);

}  // namespace hpctrain::tools
