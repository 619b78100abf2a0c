// See isbi2015_annotation.hpp.
#include "pack/isbi2015_annotation.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

#include "core/error.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint64_t kMostBytes = 64u << 10;  // the challenge's have about 220

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<FilmPoint> parse_point(std::string_view line) {
  const std::size_t comma = line.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::optional<double> x = parse_number(trimmed(line.substr(0, comma)));
  const std::optional<double> y = parse_number(trimmed(line.substr(comma + 1)));
  if (!x || !y) return std::nullopt;
  return FilmPoint{*x, *y};
}

/// Class labels, whole numbers, follow the landmarks.
bool ends_before(std::string_view line) {
  return line.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

CephalometricPoints parse_annotation(std::string_view text, const std::filesystem::path& path, ImageSize film) {
  CephalometricPoints points;
  for (std::size_t l = 0; l < points.size(); ++l) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const std::optional<FilmPoint> point = parse_point(line);
    require(point.has_value() || !ends_before(line), Fault::data,
            fmt::format("{}: ends after {} of {} landmarks; copy the file again from the challenge's archive",
                        path.string(), l, points.size()));
    require(point.has_value(), Fault::data,
            fmt::format("{}:{}: \"{}\" is not x,y in pixels; copy the file again from the challenge's archive",
                        path.string(), l + 1, line.substr(0, 40)));
    const bool is_inside = point->x >= 0 && point->y >= 0 && point->x <= static_cast<double>(film.width) &&
                           point->y <= static_cast<double>(film.height);
    require(
        is_inside, Fault::data,
        fmt::format("{}:{}: {},{} lies outside its film of {} × {} pixels; see whether film and file belong together",
                    path.string(), l + 1, point->x, point->y, film.width, film.height));
    points[l] = *point;
  }
  return points;
}

std::string read_annotation_text(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  require(!std::filesystem::exists(status) || std::filesystem::is_regular_file(status), Fault::data,
          fmt::format("{}: is no regular file; give the file of a doctor's marks", path.string()));
  std::ifstream stream(path, std::ios::binary);
  const std::uint64_t bytes = std::filesystem::file_size(path, error);
  require(!error && stream, Fault::data,
          fmt::format("{}: cannot be opened; give a file that is there and may be read", path.string()));
  require(bytes <= kMostBytes, Fault::data,
          fmt::format("{}: holds {} bytes, far more than nineteen landmarks; copy the file again from the challenge's "
                      "archive",
                      path.string(), bytes));
  std::string text(bytes, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(bytes));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

}  // namespace hpctrain::pack
