// Which ranks of a sweep wait for each other at this moment, as the watchdog must know: those of one group while it
// trains a trial. Knows no trial.
#pragma once

#include <cstdint>

#include "comm/communicator.hpp"
#include "core/heartbeat.hpp"

namespace hpctrain::apps {

/// Nobody waits for this rank: it has no trial.
void stand_alone(Heartbeat& heartbeat, int world_rank) noexcept;

/// While it lives this rank waits for those of its group, and they for it; afterwards it stands alone.
class TeamMembership {
 public:
  ///   collective  all ranks of `group`
  TeamMembership(Heartbeat& heartbeat, comm::Communicator& group, int world_rank);
  ~TeamMembership() { stand_alone(heartbeat_, world_rank_); }
  TeamMembership(const TeamMembership&) = delete;
  TeamMembership& operator=(const TeamMembership&) = delete;

 private:
  Heartbeat& heartbeat_;
  int world_rank_;
};

}  // namespace hpctrain::apps
