#include "data/cache_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/text_format.hpp"

namespace hpctrain::data {
namespace {

constexpr std::uint64_t kReserveShare = 20;  // one part in twenty of what is free stays free: others live there too
constexpr double kGib = 1024.0 * 1024.0 * 1024.0;

std::uint64_t room_for_copies(const CacheSettings& settings, std::uint64_t free_bytes) {
  const std::uint64_t room = free_bytes - free_bytes / kReserveShare;
  if (!settings.limit_gib) return room;
  const double limit = *settings.limit_gib * kGib;
  return limit < static_cast<double>(room) ? static_cast<std::uint64_t>(limit) : room;
}

std::string describe_room(const CacheSettings& settings, const CacheFacts& facts, std::uint64_t room) {
  return fmt::format("{} of shards against {} of room in {} ({} free{})", format_bytes(facts.used_bytes),
                     format_bytes(room), facts.folder, format_bytes(*facts.free_bytes),
                     settings.limit_gib ? fmt::format(", cache.limit-gib {}", *settings.limit_gib) : "");
}

CachePlan plan_replicate(const CacheSettings& settings, std::uint64_t used_bytes, std::uint64_t room,
                         const std::string& numbers) {
  const bool fits = used_bytes <= room;
  const bool is_asked = settings.mode == CacheMode::replicate;
  std::string conclusion = fits ? "each shard is copied once to this node"
                                : "the shards that fit are copied, the others are read where the data set lies";
  return {CacheMode::replicate, room, fmt::format("replicate: {}: {}", numbers, conclusion), is_asked && !fits};
}

CachePlan plan_stream(const CacheSettings& settings, const CacheFacts& facts, std::uint64_t room,
                      const std::string& numbers) {
  if (facts.is_windowed && facts.window_bytes <= room) {
    return {CacheMode::stream, room,
            fmt::format("stream: {}, {} in use at one time: shards are copied before they are needed", numbers,
                        format_bytes(facts.window_bytes)),
            false};
  }
  const bool is_asked = settings.mode == CacheMode::stream;
  const std::string why =
      facts.is_windowed
          ? fmt::format("{} are in use at one time and do not fit; give more room with cache.dir or cache.limit-gib",
                        format_bytes(facts.window_bytes))
          : "data.order full needs every shard all the time, so that streaming cannot help; set data.order windowed, "
            "or give more room with cache.dir";
  CachePlan plan = plan_replicate(settings, facts.used_bytes, room, numbers + ", " + why);
  plan.is_less_than_asked = is_asked;
  return plan;
}

}  // namespace

CachePlan plan_cache(const CacheSettings& settings, const CacheFacts& facts) {
  const bool is_automatic = settings.mode == CacheMode::automatic;
  if (settings.mode == CacheMode::none) return {CacheMode::none, 0, "none: as cache.mode says", false};
  if (is_automatic && facts.is_source_local) {
    return {CacheMode::none, 0, fmt::format("none: the data set lies on a disk of this node ({})", facts.source_kind),
            false};
  }
  if (!facts.free_bytes) {
    return {CacheMode::none, 0,
            fmt::format("none: {} cannot be written; name a folder on a disk of the node with cache.dir", facts.folder),
            !is_automatic};
  }
  if (is_automatic && !facts.shared_kind.empty()) {
    return {
        CacheMode::none, 0,
        fmt::format("none: {} lies on {}, which is no disk of this node; name one with cache.dir, or this one where "
                    "it is faster than the data set's",
                    facts.folder, facts.shared_kind),
        false};
  }
  const std::uint64_t room = room_for_copies(settings, *facts.free_bytes);
  const std::string numbers = describe_room(settings, facts, room);
  const bool fits = facts.used_bytes <= room;
  if (settings.mode == CacheMode::replicate || (is_automatic && fits)) {
    return plan_replicate(settings, facts.used_bytes, room, numbers);
  }
  if (settings.mode == CacheMode::stream && fits) {
    return plan_replicate(settings, facts.used_bytes, room, numbers);
  }
  return plan_stream(settings, facts, room, numbers);
}

}  // namespace hpctrain::data
