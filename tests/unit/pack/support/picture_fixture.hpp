// PNG files put together chunk by chunk as the format says, and small JPEG files that Pillow wrote.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pack/image.hpp"

namespace hpctrain::pack::test {

inline std::string big_endian(std::uint64_t value, int count) {
  std::string bytes;
  for (int i = count - 1; i >= 0; --i) bytes.push_back(static_cast<char>(value >> 8 * i & 0xff));
  return bytes;
}

inline std::string png_chunk(const std::string& name, const std::string& data) {
  const std::string covered = name + data;
  const auto sum = ::crc32(0, reinterpret_cast<const Bytef*>(covered.data()), static_cast<uInt>(covered.size()));
  return big_endian(data.size(), 4) + covered + big_endian(sum, 4);
}

struct PngText {
  std::uint64_t width = 3;
  std::uint64_t height = 2;
  int depth = 8;
  int colour = 0;  ///< 0 grey, 2 RGB, 3 palette, 4 grey and opacity, 6 RGB and opacity
  std::vector<std::pair<std::string, std::string>> chunks;  ///< between head and pixels
  std::string rows{"\0\x0a\x14\x1e\0\x28\x32\xff", 8};      ///< each after its filter byte
};

inline std::string png_bytes(const PngText& text) {
  std::string bytes = "\x89PNG\r\n\x1a\n";
  bytes += png_chunk("IHDR", big_endian(text.width, 4) + big_endian(text.height, 4) + static_cast<char>(text.depth) +
                                 static_cast<char>(text.colour) + std::string(3, '\0'));
  for (const auto& [name, data] : text.chunks) bytes += png_chunk(name, data);
  std::string packed(::compressBound(static_cast<uLong>(text.rows.size())), '\0');
  uLongf size = packed.size();
  ::compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(text.rows.data()),
             static_cast<uLong>(text.rows.size()));
  packed.resize(size);
  return bytes + png_chunk("IDAT", packed) + png_chunk("IEND", "");
}

/// A TIFF block of one entry: the orientation.
inline std::string exif_bytes(int orientation, bool is_big_endian = true) {
  if (is_big_endian)
    return std::string("MM\0\x2a\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0", 19) + static_cast<char>(orientation) +
           std::string(6, '\0');
  return std::string("II\x2a\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0", 18) + static_cast<char>(orientation) +
         std::string(7, '\0');
}

inline std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

/// 16 × 8, level 20 + 12 x: Pillow 12, quality 60, optimize.
inline std::string grey_jpeg() {
  return from_hex(
      "ffd8ffe000104a46494600010100000100010000ffdb0043000d090a0b0a080d0b0a0b0e0e0d0f13201513121213271c1e17202e"
      "2931302e292d2c333a4a3e333646372c2d405741464c4e525352323e5a615a50604a51524fffc0000b080008001001011100ffc4"
      "0014000100000000000000000000000000000006ffc400161000030000000000000000000000000000000542ffda000801010000"
      "3f002c9e4769e4ffd9");
}

/// 16 × 8, left half (200, 30, 60), right half (20, 90, 220): Pillow 12, quality 60, subsampling 0, progressive.
inline std::string progressive_jpeg() {
  return from_hex(
      "ffd8ffe000104a46494600010100000100010000ffdb0043000d090a0b0a080d0b0a0b0e0e0d0f13201513121213271c1e17202e"
      "2931302e292d2c333a4a3e333646372c2d405741464c4e525352323e5a615a50604a51524fffdb0043010e0e0e13111326151526"
      "4f352d354f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f"
      "4f4fffc20011080008001003011100021101031101ffc4001500010100000000000000000000000000000004ffc4001601010101"
      "00000000000000000000000000050306ffda000c03010002100310000001866b9acdff00ffc40014100100000000000000000000"
      "000000000010ffda00080101000105023fffc40014110100000000000000000000000000000010ffda0008010301013f013fffc4"
      "0014110100000000000000000000000000000010ffda0008010201013f013fffc400141001000000000000000000000000000000"
      "10ffda0008010100063f023fffc40014100100000000000000000000000000000010ffda0008010100013f213fffda000c030100"
      "02000300000010b3ffc40014110100000000000000000000000000000010ffda0008010301013f103fffc4001411010000000000"
      "0000000000000000000010ffda0008010201013f103fffc40014100100000000000000000000000000000010ffda000801010001"
      "3f103fffd9");
}

/// The same, baseline with optimize.
inline std::string colour_jpeg() {
  return from_hex(
      "ffd8ffe000104a46494600010100000100010000ffdb0043000d090a0b0a080d0b0a0b0e0e0d0f13201513121213271c1e17202e"
      "2931302e292d2c333a4a3e333646372c2d405741464c4e525352323e5a615a50604a51524fffdb0043010e0e0e13111326151526"
      "4f352d354f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f4f"
      "4f4fffc00011080008001003011100021101031101ffc4001500010100000000000000000000000000000005ffc4001410010000"
      "0000000000000000000000000000ffc400160101010100000000000000000000000000060407ffc4001411010000000000000000"
      "0000000000000000ffda000c03010002110311003f00889cbc3466cfffd9");
}

inline std::string with_exif(const std::string& jpeg, int orientation) {
  const std::string data = std::string("Exif\0\0", 6) + exif_bytes(orientation);
  return jpeg.substr(0, 2) + "\xff\xe1" + big_endian(data.size() + 2, 2) + data + jpeg.substr(2);
}

inline std::vector<int> levels(const Image& image) {
  std::vector<int> result;
  for (const std::byte byte : image.pixels) result.push_back(std::to_integer<int>(byte));
  return result;
}

inline Image make_image(ImageSize size, std::uint64_t channels, const std::vector<int>& values) {
  Image image{size, channels, {}};
  for (const int value : values) image.pixels.push_back(static_cast<std::byte>(value));
  return image;
}

}  // namespace hpctrain::pack::test
