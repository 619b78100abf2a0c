// Whether a rank of a node hangs, and which. Pure: moments in, a value out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hpctrain::comm {

/// How long a phase of the loop may last.
struct PhaseRule {
  std::string name;
  double patience = 1;           ///< times the timeout
  bool waits_for_peers = false;  ///< who is in it has done its own part
};

/// What was seen of one rank.
struct RankView {
  int rank = 0;            ///< in the world
  int process = 0;         ///< its id
  std::uint32_t team = 0;  ///< it waits for no rank of another one
  std::uint64_t step = 0;
  std::uint64_t sequence = 0;
  std::size_t phase = 0;      ///< index into the rules
  bool is_warm = true;        ///< its first steps are behind it
  double quiet_seconds = 0;   ///< since it last entered a phase
  double silent_seconds = 0;  ///< since its process last gave a sign
  bool is_dead = false;       ///< the process is gone, and did not leave in order
};

enum class HangKind { dead, stopped, stuck };

struct HangVerdict {
  HangKind kind = HangKind::stuck;
  std::size_t culprit = 0;  ///< index into the views
  double seconds = 0;       ///< it has been quiet for

  bool operator==(const HangVerdict&) const = default;
};

/// The rank that the others wait for, if for any: among the silent where there are any, lowest step, not waiting for
/// peers, lowest sequence. Index into the views, which are not empty.
std::size_t find_furthest_behind(const std::vector<RankView>& views, const std::vector<PhaseRule>& rules);

/// A process that is gone is the culprit at once. Else somebody must have been quiet for longer than its phase allows,
/// or silent for longer than `timeout_seconds`; then the culprit is the one furthest behind of its team. First steps
/// are exempt from being quiet.
std::optional<HangVerdict> find_hang(const std::vector<RankView>& views, const std::vector<PhaseRule>& rules,
                                     double timeout_seconds);

/// Who ends the job: the lowest rank whose process is alive. Empty when none is.
std::optional<std::size_t> find_speaker(const std::vector<RankView>& views);

}  // namespace hpctrain::comm
