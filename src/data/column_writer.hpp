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
  void close_block();
  void write_until(std::uint64_t offset);

  RawFile& file_;
  std::uint64_t next_;  // where the first waiting byte goes
  std::optional<std::uint64_t> end_;
  std::vector<std::byte> waiting_;  // less than one large page, and one checksum block behind it
  std::size_t undigested_ = 0;      // of them, at their end
  std::vector<std::uint64_t> digests_;
};

}  // namespace hpctrain::data
