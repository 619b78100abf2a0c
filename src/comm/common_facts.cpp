// Rank zero's facts go to all and each rank compares: no rank holds more than two lists, however many ranks there are.
#include "comm/common_facts.hpp"

#include <algorithm>

#include "comm/agree.hpp"

namespace hpctrain::comm {
namespace {

constexpr const char* kMissing = "(unknown)";

std::string to_text(const std::vector<Fact>& facts) {
  std::string text;
  for (const Fact& fact : facts) text += fact.name + '\0' + fact.value + '\0';
  return text;
}

std::string take_until_zero(std::string_view& text) {
  const std::string_view part = text.substr(0, text.find('\0'));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return std::string(part);
}

std::vector<Fact> from_text(std::string_view text) {
  std::vector<Fact> facts;
  while (!text.empty()) {
    std::string name = take_until_zero(text);
    facts.push_back({std::move(name), take_until_zero(text)});
  }
  return facts;
}

std::string value_of(const std::vector<Fact>& facts, const std::string& name) {
  const auto found = std::find_if(facts.begin(), facts.end(), [&](const Fact& fact) { return fact.name == name; });
  return found == facts.end() ? kMissing : found->value;
}

}  // namespace

std::optional<FactDifference> find_difference(const std::vector<Fact>& here, const std::vector<Fact>& there) {
  for (const Fact& fact : here) {
    const std::string other = value_of(there, fact.name);
    if (fact.value != other) return FactDifference{fact.name, fact.value, other};
  }
  for (const Fact& fact : there) {
    if (value_of(here, fact.name) == kMissing) return FactDifference{fact.name, kMissing, fact.value};
  }
  return std::nullopt;
}

void require_common_facts(Communicator& group, const std::vector<Fact>& facts, const std::string& cure) {
  const std::string of_rank_zero = broadcast_text(group, group.is_leader() ? to_text(facts) : std::string(), 0);
  run_agreed(group, [&] {
    const auto difference = find_difference(facts, from_text(of_rank_zero));
    if (!difference) return;
    throw Error(Fault::comm, difference->name + " = " + difference->here + " here, but " + difference->there +
                                 " on rank 0; " + cure);
  });
}

}  // namespace hpctrain::comm
