#include "apps/team_membership.hpp"

#include <string>

#include "comm/agree.hpp"
#include "core/clock.hpp"
#include "train/phase_rules.hpp"

namespace hpctrain::apps {
namespace {

/// Teams of one beside those that are named after their leaders: a rank that has no trial yet and one of its group that
/// has not left the last one are not compared.
constexpr std::uint32_t kAlone = 1U << 31;

}  // namespace

void stand_alone(Heartbeat& heartbeat, int world_rank) noexcept {
  heartbeat.join(kAlone + static_cast<std::uint32_t>(world_rank), train::kIdlePhase, steady_seconds());
}

TeamMembership::TeamMembership(Heartbeat& heartbeat, comm::Communicator& group, int world_rank)
    : heartbeat_(heartbeat), world_rank_(world_rank) {
  const std::string leader = comm::broadcast_text(group, std::to_string(world_rank), 0);
  heartbeat_.join(static_cast<std::uint32_t>(std::stoul(leader)), static_cast<std::uint32_t>(monitor::Phase::start),
                  steady_seconds());
}

}  // namespace hpctrain::apps
