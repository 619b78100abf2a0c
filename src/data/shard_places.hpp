// Which place every shard of a split is read from at this moment. Readers take the whole table at once and keep it for
// a piece of work; a shard that moves, to the node's copy or away from it, appears in the next table. Shared by all
// reader threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "data/loader_settings.hpp"
#include "data/open_shard.hpp"
#include "data/shard_locator.hpp"
#include "data/shard_watch.hpp"
#include "data/split_layout.hpp"

namespace hpctrain::data {

using PlaceTable = std::vector<std::shared_ptr<OpenShard>>;  // [shard of the split]

class ShardPlaces {
 public:
  struct Wishes {
    Engine engine = Engine::automatic;
    bool hashes_blocks = true;
    std::optional<std::uint64_t> memory_room{};  ///< bytes that files may take of it; unset: as this process may
  };

  /// Opens every shard. `layout` and `locator` must outlive this; without a locator shards are read from `folder`.
  ///   errors  Fault::data when a shard cannot be opened anywhere
  ShardPlaces(const SplitLayout& layout, const std::filesystem::path& folder, ShardLocator* locator, Wishes wishes);

  /// Never automatic: how the source is read.
  Engine engine() const noexcept { return engine_; }

  /// The places now; asks the locator again when that was some time ago.
  std::shared_ptr<const PlaceTable> table();
  /// The same without asking: touches no file.
  std::shared_ptr<const PlaceTable> known_table() const;

  /// `place` failed: the next table has another one.
  ///   errors  Fault::data with `reason` when the source itself failed
  void replace(const OpenShard& place, const std::string& reason);

  /// What was read so far came from files that are what they were, in any place that was in use since the last call.
  /// Says nothing where no digests are checked.
  ///   blocks, errors  as ShardWatch::require_unchanged
  void require_unchanged();

  void note_position(std::uint64_t epoch, std::uint64_t position);
  std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

 private:
  Engine engine_for(const std::filesystem::path& file) const;
  ShardLocation locate(std::size_t shard);
  std::shared_ptr<OpenShard> open(std::size_t shard);
  std::shared_ptr<OpenShard> open_at(std::size_t shard, const ShardLocation& location);
  void ask_again();
  void publish(PlaceTable table);

  const SplitLayout& layout_;
  std::filesystem::path folder_;
  ShardLocator* locator_;
  Wishes wishes_;
  bool fits_memory_;
  Engine engine_;
  ShardWatch watch_;
  std::atomic<double> asked_seconds_{0};  // steady clock
  std::mutex change_mutex_;               // one thread at a time makes a new table
  mutable std::mutex table_mutex_;        // only to copy the pointer
  std::shared_ptr<const PlaceTable> table_;
  std::atomic<std::uint64_t> failures_{0};
};

}  // namespace hpctrain::data
