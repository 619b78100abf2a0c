#include "tasks/image_size.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "core/error.hpp"

namespace hpctrain::tasks {
namespace {

constexpr std::uint32_t kSmallest = 4;
constexpr std::uint32_t kLargest = 16384;

std::uint32_t read_extent(std::string_view extent, std::string_view text) {
  std::uint32_t pixels = 0;
  const auto [end, error] = std::from_chars(extent.data(), extent.data() + extent.size(), pixels);
  require(error == std::errc() && end == extent.data() + extent.size() && pixels >= kSmallest && pixels <= kLargest,
          Fault::usage,
          fmt::format("data.image-size {}: write stored, a side such as 96, or HEIGHTxWIDTH such as 96x128, each from "
                      "{} to {} pixels",
                      text, kSmallest, kLargest));
  return pixels;
}

}  // namespace

std::optional<data::ImageSize> read_image_size(std::string_view text) {
  if (text == "stored") return std::nullopt;
  const auto cross = text.find('x');
  const auto height = read_extent(text.substr(0, cross), text);
  return data::ImageSize{height, cross == std::string_view::npos ? height : read_extent(text.substr(cross + 1), text)};
}

}  // namespace hpctrain::tasks
