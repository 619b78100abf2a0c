// Where the bytes of a shard are read from at this moment: the source folder, or a copy on the node. The loader asks,
// the node cache answers; neither knows the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace hpctrain::data {

enum class Tier : std::uint8_t { source, node_cache };

struct ShardLocation {
  std::filesystem::path file;  ///< whole path
  Tier tier = Tier::source;
  bool is_verified = false;   ///< its digest was checked as it was copied: blocks need no further check
  bool may_be_mapped = true;  ///< false on a parallel file system: large sequential reads are better there
};

class ShardLocator {
 public:
  virtual ~ShardLocator() = default;

  /// The best place known now; asked again at later uses, since staging goes on meanwhile. Any thread.
  ///   blocks  no
  virtual ShardLocation locate(std::size_t shard_of_dataset) = 0;

  /// A copy turned out missing, cut or damaged. Afterwards locate() names another place, or throws when there is none.
  /// Any thread; once per (shard, place) is enough.
  virtual void reject(std::size_t shard_of_dataset, const ShardLocation& location, const std::string& reason) = 0;

  /// The loader plans from this position on: what a bounded cache evicts and fetches next follows from it. Any thread.
  virtual void note_position(std::uint64_t epoch, std::uint64_t position) = 0;
};

}  // namespace hpctrain::data
