// The other clock is read between two readings of the own one; the round with the shortest way there and back counts.
// D. L. Mills, Internet time synchronization, 1991.
#include "tools/clock_offsets.hpp"

#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "core/clock.hpp"

namespace hpctrain::tools {
namespace {

constexpr int kRounds = 8;
constexpr int kTag = 71;

std::span<std::byte> bytes_of(double& value) {
  return std::as_writable_bytes(std::span(&value, 1));
}

void answer_rank_zero(comm::Communicator& group) {
  for (int round = 0; round < kRounds; ++round) {
    double reading = 0;
    group.receive(bytes_of(reading), 0, kTag);
    reading = unix_seconds();
    group.send(bytes_of(reading), 0, kTag);
  }
}

double ask_rank(comm::Communicator& group, int rank) {
  double shortest = std::numeric_limits<double>::infinity();
  double ahead = 0;
  for (int round = 0; round < kRounds; ++round) {
    double there = 0;
    const double before = unix_seconds();
    const Stopwatch watch;
    group.send(bytes_of(there), rank, kTag);
    group.receive(bytes_of(there), rank, kTag);
    const double way = watch.seconds();
    if (way >= shortest) continue;
    shortest = way;
    ahead = there - (before + way / 2);
  }
  return ahead;
}

}  // namespace

double measure_clock_ahead(comm::Communicator& group) {
  std::vector<double> ahead(static_cast<std::size_t>(group.size()), 0.0);
  if (group.is_leader()) {
    for (int rank = 1; rank < group.size(); ++rank) ahead[static_cast<std::size_t>(rank)] = ask_rank(group, rank);
  } else {
    answer_rank_zero(group);
  }
  group.broadcast({ahead.data(), ahead.size(), comm::ElementType::f64}, 0);
  return ahead[static_cast<std::size_t>(group.rank())];
}

}  // namespace hpctrain::tools
