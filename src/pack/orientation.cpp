#include "pack/orientation.hpp"

#include <cstdint>
#include <cstring>

namespace hpctrain::pack {
namespace {

constexpr std::uint64_t kHeadBytes = 8;
constexpr std::uint64_t kEntryBytes = 12;
constexpr std::uint64_t kOrientationTag = 0x0112;
constexpr unsigned kUpright = 1;
constexpr unsigned kFirstTurned = 5;  // from here on width and height change places
constexpr unsigned kLast = 8;

struct TiffBlock {
  std::span<const std::byte> bytes;
  bool is_big_endian = false;

  std::uint64_t number(std::uint64_t place, std::uint64_t count) const noexcept {
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      value = value << 8 | std::to_integer<std::uint64_t>(bytes[place + (is_big_endian ? i : count - 1 - i)]);
    }
    return value;
  }
};

}  // namespace

unsigned read_exif_orientation(std::span<const std::byte> tiff) noexcept {
  if (tiff.size() < kHeadBytes) return kUpright;
  const TiffBlock block{tiff, tiff[0] == std::byte{'M'}};
  const std::uint64_t directory = block.number(4, 4);
  if (directory + 2 > tiff.size()) return kUpright;
  const std::uint64_t entries = block.number(directory, 2);
  for (std::uint64_t i = 0; i < entries; ++i) {
    const std::uint64_t entry = directory + 2 + i * kEntryBytes;
    if (entry + kEntryBytes > tiff.size()) return kUpright;
    if (block.number(entry, 2) != kOrientationTag) continue;
    const std::uint64_t value = block.number(entry + 8, 2);
    return value >= kUpright && value <= kLast ? static_cast<unsigned>(value) : kUpright;
  }
  return kUpright;
}

ImageSize upright_size(ImageSize stored, unsigned orientation) noexcept {
  return orientation < kFirstTurned ? stored : ImageSize{stored.height, stored.width};
}

Image turn_upright(Image image, unsigned orientation) {
  if (orientation == kUpright) return image;
  const auto [width, height] = image.size;
  Image upright{upright_size(image.size, orientation), image.channels, {}};
  upright.pixels.resize(image.pixels.size());
  const bool is_turned = orientation >= kFirstTurned;
  const bool is_mirrored = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool is_flipped = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  std::byte* out = upright.pixels.data();
  for (std::uint64_t y = 0; y < upright.size.height; ++y) {
    for (std::uint64_t x = 0; x < upright.size.width; ++x) {
      const std::uint64_t column = is_turned ? y : x, row = is_turned ? x : y;
      const std::uint64_t from_x = is_mirrored ? width - 1 - column : column;
      const std::uint64_t from_y = is_flipped ? height - 1 - row : row;
      std::memcpy(out, image.pixels.data() + (from_y * width + from_x) * image.channels, image.channels);
      out += image.channels;
    }
  }
  return upright;
}

}  // namespace hpctrain::pack
