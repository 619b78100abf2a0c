// The idx format of the MNIST family: a big-endian array with a four-byte magic, usually gzipped. Knows nothing of
// images or labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "data/dataset_index.hpp"

namespace hpctrain::pack {

struct IdxArray {
  data::ElementType type = data::ElementType::u8;
  std::vector<std::uint64_t> shape;  ///< the first axis counts records
  std::vector<std::byte> bytes;      ///< row-major, in this machine's byte order

  std::uint64_t num_records() const noexcept { return shape[0]; }
  std::uint64_t record_bytes() const noexcept { return shape[0] == 0 ? 0 : bytes.size() / shape[0]; }
};

/// Reads a plain or gzipped file whose array has `axes` axes; the file's end tells whether it was whole.
///   errors  Fault::data: missing, wrong magic, other number of axes, cut short, too long, gzip damaged
IdxArray read_idx_file(const std::filesystem::path& path, std::size_t axes);

}  // namespace hpctrain::pack
