// The safetensors file format, written and read by our own code: no pickle, no code execution, one call from Python.
// Knows tensors, names and bytes; not what a checkpoint is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/training_state.hpp"
#include "core/file_system.hpp"

namespace hpctrain::checkpoint {

using SafetensorsMetadata = std::map<std::string, std::string>;

struct SafetensorsContent {
  std::vector<NamedTensor> tensors;  ///< on the host, row-major, in the order of their bytes in the file
  SafetensorsMetadata metadata;
};

/// What a finished file is known by.
struct FileSeal {
  std::uint64_t bytes = 0;
  std::string xxh3_128;  ///< of the whole file, 32 lower-case hexadecimal digits

  bool operator==(const FileSeal&) const = default;
};

/// A file whose bytes are all written and on their way to the disk, which has not confirmed them.
struct UnsyncedFile {
  std::unique_ptr<WritableFile> file;
  FileSeal seal;
};

/// Creates `path` and writes it from front to back. Equal tensors give equal bytes: they are laid out by falling
/// element size, then by name, so that every tensor is aligned to its element.
///   errors  those of save_safetensors()
UnsyncedFile write_safetensors(FileSystem& files, const std::filesystem::path& path,
                               const std::vector<NamedTensor>& tensors, const SafetensorsMetadata& metadata = {});

/// Blocks until the file is on stable storage.
///   errors  Fault::storage, and the file is left for the caller to remove
FileSeal sync_and_close(UnsyncedFile written);

/// Both at once.
///   errors  Fault::storage, and the file is left for the caller to remove; Fault::bug for a name given twice, a name
///           that is not UTF-8 or a dtype outside the format
FileSeal save_safetensors(FileSystem& files, const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                          const SafetensorsMetadata& metadata = {});

/// The seal save_safetensors() would return, without writing.
FileSeal safetensors_seal(const std::vector<NamedTensor>& tensors, const SafetensorsMetadata& metadata = {});

/// Reads and checks a whole file; trusts nothing in it.
///   cost    file and tensors are in memory at the same time
///   errors  Fault::data naming the file and what is wrong with it; Fault::storage when it cannot be read
SafetensorsContent load_safetensors(FileSystem& files, const std::filesystem::path& path);

/// The same for bytes already in memory; `origin` names them in errors.
SafetensorsContent read_safetensors(std::string_view bytes, const std::string& origin);

}  // namespace hpctrain::checkpoint
