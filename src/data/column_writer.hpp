// Fills one allocated dataset from front to back and digests its blocks on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "data/raw_file.hpp"

namespace hpctrain::data {

class ColumnWriter {
 public:
  /// `file` must outlive this. `bytes` is empty where it is not known how many will come.
  ColumnWriter(RawFile& file, std::uint64_t offset, std::optional<std::uint64_t> bytes);

  /// errors  Fault::storage; Fault::bug when more comes than there is room for
  void append(std::span<const std::byte> bytes);
  /// Writes the rest.   errors  Fault::storage; Fault::bug when bytes are missing
  std::vector<std::uint64_t> finish();

 private:
  void flush_block();

  RawFile& file_;
  std::uint64_t next_;
  std::optional<std::uint64_t> end_;
  std::vector<std::byte> block_;  // at most one checksum block
  std::vector<std::uint64_t> digests_;
};

}  // namespace hpctrain::data
