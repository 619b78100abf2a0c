// libpng reports errors by longjmp: nothing with a destructor lives in a frame that such a jump leaves.
#include "pack/png_file.hpp"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <new>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "pack/orientation.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint64_t kMostDeflateRatio = 1032;  // deflate's 258 bytes for two bits, zlib's technical notes
constexpr png_alloc_size_t kMostChunkBytes = 8u << 20;
constexpr png_uint_32 kMostChunks = 128;  // of those that are kept

struct PngProblem {
  std::array<char, 200> text{};
};

void on_error(png_structp png, png_const_charp text) {
  auto* problem = static_cast<PngProblem*>(png_get_error_ptr(png));
  std::strncpy(problem->text.data(), text, problem->text.size() - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}  // of colour profiles and the like, which are not used

class PngReader {
 public:
  explicit PngReader(ImageStream& stream)
      : stream_(stream), png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, &problem_, on_error, on_warning)) {
    require_invariant(png_ != nullptr, "libpng is the version that this program was built for");
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  /// Up to the pixels.
  ImageHeader read_head() {
    run([&] {
      info_ = png_create_info_struct(png_);
      png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
      png_set_chunk_malloc_max(png_, kMostChunkBytes);
      png_set_chunk_cache_max(png_, kMostChunks);
      png_init_io(png_, stream_.file());
      png_read_info(png_, info_);
    });
    const ImageSize size{png_get_image_width(png_, info_), png_get_image_height(png_, info_)};
    stream_.require_possible(size, png_get_rowbytes(png_, info_) * size.height, kMostDeflateRatio);
    stored_ = {size, has_colour() ? 3u : 1u, {}};
    orientation_ = find_orientation();
    const png_byte colour = png_get_color_type(png_, info_);
    const bool is_plain = orientation_ == 1 && png_get_bit_depth(png_, info_) == 8 &&
                          (colour == PNG_COLOR_TYPE_GRAY || colour == PNG_COLOR_TYPE_RGB) &&
                          png_get_valid(png_, info_, PNG_INFO_tRNS) == 0 && !has_gamma_of_its_own();
    return {upright_size(size, orientation_), stored_.channels, ImageFormat::png, is_plain};
  }

  Image read() {
    read_head();
    run([&] {
      png_set_expand(png_);
      png_set_scale_16(png_);
      png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    const std::size_t row_bytes = png_get_rowbytes(png_, info_);
    stored_.pixels.resize(row_bytes * stored_.size.height);
    std::vector<png_bytep> rows;
    for (std::uint64_t y = 0; y < stored_.size.height; ++y) {
      rows.push_back(reinterpret_cast<png_bytep>(stored_.pixels.data() + y * row_bytes));
    }
    run([&] {
      png_read_image(png_, rows.data());
      png_read_end(png_, nullptr);
    });
    lay_on_black(png_get_channels(png_, info_));
    return turn_upright(std::move(stored_), orientation_);
  }

 private:
  /// Some decoders apply it, Pillow and this one do not.
  bool has_gamma_of_its_own() const {
    constexpr png_fixed_point kUsual = 45455, kClose = 2273;  // 1 / 2.2 in 100,000, and 5 % of it
    png_fixed_point gamma = kUsual;
    png_get_gAMA_fixed(png_, info_, &gamma);
    return gamma < kUsual - kClose || gamma > kUsual + kClose;
  }

  template <class Step>
  void run(const Step& step) {
    if (setjmp(png_jmpbuf(png_)) != 0) {
      if (std::string_view(problem_.text.data()).find("emory") != std::string_view::npos) throw std::bad_alloc();
      stream_.fail(fmt::format("the PNG file is damaged or cut short ({})", problem_.text.data()));
    }
    step();
  }

  bool has_colour() {
    if (png_get_color_type(png_, info_) != PNG_COLOR_TYPE_PALETTE) {
      return (png_get_color_type(png_, info_) & PNG_COLOR_MASK_COLOR) != 0;
    }
    png_colorp palette = nullptr;
    int colours = 0;
    png_get_PLTE(png_, info_, &palette, &colours);
    return std::any_of(palette, palette + colours,
                       [](const png_color& c) { return c.red != c.green || c.green != c.blue; });
  }

  unsigned find_orientation() {
    png_uint_32 bytes = 0;
    png_bytep block = nullptr;
    if (png_get_eXIf_1(png_, info_, &bytes, &block) == 0) return 1;
    return read_exif_orientation(std::as_bytes(std::span(block, bytes)));
  }

  /// From `decoded` channels per pixel, perhaps with an opacity, to those of the picture, in place.
  void lay_on_black(std::size_t decoded) {
    const std::size_t channels = stored_.channels;
    if (decoded == channels) return;
    const bool has_opacity = decoded % 2 == 0;
    const std::size_t pixels = stored_.size.width * stored_.size.height;
    const std::byte* in = stored_.pixels.data();
    std::byte* out = stored_.pixels.data();
    for (std::size_t i = 0; i < pixels; ++i, in += decoded) {
      const unsigned opacity = has_opacity ? std::to_integer<unsigned>(in[decoded - 1]) : 255;
      for (std::size_t c = 0; c < channels; ++c) {
        *out++ = static_cast<std::byte>((std::to_integer<unsigned>(in[c]) * opacity + 127) / 255);
      }
    }
    stored_.pixels.resize(pixels * channels);
  }

  ImageStream& stream_;
  PngProblem problem_;
  png_structp png_;
  png_infop info_ = nullptr;
  Image stored_;
  unsigned orientation_ = 1;
};

void append_bytes(png_structp png, png_bytep bytes, std::size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(bytes), count);
}

}  // namespace

Image read_png(ImageStream& stream) {
  return PngReader(stream).read();
}

ImageHeader read_png_header(ImageStream& stream) {
  return PngReader(stream).read_head();
}

std::string make_png(const Image& image) {
  std::string bytes;
  PngProblem problem;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &problem, on_error, on_warning);
  require_invariant(png != nullptr, "libpng is the version that this program was built for");
  png_infop info = png_create_info_struct(png);
  std::vector<png_bytep> rows;
  const std::size_t row_bytes = image.size.width * image.channels;
  for (std::uint64_t y = 0; y < image.size.height; ++y) {
    // libpng does not change what it writes, its type says less.
    rows.push_back(reinterpret_cast<png_bytep>(const_cast<std::byte*>(image.pixels.data() + y * row_bytes)));
  }
  const bool is_written = setjmp(png_jmpbuf(png)) == 0;
  if (is_written) {
    png_set_write_fn(png, &bytes, append_bytes, nullptr);
    png_set_IHDR(png, info, static_cast<png_uint_32>(image.size.width), static_cast<png_uint_32>(image.size.height), 8,
                 image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_rows(png, info, rows.data());
    png_write_png(png, info, PNG_TRANSFORM_IDENTITY, nullptr);
  }
  png_destroy_write_struct(&png, &info);
  require_invariant(is_written, problem.text.data());
  return bytes;
}

}  // namespace hpctrain::pack
