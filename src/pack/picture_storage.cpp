// See picture_storage.hpp. Headers say it all: no pixel is decoded before it is stored.
#include "pack/picture_storage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "core/error.hpp"
#include "pack/colour.hpp"
#include "pack/image_file.hpp"
#include "pack/parallel_loop.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint64_t kPixelsPerJpegByte = 4;  // of photographs at usual qualities, to size shards by

std::string_view format_name(ImageFormat format) {
  return format == ImageFormat::bmp ? "BMP" : format == ImageFormat::png ? "PNG" : "JPEG";
}

}  // namespace

struct PictureStorage::Headers {
  struct Picture {
    std::filesystem::path path;
    ImageHeader header;
  };
  Picture first;
  std::optional<Picture> other_size;    ///< than the first
  std::optional<Picture> other_format;  ///< than the first
  std::optional<Picture> turned_jpeg;
  std::optional<Picture> most_oblong;
  bool has_colour = false;
  std::uint64_t count = 0;
  std::uint64_t pixels = 0;      ///< of all
  std::uint64_t file_bytes = 0;  ///< of all

  void add(const Picture& picture, std::uint64_t bytes) {
    const ImageHeader& header = picture.header;
    if (count++ == 0) first = picture;
    if (!other_size && header.size != first.header.size) other_size = picture;
    if (!other_format && header.format != first.header.format) other_format = picture;
    if (!turned_jpeg && header.format == ImageFormat::jpeg && !header.is_plain) turned_jpeg = picture;
    if (!most_oblong || elongation(header.size) > elongation(most_oblong->header.size)) most_oblong = picture;
    has_colour = has_colour || header.channels == 3;
    pixels += header.size.width * header.size.height;
    file_bytes += bytes;
  }
  static double elongation(ImageSize size) {
    const auto [less, more] = std::minmax(size.width, size.height);
    return static_cast<double>(more) / static_cast<double>(less);
  }
};

PictureStorage::PictureStorage(const SourceSettings& settings, std::span<const std::filesystem::path> pictures)
    : store_(settings.store), fit_(settings.fit) {
  const Headers headers = read_headers(pictures, settings.threads);
  channels_ = settings.colour == ColourChoice::rgb || (settings.colour == ColourChoice::automatic && headers.has_colour)
                  ? 3
                  : 1;
  if (store_.form == StoreForm::encoded) {
    plan_copies(settings, headers);
  } else {
    plan_pixels(settings, headers);
  }
}

PictureStorage::Headers PictureStorage::read_headers(std::span<const std::filesystem::path> pictures,
                                                     std::size_t threads) {
  require_invariant(!pictures.empty(), "a source of pictures holds one");
  struct Found {
    ImageHeader header;
    std::uint64_t file_bytes = 0;
  };
  std::vector<Found> found(pictures.size());
  run_parallel_loop(pictures.size(), threads, [&](std::uint64_t i) {
    found[i] = {read_image_header(pictures[i]), std::filesystem::file_size(pictures[i])};
  });
  Headers headers;
  for (std::size_t i = 0; i < found.size(); ++i) headers.add({pictures[i], found[i].header}, found[i].file_bytes);
  return headers;
}

void PictureStorage::plan_pixels(const SourceSettings& settings, const Headers& headers) {
  if (is_raw() && !settings.size && headers.other_size) {
    const auto& [first, a] = headers.first;
    const auto& [other, b] = *headers.other_size;
    throw Error(Fault::data,
                fmt::format("pictures have different sizes: {} is {} × {}, {} is {} × {} pixels; give the "
                            "size to store them at with --size WxH, or keep theirs with --store encoded",
                            first.string(), a.size.width, a.size.height, other.string(), b.size.width, b.size.height));
  }
  resizes_ = settings.size.has_value();
  size_ = settings.size;
  if (!size_ && !headers.other_size) size_ = headers.first.header.size;
  if (resizes_) {
    const auto& [narrow, oblong] = *headers.most_oblong;
    require_wide_enough(narrow, oblong.size, *size_, plan_placing(fit_, oblong.size, *size_));
  }
  if (is_raw()) return;
  const std::uint64_t pixels = resizes_ ? size_->width * size_->height : headers.pixels / headers.count;
  expected_bytes_ = pixels / kPixelsPerJpegByte + 1;
}

void PictureStorage::plan_copies(const SourceSettings& settings, const Headers& headers) {
  require(!settings.size, Fault::usage,
          "--size and --store encoded: files are stored as they are; leave --size out, or use --store jpeg=90");
  format_ = headers.first.header.format;
  const auto name = [](const Headers::Picture& picture) {
    return fmt::format("{} is a {} file", picture.path.string(), format_name(picture.header.format));
  };
  const std::string cure = "all must be JPEG, or all PNG, to be stored as they are; use --store jpeg=90 or --store raw";
  require(format_ != ImageFormat::bmp, Fault::data, fmt::format("{}; {}", name(headers.first), cure));
  if (headers.other_format) {
    throw Error(Fault::data, fmt::format("{}, {}; {}", name(headers.first), name(*headers.other_format), cure));
  }
  if (headers.turned_jpeg) {
    throw Error(
        Fault::data,
        fmt::format("{}: its EXIF orientation says that it does not stand upright, which is lost where the file "
                    "is stored as it is; turn the files (exiftran -ai), or use --store jpeg=90 or --store raw",
                    headers.turned_jpeg->path.string()));
  }
  if (!headers.other_size) size_ = headers.first.header.size;
  expected_bytes_ = headers.file_bytes / headers.count + 1;
}

data::FieldSchema PictureStorage::field() const {
  data::FieldSchema image;
  image.name = "image";
  image.semantic = "image";
  image.axes = "HWC";
  image.sample_shape = {size_ ? size_->height : 0, size_ ? size_->width : 0, channels_};
  if (is_raw()) {
    image.row_bytes = size_->height * size_->width * channels_;
  } else {
    image.kind = data::FieldKind::encoded;
    image.codec = format_ == ImageFormat::png ? "png" : "jpeg";
  }
  return image;
}

std::string PictureStorage::identity() const {
  if (store_.form == StoreForm::encoded) return fmt::format("encoded x {}", channels_);
  const std::string size = resizes_ || is_raw() ? fmt::format("{} x {}", size_->height, size_->width) : "own size";
  const std::string form = is_raw() ? "" : fmt::format(" jpeg {}", store_.quality);
  return fmt::format("{} x {} fit {}{}", size, channels_, fit_ == Fit::crop ? "crop" : "pad", form);
}

Image PictureStorage::fit_picture(const std::filesystem::path& path) const {
  Image original = read_image_file(path);
  if (!resizes_) return with_channels(std::move(original), channels_);
  const Placing placing = plan_placing(fit_, original.size, *size_);
  return with_channels(resample(original, *size_, placing), channels_);
}

void PictureStorage::write_pixels(const std::filesystem::path& path, std::span<std::byte> row) const {
  const Image image = fit_picture(path);
  require(image.size == *size_, Fault::data,
          fmt::format("{}: changed while it was packed; pack again when nobody writes there", path.string()));
  std::memcpy(row.data(), image.pixels.data(), row.size());
}

EncodedPicture PictureStorage::encode(const std::filesystem::path& path) const {
  if (store_.form == StoreForm::encoded) return copy_picture(path, format_, channels_);
  return compress_picture(path, fit_picture(path), store_.quality);
}

}  // namespace hpctrain::pack
