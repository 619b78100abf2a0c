#include "comm/dissent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "comm/host_name.hpp"

namespace hpctrain::comm {
namespace {

constexpr std::size_t kMostRanksNamed = 8;

bool is_equal_everywhere(Communicator& group, std::uint64_t number) {
  std::array<std::uint64_t, 2> least = {number, ~number};
  group.all_reduce({least.data(), least.size(), ElementType::u64}, ReduceOp::min);
  return least[0] == ~least[1];
}

}  // namespace

std::vector<int> find_dissenters(const std::vector<std::uint64_t>& numbers) {
  std::map<std::uint64_t, std::size_t> counts;
  for (const std::uint64_t number : numbers) ++counts[number];
  std::vector<int> dissenters;
  for (std::size_t rank = 0; rank < numbers.size(); ++rank) {
    const bool is_of_majority = 2 * counts[numbers[rank]] > numbers.size();
    if (!is_of_majority) dissenters.push_back(static_cast<int>(rank));
  }
  return dissenters;
}

std::string Dissent::describe(std::string_view what) const {
  std::string text;
  for (std::size_t i = 0; i < std::min(ranks.size(), kMostRanksNamed); ++i) {
    text += fmt::format("{}rank {} on {}", i == 0 ? "" : ", ", ranks[i], hosts[i]);
  }
  if (ranks.size() > kMostRanksNamed) text += fmt::format(" and {} more", ranks.size() - kMostRanksNamed);
  if (majority == 0) return text + fmt::format(": different {}, and no majority", what);
  return text + fmt::format(": other {} than the {} ranks that agree", what, majority);
}

std::optional<Dissent> find_dissent(Communicator& group, std::uint64_t mine) {
  if (is_equal_everywhere(group, mine)) return std::nullopt;
  std::vector<std::uint64_t> numbers(static_cast<std::size_t>(group.size()));
  group.all_gather(std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(numbers)));
  const auto hosts = all_gather_text(group, host_name());
  Dissent dissent{find_dissenters(numbers), {}, 0};
  for (const int rank : dissent.ranks) dissent.hosts.push_back(hosts.at(static_cast<std::size_t>(rank)));
  dissent.majority = numbers.size() - dissent.ranks.size();
  return dissent;
}

}  // namespace hpctrain::comm
