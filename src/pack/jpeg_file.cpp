// libjpeg reports errors by longjmp: nothing with a destructor lives in a frame that such a jump leaves.
#include "pack/jpeg_file.hpp"

#include <fmt/format.h>

#include <array>
#include <csetjmp>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "data/jpeg_errors.hpp"
#include "pack/orientation.hpp"
// After jpeglib.h.
#include <jerror.h>

namespace hpctrain::pack {
namespace {

constexpr unsigned kMostMarkerBytes = 0xffff;
constexpr std::string_view kExifName{"Exif\0\0", 6};
constexpr const char* kSaveAgain = "save it again as an ordinary JPEG or PNG file";

class JpegReader {
 public:
  explicit JpegReader(ImageStream& stream) : stream_(stream) { data::install_jpeg_errors(jpeg_, errors_, progress_); }
  ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  /// Up to the pixels.
  ImageHeader read_head() {
    run([&] {
      jpeg_create_decompress(&jpeg_);
      jpeg_.progress = &progress_;
      jpeg_stdio_src(&jpeg_, stream_.file());
      jpeg_save_markers(&jpeg_, JPEG_APP0 + 1, kMostMarkerBytes);
      jpeg_read_header(&jpeg_, TRUE);
    });
    require_ordinary();
    const ImageSize size{jpeg_.image_width, jpeg_.image_height};
    stream_.require_possible(size, size.width * size.height, data::kMostJpegPixelsPerByte);
    stored_ = {size, jpeg_.num_components == 1 ? 1u : 3u, {}};
    orientation_ = find_orientation();
    return {upright_size(size, orientation_), stored_.channels, ImageFormat::jpeg, orientation_ == 1};
  }

  Image read() {
    read_head();
    jpeg_.out_color_space = stored_.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    run([&] { jpeg_start_decompress(&jpeg_); });
    const std::size_t row_bytes = stored_.size.width * stored_.channels;
    stored_.pixels.resize(row_bytes * stored_.size.height);
    run([&] {
      while (jpeg_.output_scanline < jpeg_.output_height) {
        auto* row = reinterpret_cast<JSAMPROW>(stored_.pixels.data() + jpeg_.output_scanline * row_bytes);
        jpeg_read_scanlines(&jpeg_, &row, 1);
      }
      jpeg_finish_decompress(&jpeg_);
    });
    return turn_upright(std::move(stored_), orientation_);
  }

 private:
  template <class Step>
  void run(const Step& step) {
    if (setjmp(errors_.jump) != 0) {
      if (errors_.base.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
      stream_.fail(fmt::format("the JPEG file is damaged or cut short ({})", errors_.text.data()));
    }
    step();
  }

  void require_ordinary() {
    if (jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK) {
      stream_.fail("is a CMYK picture, meant for printing", "convert it to RGB");
    }
    if (jpeg_.num_components != 1 && jpeg_.num_components != 3) {
      stream_.fail(fmt::format("has {} channels, not 1 or 3", jpeg_.num_components), kSaveAgain);
    }
    // Nothing bounds how far its pixels unpack.
    if (jpeg_.arith_code != FALSE) stream_.fail("is a JPEG file with arithmetic coding", kSaveAgain);
  }

  unsigned find_orientation() const {
    for (const jpeg_marker_struct* marker = jpeg_.marker_list; marker != nullptr; marker = marker->next) {
      const auto bytes = std::as_bytes(std::span(marker->data, marker->data_length));
      if (bytes.size() < kExifName.size() || std::memcmp(bytes.data(), kExifName.data(), kExifName.size()) != 0) {
        continue;
      }
      return read_exif_orientation(bytes.subspan(kExifName.size()));
    }
    return 1;
  }

  ImageStream& stream_;
  data::JpegErrors errors_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct jpeg_{};
  Image stored_;
  unsigned orientation_ = 1;
};

class JpegWriter {
 public:
  JpegWriter() {
    jpeg_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = data::jump_on_jpeg_error;
  }
  ~JpegWriter() {
    jpeg_destroy_compress(&jpeg_);
    std::free(bytes_);
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  std::vector<std::byte> write(const Image& image, int quality) {
    if (setjmp(errors_.jump) != 0) {
      if (errors_.base.msg_code == JERR_OUT_OF_MEMORY) throw std::bad_alloc();
      require_invariant(false, errors_.text.data());
    }
    compress(image, quality);
    const auto bytes = std::as_bytes(std::span(bytes_, count_));
    return {bytes.begin(), bytes.end()};
  }

 private:
  void compress(const Image& image, int quality) {
    jpeg_create_compress(&jpeg_);
    jpeg_mem_dest(&jpeg_, &bytes_, &count_);
    jpeg_.image_width = static_cast<JDIMENSION>(image.size.width);
    jpeg_.image_height = static_cast<JDIMENSION>(image.size.height);
    jpeg_.input_components = static_cast<int>(image.channels);
    jpeg_.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg_);
    jpeg_set_quality(&jpeg_, quality, TRUE);
    jpeg_start_compress(&jpeg_, TRUE);
    const std::size_t row_bytes = image.size.width * image.channels;
    while (jpeg_.next_scanline < jpeg_.image_height) {
      // libjpeg does not change what it compresses, its type says less.
      auto* row =
          reinterpret_cast<JSAMPROW>(const_cast<std::byte*>(image.pixels.data() + jpeg_.next_scanline * row_bytes));
      jpeg_write_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_compress(&jpeg_);
  }

  data::JpegErrors errors_{};
  jpeg_compress_struct jpeg_{};
  unsigned char* bytes_ = nullptr;
  unsigned long count_ = 0;
};

}  // namespace

std::vector<std::byte> make_jpeg(const Image& image, int quality) {
  return JpegWriter().write(image, quality);
}

Image read_jpeg(ImageStream& stream) {
  return JpegReader(stream).read();
}

ImageHeader read_jpeg_header(ImageStream& stream) {
  return JpegReader(stream).read_head();
}

}  // namespace hpctrain::pack
