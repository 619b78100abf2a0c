// See shard_places.hpp.
#include "data/shard_places.hpp"

#include <sys/resource.h>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/memory_room.hpp"
#include "data/damaged_place.hpp"
#include "data/file_system_kind.hpp"

namespace hpctrain::data {
namespace {

constexpr double kAskAgainSeconds = 0.25;

constexpr std::uint64_t kMostBytesByFaults = 8192;  // of a row: two pages

/// Twice, since the page cache has other guests as well.
bool fits_memory(const SplitLayout& layout, std::uint64_t room) {
  std::uint64_t bytes = 0;
  for (std::size_t shard = 0; shard < layout.shards(); ++shard) bytes += layout.shard(shard).file_bytes;
  return 2 * bytes <= room;
}

bool has_long_rows(const SplitLayout& layout) {
  for (std::size_t c = 0; c < layout.columns(); ++c) {
    const bool is_encoded = layout.column(c).row_bytes == 0;
    if (is_encoded || layout.column(c).row_bytes > kMostBytesByFaults) return true;
  }
  return false;
}

/// A shard that is read by calls stays open, and the usual limit of 1,024 files is meant for programs that use select.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

ShardPlaces::ShardPlaces(const SplitLayout& layout, const std::filesystem::path& folder, ShardLocator* locator,
                         Wishes wishes)
    : layout_(layout),
      folder_(folder),
      locator_(locator),
      wishes_(wishes),
      fits_memory_(fits_memory(layout, wishes.memory_room ? *wishes.memory_room : memory_room())),
      engine_(wishes.engine != Engine::automatic ? wishes.engine : engine_for(folder)),
      watch_(layout) {
  raise_file_limit();
  PlaceTable table;
  for (std::size_t shard = 0; shard < layout_.shards(); ++shard) table.push_back(open(shard));
  asked_seconds_ = steady_seconds();
  publish(std::move(table));
}

/// Rows that had to leave the page cache come back page by page in a mapping, and as a whole by a call.
Engine ShardPlaces::engine_for(const std::filesystem::path& file) const {
  const bool is_worth_mapping = fits_memory_ || !has_long_rows(layout_);
  return is_worth_mapping && probe_file_system(file).is_local ? Engine::mmap : Engine::pread;
}

ShardLocation ShardPlaces::locate(std::size_t shard) {
  if (locator_ != nullptr) return locator_->locate(layout_.shard_of_dataset(shard));
  ShardLocation location;
  location.file = folder_ / layout_.shard(shard).path;
  return location;
}

std::shared_ptr<OpenShard> ShardPlaces::open_at(std::size_t shard, const ShardLocation& location) {
  const bool is_source = location.tier == Tier::source;
  OpenShard::Access access;
  access.is_mapped = is_source || wishes_.engine != Engine::automatic
                         ? engine_ == Engine::mmap
                         : location.may_be_mapped && engine_for(location.file) == Engine::mmap;
  access.opens_blocks = access.is_mapped || (wishes_.hashes_blocks && !location.is_verified);
  access.asks_for_large_pages = fits_memory_;
  if (wishes_.hashes_blocks) watch_.note_opening(shard, location.file);
  return std::make_shared<OpenShard>(layout_, shard, location, access);
}

std::shared_ptr<OpenShard> ShardPlaces::open(std::size_t shard) {
  for (;;) {
    const ShardLocation location = locate(shard);
    try {
      return open_at(shard, location);
    } catch (const DamagedPlace& damage) {
      ++failures_;
      require(location.tier != Tier::source && locator_ != nullptr, Fault::data, damage.what());
      locator_->reject(layout_.shard_of_dataset(shard), location, damage.what());
      const ShardLocation next = locate(shard);
      require(next.file != location.file, Fault::data, damage.what());
    }
  }
}

std::shared_ptr<const PlaceTable> ShardPlaces::table() {
  if (locator_ != nullptr && steady_seconds() - asked_seconds_.load(std::memory_order_relaxed) > kAskAgainSeconds) {
    ask_again();
  }
  return known_table();
}

std::shared_ptr<const PlaceTable> ShardPlaces::known_table() const {
  const std::lock_guard lock(table_mutex_);
  return table_;
}

void ShardPlaces::ask_again() {
  const std::unique_lock change(change_mutex_, std::try_to_lock);
  if (!change) return;
  asked_seconds_ = steady_seconds();
  PlaceTable table = *table_;
  bool is_changed = false;
  for (std::size_t shard = 0; shard < table.size(); ++shard) {
    if (locate(shard).file == table[shard]->location().file) continue;
    table[shard] = open(shard);
    is_changed = true;
  }
  if (is_changed) publish(std::move(table));
}

void ShardPlaces::replace(const OpenShard& place, const std::string& reason) {
  const std::lock_guard change(change_mutex_);
  const std::size_t shard = place.shard();
  if ((*table_)[shard].get() != &place) return;  // another thread was first
  ++failures_;
  require(place.location().tier != Tier::source && locator_ != nullptr, Fault::data, reason);
  locator_->reject(layout_.shard_of_dataset(shard), place.location(), reason);
  const ShardLocation next = locate(shard);
  require(next.file != place.location().file, Fault::data, reason);
  PlaceTable table = *table_;
  table[shard] = open(shard);
  publish(std::move(table));
}

void ShardPlaces::require_unchanged() {
  // No place comes or goes meanwhile: one that was opened but not yet published would be forgotten.
  const std::lock_guard change(change_mutex_);
  watch_.require_unchanged([this](std::size_t shard, const std::filesystem::path& file) {
    return (*table_)[shard]->location().file == file;
  });
}

void ShardPlaces::publish(PlaceTable table) {
  auto shared = std::make_shared<const PlaceTable>(std::move(table));
  const std::lock_guard lock(table_mutex_);
  table_ = std::move(shared);
}

void ShardPlaces::note_position(std::uint64_t epoch, std::uint64_t position) {
  if (locator_ != nullptr) locator_->note_position(epoch, position);
}

}  // namespace hpctrain::data
