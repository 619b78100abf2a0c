// The list of networks. Adding one is one file and one line in registry.cpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/network.hpp"

namespace hpctrain::models {

struct NetworkEntry {
  std::string_view name;
  std::string_view summary;
  std::shared_ptr<Network> (*make)(const NetworkSpec&);
  OutputKind output = OutputKind::values;
};

std::span<const NetworkEntry> networks();
std::vector<std::string> network_names();

/// Parameters are drawn from torch's default generator: seed it first.
///   errors  Fault::usage for an unknown name, naming those there are; for images too small for the network
std::shared_ptr<Network> make_network(std::string_view name, const NetworkSpec& spec);

/// Names of the networks that answer in that way, for messages.
std::string network_names_text(OutputKind kind);

/// Number of trainable values.
std::int64_t count_parameters(const Network& network);

}  // namespace hpctrain::models
