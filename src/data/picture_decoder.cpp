// See picture_decoder.hpp.
#include "data/picture_decoder.hpp"

#include <cstring>

#include "data/jpeg_window.hpp"

namespace hpctrain::data {
namespace {

bool is_identity(const DecodedWindow& window, ImageSize output) {
  return window.size == output && window.top == 0 && window.left == 0 &&
         window.height == static_cast<double>(output.height) && window.width == static_cast<double>(output.width);
}

}  // namespace

std::optional<std::string> PictureDecoder::decode(std::span<const std::byte> encoded, const PictureRequest& request,
                                                  std::byte* destination) {
  const auto& shape = request.delivered.sample_shape;
  const ImageSize output{static_cast<std::uint32_t>(shape[0]), static_cast<std::uint32_t>(shape[1])};
  const auto channels = static_cast<unsigned>(shape[2]);
  const auto choose_window = [&](ImageSize stored) {
    if (request.windows == nullptr) return ImageWindow{0, 0, stored};
    return request.windows->plan_window(request.epoch, request.sample_id, stored);
  };
  DecodedWindow decoded;
  const auto complaint = request.codec == "jpeg"
                             ? decode_jpeg_window(encoded, choose_window, output, channels, pixels_, decoded)
                             : decode_png_window(encoded, choose_window, channels, pixels_, decoded);
  if (complaint) return complaint;
  if (is_identity(decoded, output)) {
    std::memcpy(destination, pixels_.data(), pixels_.size());
  } else {
    resize_.run(pixels_, decoded, output, channels, destination);
  }
  return std::nullopt;
}

}  // namespace hpctrain::data
