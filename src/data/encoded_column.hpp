// The rows of one encoded field of a shard being written. How many bytes they take is known only when all have come, so
// until then they wait in a file beside the shard.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "data/column_writer.hpp"
#include "data/dataset_index.hpp"
#include "data/raw_file.hpp"
#include "data/shard_layout.hpp"

namespace hpctrain::data {

class EncodedColumn {
 public:
  /// Creates `path`.   errors  Fault::storage
  explicit EncodedColumn(std::filesystem::path path);
  /// Removes the file.
  ~EncodedColumn();
  EncodedColumn(const EncodedColumn&) = delete;
  EncodedColumn& operator=(const EncodedColumn&) = delete;

  /// errors  Fault::storage; Fault::bug for an empty row
  void append(std::span<const std::byte> bytes, const ImageDims& dims);
  /// All rows have come.   errors  Fault::storage
  EncodedSize finish();
  /// Writes rows, tables and digests where `place` says, after finish().   errors  Fault::storage
  void copy_to(RawFile& shard, const ColumnPlace& place) const;

 private:
  std::filesystem::path path_;
  std::optional<RawFile> file_;
  std::optional<ColumnWriter> writer_;
  std::vector<std::uint64_t> offsets_{0};
  std::vector<ImageDims> dims_;
  std::vector<std::uint64_t> digests_;
};

}  // namespace hpctrain::data
