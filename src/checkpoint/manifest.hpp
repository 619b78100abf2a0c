// MANIFEST.json: what one checkpoint holds and how to tell that nothing in it changed (docs/formats/checkpoint.md).
// Pure: text in, value out. Knows no files and no ranks.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/safetensors.hpp"

namespace hpctrain::checkpoint {

inline constexpr int kManifestVersion = 1;

enum class TensorGroup { parameter, optimizer, buffer };

struct TensorEntry {
  std::string name;
  TensorGroup group = TensorGroup::parameter;
  std::string file;
  std::string dtype;  ///< as in safetensors
  std::vector<std::int64_t> shape;

  bool operator==(const TensorEntry&) const = default;
};

struct Manifest {
  std::string run_id;
  std::uint64_t fence = 0;
  std::uint64_t step = 0;
  std::int64_t created_unix = 0;
  int world_size = 0;
  bool is_finite = false;  ///< every element of every parameter
  std::optional<double> metric;
  std::string config_digest;
  std::map<std::string, std::string> versions;
  std::map<std::string, FileSeal> files;
  std::vector<TensorEntry> tensors;
  nlohmann::json steering;

  bool operator==(const Manifest&) const = default;
};

/// The text of MANIFEST.json, its own digest included.
///   errors  Fault::bug when a string in it is not UTF-8
std::string format_manifest(const Manifest& manifest);

/// Reads what format_manifest() wrote and checks its digest first; trusts nothing in it.
///   errors  CheckpointDefect (defect.hpp)
Manifest parse_manifest(std::string_view text);

/// True for ^[A-Za-z0-9._-]{1,128}$ other than "." and "..": the only names that are ever joined to a folder.
bool is_safe_file_name(std::string_view name) noexcept;

}  // namespace hpctrain::checkpoint
