// Idx files written by hand, byte by byte as the format says, so that the reader is not its own judge.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"

namespace hpctrain::pack::test {

inline std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

inline std::string idx_bytes(unsigned type, const std::vector<std::uint32_t>& shape, const std::string& elements) {
  std::string bytes = big_endian(type << 8 | static_cast<unsigned>(shape.size()));
  for (const std::uint32_t extent : shape) bytes += big_endian(extent);
  return bytes + elements;
}

inline void write_plain(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline void write_gzip(const std::filesystem::path& path, const std::string& bytes) {
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

inline char image_byte(unsigned record, unsigned place) {
  return static_cast<char>(record * 13 + place * 7 + 1);
}
inline char label_byte(unsigned record) {
  return static_cast<char>(record % 10);
}

/// A MNIST-like folder: `train` and `test` records of 2×3 pixels; a record's content follows from its number over both.
class IdxFolder {
 public:
  explicit IdxFolder(unsigned train = 30, unsigned test = 12) {
    write_plain(path("train-images-idx3-ubyte"), images(0, train));
    write_plain(path("train-labels-idx1-ubyte"), labels(0, train));
    write_gzip(path("t10k-images-idx3-ubyte.gz"), images(train, test));
    write_gzip(path("t10k-labels-idx1-ubyte.gz"), labels(train, test));
  }

  static std::string images(unsigned first, unsigned count) {
    std::string elements;
    for (unsigned r = first; r < first + count; ++r) {
      for (unsigned j = 0; j < 6; ++j) elements += image_byte(r, j);
    }
    return idx_bytes(0x08, {count, 2, 3}, elements);
  }
  static std::string labels(unsigned first, unsigned count) {
    std::string elements;
    for (unsigned r = first; r < first + count; ++r) elements += label_byte(r);
    return idx_bytes(0x08, {count}, elements);
  }

  std::filesystem::path path(const std::string& name) const { return folder / name; }

  hpctrain::test::TemporaryFolder folder;
};

}  // namespace hpctrain::pack::test
