// What kind of file system a folder lies on: decides how its files are read.
#pragma once

#include <filesystem>
#include <string>

namespace hpctrain::data {

struct FileSystemKind {
  std::string name;        ///< "ext4", or the magic number where it is not known
  bool is_local = false;   ///< a disk or the memory of this node: a page fault costs no network
  bool is_memory = false;  ///< what lies there takes memory and cannot be given back
  bool is_shared = false;  ///< known to be one that nodes share
};

/// Never fails: what cannot be asked counts as not local.
FileSystemKind probe_file_system(const std::filesystem::path& path);

}  // namespace hpctrain::data
