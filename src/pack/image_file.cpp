// Tells the formats apart and passes on to their readers.
#include "pack/image_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "pack/bmp_file.hpp"
#include "pack/image_stream.hpp"
#include "pack/jpeg_file.hpp"
#include "pack/png_file.hpp"
#include "pack/whole_file.hpp"

namespace hpctrain::pack {
namespace {

struct Beginning {
  std::string_view bytes;
  ImageFormat format;
};
constexpr std::array<Beginning, 3> kBeginnings{
    {{"\x89PNG\r\n\x1a\n", ImageFormat::png}, {"\xff\xd8\xff", ImageFormat::jpeg}, {"BM", ImageFormat::bmp}}};

/// "47 49 46 38 39 61 (GIF89a)"
std::string describe(std::span<const std::byte> beginning) {
  std::string codes, letters;
  for (const std::byte byte : beginning) {
    const auto code = std::to_integer<unsigned char>(byte);
    codes += fmt::format("{:02x} ", code);
    letters += std::isprint(code) != 0 ? static_cast<char>(code) : '.';
  }
  return fmt::format("{}({})", codes, letters);
}

ImageFormat find_format(const ImageStream& stream) {
  const std::span<const std::byte> found = stream.beginning();
  for (const auto& [bytes, format] : kBeginnings) {
    if (found.size() >= bytes.size() && std::memcmp(found.data(), bytes.data(), bytes.size()) == 0) return format;
  }
  stream.fail(fmt::format("is no BMP, PNG or JPEG file: it starts with {}", describe(found)),
              "convert it to one of these");
}

ImageFormat find_compressed_format(const ImageStream& stream) {
  const ImageFormat format = find_format(stream);
  if (format == ImageFormat::bmp) stream.fail("is a BMP file", "convert it to PNG");
  return format;
}

/// Memory that a picture does not get is told with its name.
template <class Decode>
auto decode_naming(const std::filesystem::path& path, const Decode& decode) {
  try {
    return decode();
  } catch (const std::bad_alloc&) {
    throw Error(Fault::data, fmt::format("{}: there is not enough memory to decode it; make it smaller, free memory, "
                                         "or let fewer threads decode at once",
                                         path.string()));
  }
}

ImageHeader head_of_bmp(const std::filesystem::path& path) {
  const Image image = read_bmp_header(path);
  return {image.size, image.channels, ImageFormat::bmp, true};
}

}  // namespace

Image read_image_file(const std::filesystem::path& path) {
  return decode_naming(path, [&] {
    ImageStream stream(path);
    const ImageFormat format = find_format(stream);
    if (format == ImageFormat::bmp) return read_bmp_file(path);
    return format == ImageFormat::png ? read_png(stream) : read_jpeg(stream);
  });
}

ImageHeader read_image_header(const std::filesystem::path& path) {
  return decode_naming(path, [&] {
    ImageStream stream(path);
    const ImageFormat format = find_format(stream);
    if (format == ImageFormat::bmp) return head_of_bmp(path);
    return format == ImageFormat::png ? read_png_header(stream) : read_jpeg_header(stream);
  });
}

Image read_image(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  return decode_naming(path, [&] {
    ImageStream stream(path, bytes);
    return find_compressed_format(stream) == ImageFormat::png ? read_png(stream) : read_jpeg(stream);
  });
}

ImageHeader read_image_header(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  return decode_naming(path, [&] {
    ImageStream stream(path, bytes);
    return find_compressed_format(stream) == ImageFormat::png ? read_png_header(stream) : read_jpeg_header(stream);
  });
}

bool has_image_name(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return extension == ".bmp" || extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

void save_png(const std::filesystem::path& path, const Image& image) {
  require_invariant((image.channels == 1 || image.channels == 3) &&
                        image.pixels.size() == image.size.width * image.size.height * image.channels &&
                        image.size.width * image.size.height <= kMostImagePixels,
                    "a picture to save is whole, grey or coloured");
  save_whole_file(path, make_png(image));
}

}  // namespace hpctrain::pack
