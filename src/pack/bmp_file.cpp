// Little-endian throughout: a file head of 14 bytes, an information head of 40 or more, a palette, rows padded to four
// bytes. Nothing is allocated before the file's own length vouches for it.
//   source  Microsoft, "Bitmap Storage", Windows GDI documentation
#include "pack/bmp_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "pack/image_file.hpp"
#include "pack/whole_file.hpp"

namespace hpctrain::pack {
namespace {

constexpr const char* kFetchAgain = "copy or fetch the file again";
constexpr const char* kConvert = "convert it to an uncompressed bitmap of 8 or 24 bits";
constexpr std::uint64_t kFileHeadBytes = 14;
constexpr std::uint64_t kInfoHeadBytes = 40;
constexpr std::uint64_t kMostInfoHeadBytes = 124;  // BITMAPV5HEADER
constexpr std::uint64_t kMostColours = 256;
constexpr std::uint64_t kBitFields = 3;  // BI_BITFIELDS

using Colour = std::array<std::byte, 3>;  // red, green, blue

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& finding, const char* cure = kFetchAgain) {
  throw Error(Fault::data, fmt::format("{}: {}; {}", path.string(), finding, cure));
}

std::uint32_t little_endian(std::span<const std::byte> bytes, std::size_t place, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::to_integer<std::uint32_t>(bytes[place + i]) << 8 * i;
  return value;
}

void append_little_endian(std::string& bytes, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) bytes.push_back(static_cast<char>(value >> 8 * i & 0xff));
}

constexpr std::uint64_t padded_row_bytes(std::uint64_t width, std::uint64_t bits) noexcept {
  return (width * bits + 31) / 32 * 4;
}

/// A file that is read from front to back, with its length known beforehand.
class BmpFile {
 public:
  explicit BmpFile(const std::filesystem::path& path) : path_(path) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
      fail(path, "is no regular file", "give the file of a picture");
    }
    stream_.open(path, std::ios::binary);
    bytes_ = std::filesystem::file_size(path, error);
    if (error || !stream_) fail(path, "cannot be opened", "give a file that is there and may be read");
  }

  const std::filesystem::path& path() const noexcept { return path_; }
  std::uint64_t bytes() const noexcept { return bytes_; }

  void read(std::span<std::byte> destination) {
    stream_.read(reinterpret_cast<char*>(destination.data()), static_cast<std::streamsize>(destination.size()));
    if (static_cast<std::size_t>(stream_.gcount()) != destination.size()) fail(path_, "is cut short");
  }
  void seek(std::uint64_t offset) { stream_.seekg(static_cast<std::streamoff>(offset)); }

 private:
  std::filesystem::path path_;
  std::ifstream stream_;
  std::uint64_t bytes_ = 0;
};

struct BmpHead {
  ImageSize size;
  std::uint64_t bits = 0;
  bool is_top_down = false;
  std::uint64_t pixel_offset = 0;
  std::vector<Colour> palette;  // 8 bits only
  std::uint64_t channels = 3;
};

void require_size(const BmpHead& head, const BmpFile& file) {
  const auto [width, height] = head.size;
  if (width == 0 || height == 0 || width > INT32_MAX) {
    fail(file.path(), fmt::format("says it is {} × {} pixels large", width, height));
  }
  if (width * height > kMostImagePixels) {
    fail(file.path(),
         fmt::format("says it is {} × {} pixels large, more than {} in all", width, height, kMostImagePixels),
         "make it smaller");
  }
  const std::uint64_t last_row_bytes = width * head.bits / 8;  // its padding is missing in some files
  const std::uint64_t end = head.pixel_offset + (height - 1) * padded_row_bytes(width, head.bits) + last_row_bytes;
  if (end > file.bytes()) {
    fail(file.path(), fmt::format("is cut short: {} × {} pixels of {} bits end at byte {}, the file at {}", width,
                                  height, head.bits, end, file.bytes()));
  }
}

void read_palette(BmpHead& head, BmpFile& file, std::uint64_t offset, std::uint64_t colours) {
  if (colours > kMostColours || offset + colours * 4 > file.bytes()) {
    fail(file.path(), fmt::format("says that its palette has {} colours at byte {}", colours, offset));
  }
  std::vector<std::byte> entries(colours * 4);
  file.seek(offset);
  file.read(entries);
  for (std::size_t i = 0; i < entries.size(); i += 4) {
    head.palette.push_back({entries[i + 2], entries[i + 1], entries[i]});
  }
  const bool is_grey = std::all_of(head.palette.begin(), head.palette.end(),
                                   [](const Colour& c) { return c[0] == c[1] && c[1] == c[2]; });
  if (is_grey) head.channels = 1;
}

void require_plain(std::uint64_t bits, std::uint64_t compression, const BmpFile& file) {
  if (compression == kBitFields) fail(file.path(), fmt::format("is {}-bit with bit fields", bits), "save it as 24-bit");
  if (compression != 0) fail(file.path(), fmt::format("is compressed (method {})", compression), kConvert);
  if (bits != 8 && bits != 24 && bits != 32) fail(file.path(), fmt::format("has {} bits per pixel", bits), kConvert);
}

