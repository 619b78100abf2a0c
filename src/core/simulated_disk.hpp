// What the simulated file system stores: every node has what processes see and what the platters hold. Knows no
// operations, no errors, no injected faults.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "core/simulated_file_system.hpp"

namespace hpctrain {

struct SimulatedNode {
  bool is_folder = false;

  std::string contents;              ///< file: what processes read
  std::string synced_contents;       ///< file: what a power loss leaves
  std::size_t last_write_begin = 0;  ///< file: offset of the last write
  bool has_lost_bytes = false;       ///< file: a sync failed; the kernel dropped the bytes and forgot about it

  std::map<std::string, std::shared_ptr<SimulatedNode>> entries;         ///< folder: what processes see
  std::map<std::string, std::shared_ptr<SimulatedNode>> synced_entries;  ///< folder: what a power loss leaves
};

class SimulatedDisk {
 public:
  SimulatedDisk();

  /// Null where there is nothing.
  std::shared_ptr<SimulatedNode> find(const std::filesystem::path& path) const;
  /// False when a file stands in the way.
  bool make_folders(const std::filesystem::path& folder);
  /// A deep copy that shares nothing with this disk.
  SimulatedDisk after_power_loss(const PowerLoss& loss) const;

  /// Paths are taken from the root, relative ones too; "a/b/" is "a/b".
  static std::filesystem::path parent_of(const std::filesystem::path& path);
  static std::string name_of(const std::filesystem::path& path);

 private:
  std::shared_ptr<SimulatedNode> root_;
};

}  // namespace hpctrain
