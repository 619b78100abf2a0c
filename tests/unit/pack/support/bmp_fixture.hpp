// Bitmaps written by hand, field by field as the format says, so that reader and writer are not their own judges.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace hpctrain::pack::test {

struct BmpText {
  std::uint32_t info_bytes = 40;
  std::uint32_t width = 3;
  std::uint32_t height = 2;  ///< as the file holds it: 0xfffffffe is -2
  std::uint32_t bits = 8;
  std::uint32_t compression = 0;
  std::uint32_t colours = 2;
  std::uint32_t offset = 14 + 40 + 8;
  std::string palette{"\x0a\x0a\x0a\0\x14\x14\x14\0", 8};
  std::string pixels{"\0\1\0?\1\1\0?", 8};
};

inline void append_number(std::string& bytes, std::uint32_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<char>(value >> 8 * i & 0xff));
}

inline std::string bmp_bytes(const BmpText& text) {
  std::string bytes = "BM";
  append_number(bytes, 0, 4);  // file size: readers must not believe it
  append_number(bytes, 0, 4);
  append_number(bytes, text.offset, 4);
  append_number(bytes, text.info_bytes, 4);
  append_number(bytes, text.width, 4);
  append_number(bytes, text.height, 4);
  append_number(bytes, 1, 2);
  append_number(bytes, text.bits, 2);
  append_number(bytes, text.compression, 4);
  for (int i = 0; i < 3; ++i) append_number(bytes, 0, 4);
  append_number(bytes, text.colours, 4);
  append_number(bytes, 0, 4);
  if (text.info_bytes > 40) bytes += std::string(text.info_bytes - 40, '\0');
  return bytes + text.palette + text.pixels;
}

/// 2 × 2 in colour: row padding of two bytes, last row first.
inline BmpText coloured_bmp() {
  BmpText text;
  text.width = 2;
  text.bits = 24;
  text.colours = 0;
  text.offset = 54;
  text.palette.clear();
  text.pixels = std::string("\x01\x02\x03\x04\x05\x06??\x07\x08\x09\x0a\x0b\x0c??", 16);
  return text;
}

/// Removed first: some file systems sync a file that is written over.
inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace hpctrain::pack::test
