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
  bool has_stochastic_depth = false;
};

/// Networks that numbers in their names tell apart.
struct NetworkFamily {
  std::string_view pattern;  ///< with letters for the numbers
  std::string_view summary;
  bool (*claims)(std::string_view name);        ///< whether a name is meant as one of theirs, well-formed or not
  void (*require_name)(std::string_view name);  ///< throws Fault::usage when there is no such member
  std::shared_ptr<Network> (*make)(std::string_view name, const NetworkSpec&);
  OutputKind output = OutputKind::values;
};

std::span<const NetworkEntry> networks();
std::span<const NetworkFamily> network_families();
std::vector<std::string> network_names();

/// Parameters are drawn from torch's default generator: seed it first.
///   errors  Fault::usage for an unknown name, naming those there are; for images too small for the network, or a
///           stochastic depth that it does not have
std::shared_ptr<Network> make_network(std::string_view name, const NetworkSpec& spec);

/// Names of the networks that answer in that way, for messages.
std::string network_names_text(OutputKind kind);

/// Number of trainable values.
std::int64_t count_parameters(const Network& network);

}  // namespace hpctrain::models