BmpHead read_head(BmpFile& file) {
  std::array<std::byte, kFileHeadBytes + kInfoHeadBytes> bytes{};
  if (file.bytes() < bytes.size()) fail(file.path(), "is cut short inside its head, or no bitmap");
  file.read(bytes);
  if (bytes[0] != std::byte{'B'} || bytes[1] != std::byte{'M'}) fail(file.path(), "is no bitmap (BMP) file", kConvert);
  const std::uint64_t info_bytes = little_endian(bytes, 14, 4);
  if (info_bytes < kInfoHeadBytes || info_bytes > kMostInfoHeadBytes) {
    fail(file.path(),
         fmt::format("has an information head of {} bytes, not {} to {}", info_bytes, kInfoHeadBytes,
                     kMostInfoHeadBytes),
         kConvert);
  }
  const std::int64_t height = static_cast<std::int32_t>(little_endian(bytes, 22, 4));
  BmpHead head;
  head.pixel_offset = little_endian(bytes, 10, 4);
  head.size = {little_endian(bytes, 18, 4), static_cast<std::uint64_t>(height < 0 ? -height : height)};
  head.is_top_down = height < 0;
  head.bits = little_endian(bytes, 28, 2);
  require_plain(head.bits, little_endian(bytes, 30, 4), file);
  require_size(head, file);
  const std::uint64_t head_bytes = kFileHeadBytes + info_bytes;
  const std::uint64_t colours = little_endian(bytes, 46, 4);
  const std::uint64_t palette_bytes = head.bits == 8 ? 4 * (colours == 0 ? kMostColours : colours) : 0;
  if (head.bits == 8) read_palette(head, file, head_bytes, palette_bytes / 4);
  if (head.pixel_offset < head_bytes + palette_bytes) {
    fail(file.path(), fmt::format("says that its pixels start at byte {}, inside its head", head.pixel_offset));
  }
  return head;
}

/// One row of the file into one row of the picture.
void decode_row(const BmpHead& head, std::span<const std::byte> row, std::span<std::byte> out, const BmpFile& file) {
  const std::size_t pixel_bytes = head.bits / 8;
  for (std::size_t x = 0; x < head.size.width; ++x) {
    const std::byte* pixel = row.data() + x * pixel_bytes;
    Colour colour{};
    if (head.bits == 8) {
      const auto index = std::to_integer<std::size_t>(*pixel);
      if (index >= head.palette.size()) {
        fail(file.path(), fmt::format("a pixel has colour {} of a palette of {}", index, head.palette.size()));
      }
      colour = head.palette[index];
    } else {
      colour = {pixel[2], pixel[1], pixel[0]};
    }
    std::copy_n(colour.begin(), head.channels, out.begin() + static_cast<std::ptrdiff_t>(x * head.channels));
  }
}

void append_heads(std::string& bytes, const Image& image) {
  const std::uint64_t bits = image.channels * 8;
  const std::uint64_t colours = image.channels == 1 ? kMostColours : 0;
  const std::uint64_t pixel_offset = kFileHeadBytes + kInfoHeadBytes + 4 * colours;
  const std::uint64_t pixel_bytes = padded_row_bytes(image.size.width, bits) * image.size.height;
  bytes = "BM";
  append_little_endian(bytes, pixel_offset + pixel_bytes, 4);
  append_little_endian(bytes, 0, 4);
  append_little_endian(bytes, pixel_offset, 4);
  append_little_endian(bytes, kInfoHeadBytes, 4);
  append_little_endian(bytes, image.size.width, 4);
  append_little_endian(bytes, image.size.height, 4);
  append_little_endian(bytes, 1, 2);  // planes
  append_little_endian(bytes, bits, 2);
  append_little_endian(bytes, 0, 4);  // not compressed
  append_little_endian(bytes, pixel_bytes, 4);
  append_little_endian(bytes, 10000, 4);  // pixels per metre: 0.1 mm each
  append_little_endian(bytes, 10000, 4);
  append_little_endian(bytes, colours, 4);
  append_little_endian(bytes, 0, 4);
  for (std::uint64_t i = 0; i < colours; ++i) append_little_endian(bytes, i * 0x010101, 4);
}

std::string make_bmp(const Image& image) {
  std::string bytes;
  append_heads(bytes, image);
  const std::uint64_t row_bytes = image.size.width * image.channels;
  const std::uint64_t padding = padded_row_bytes(image.size.width, image.channels * 8) - row_bytes;
  bytes.reserve(bytes.size() + (row_bytes + padding) * image.size.height);
  for (std::uint64_t y = image.size.height; y-- > 0;) {
    const char* row = reinterpret_cast<const char*>(image.pixels.data()) + y * row_bytes;
    if (image.channels == 1) {
      bytes.append(row, row_bytes);
    } else {
      for (std::uint64_t x = 0; x < row_bytes; x += 3) bytes.append({row[x + 2], row[x + 1], row[x]});
    }
    bytes.append(padding, '\0');
  }
  return bytes;
}

}  // namespace

Image read_bmp_header(const std::filesystem::path& path) {
  BmpFile file(path);
  const BmpHead head = read_head(file);
  return {head.size, head.channels, {}};
}

Image read_bmp_file(const std::filesystem::path& path) {
  BmpFile file(path);
  const BmpHead head = read_head(file);
  Image image{head.size, head.channels, {}};
  const std::size_t row_bytes = head.size.width * head.channels;
  image.pixels.resize(row_bytes * head.size.height);
  std::vector<std::byte> row(head.size.width * head.bits / 8);
  for (std::uint64_t i = 0; i < head.size.height; ++i) {
    const std::uint64_t y = head.is_top_down ? i : head.size.height - 1 - i;
    file.seek(head.pixel_offset + i * padded_row_bytes(head.size.width, head.bits));
    file.read(row);
    decode_row(head, row, std::span(image.pixels).subspan(y * row_bytes, row_bytes), file);
  }
  return image;
}

void save_bmp(const std::filesystem::path& path, const Image& image) {
  require_invariant((image.channels == 1 || image.channels == 3) &&
                        image.pixels.size() == image.size.width * image.size.height * image.channels &&
                        image.size.width * image.size.height <= kMostImagePixels,
                    "a picture to save is whole, grey or coloured");
  save_whole_file(path, make_bmp(image));
}

}  // namespace hpctrain::pack
