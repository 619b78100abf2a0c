// What all ranks must have in common before they work together, and who of them does not. Must not know what the facts
// say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "comm/communicator.hpp"

namespace hpctrain::comm {

/// A name and a value without zero bytes.
struct Fact {
  std::string name;
  std::string value;
};

struct FactDifference {
  std::string name;
  std::string here;
  std::string there;
};

/// The first fact, in the order of `here` and then of `there`, that the other list lacks or has another value of.
std::optional<FactDifference> find_difference(const std::vector<Fact>& here, const std::vector<Fact>& there);

/// Every rank holds the same `facts`. `cure` ends the message of the error.
///   collective  all ranks of `group`
///   cost        one broadcast of the facts' text
///   errors      Fault::comm, agreed, naming the lowest rank that differs from rank zero, its host, the first fact that
///               differs and both values
void require_common_facts(Communicator& group, const std::vector<Fact>& facts, const std::string& cure);

}  // namespace hpctrain::comm
