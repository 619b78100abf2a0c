// libjpeg reports errors by longjmp: nothing with a destructor lives in a frame that such a jump leaves.
#include "data/jpeg_window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csetjmp>

#include "core/integer_division.hpp"
#include "data/jpeg_errors.hpp"
#include "data/shard_format.hpp"

namespace hpctrain::data {
namespace {

constexpr unsigned kMostReduction = 8;

class JpegWindow {
 public:
  JpegWindow() { install_jpeg_errors(jpeg_, errors_, progress_); }
  ~JpegWindow() { jpeg_destroy_decompress(&jpeg_); }
  JpegWindow(const JpegWindow&) = delete;
  JpegWindow& operator=(const JpegWindow&) = delete;

  std::string complaint() const {
    return fmt::format("the JPEG picture is damaged or cut short ({})", errors_.text.data());
  }

  bool read_head(std::span<const std::byte> encoded) {
    return run([&] {
      jpeg_create_decompress(&jpeg_);
      jpeg_.progress = &progress_;
      jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(encoded.data()), encoded.size());
      jpeg_read_header(&jpeg_, TRUE);
    });
  }

  std::optional<std::string> find_fault(std::size_t bytes) const {
    if (jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK || jpeg_.arith_code != FALSE ||
        (jpeg_.num_components != 1 && jpeg_.num_components != 3)) {
      return "the JPEG picture is neither plain grey nor plain colour";
    }
    const std::uint64_t pixels = std::uint64_t{jpeg_.image_width} * jpeg_.image_height;
    if (pixels > kMostPicturePixels) return "the JPEG picture is larger than any picture of the format";
    if (pixels / kMostJpegPixelsPerByte > bytes) return "the JPEG picture has too few bytes for its size";
    return std::nullopt;
  }

  ImageSize stored() const { return {jpeg_.image_height, jpeg_.image_width}; }

  bool read_pixels(const ImageWindow& window, ImageSize output, unsigned channels, std::vector<std::byte>& pixels,
                   DecodedWindow& decoded) {
    const unsigned reduction = plan_reduction(window, output);
    jpeg_.scale_num = 1;
    jpeg_.scale_denom = reduction;
    jpeg_.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    if (!run([&] { jpeg_start_decompress(&jpeg_); })) return false;
    // Whole reduced pixels, so that the window lies inside.
    const unsigned top = std::min(window.top / reduction, jpeg_.output_height - 1);
    const unsigned bottom = std::min(divide_up(window.top + window.size.height, reduction), jpeg_.output_height);
    JDIMENSION left = std::min(window.left / reduction, jpeg_.output_width - 1);
    const unsigned right = std::min(divide_up(window.left + window.size.width, reduction), jpeg_.output_width);
    JDIMENSION width = right - left;
    if (!run([&] { jpeg_crop_scanline(&jpeg_, &left, &width); })) return false;
    const std::size_t row_bytes = std::size_t{width} * channels;
    pixels.resize(row_bytes * (bottom - top));
    const bool is_read = run([&] {
      if (top > 0) jpeg_skip_scanlines(&jpeg_, top);
      while (jpeg_.output_scanline < bottom) {
        auto* row = reinterpret_cast<JSAMPROW>(pixels.data() + (jpeg_.output_scanline - top) * row_bytes);
        jpeg_read_scanlines(&jpeg_, &row, 1);
      }
      jpeg_abort_decompress(&jpeg_);
    });
    decoded.size = {bottom - top, width};
    decoded.top = static_cast<double>(window.top) / reduction - top;
    decoded.left = static_cast<double>(window.left) / reduction - left;
    decoded.height = static_cast<double>(window.size.height) / reduction;
    decoded.width = static_cast<double>(window.size.width) / reduction;
    return is_read;
  }

 private:
  template <class Step>
  bool run(const Step& step) {
    if (setjmp(errors_.jump) != 0) return false;
    step();
    return true;
  }

  /// Only halves: the library has fast transforms for them.
  static unsigned plan_reduction(const ImageWindow& window, ImageSize output) {
    unsigned reduction = 1;
    while (reduction < kMostReduction && window.size.height / (reduction * 2) >= output.height &&
           window.size.width / (reduction * 2) >= output.width) {
      reduction *= 2;
    }
    return reduction;
  }

  JpegErrors errors_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct jpeg_{};
};

}  // namespace

std::optional<std::string> decode_jpeg_window(std::span<const std::byte> encoded, const WindowChoice& choose_window,
                                              ImageSize output, unsigned channels, std::vector<std::byte>& pixels,
                                              DecodedWindow& decoded) {
  JpegWindow jpeg;
  if (!jpeg.read_head(encoded)) return jpeg.complaint();
  if (auto fault = jpeg.find_fault(encoded.size())) return fault;
  const ImageWindow window = choose_window(jpeg.stored());
  if (!jpeg.read_pixels(window, output, channels, pixels, decoded)) return jpeg.complaint();
  return std::nullopt;
}

}  // namespace hpctrain::data
