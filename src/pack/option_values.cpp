// See option_values.hpp.
#include "pack/option_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <sstream>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "pack/film_record.hpp"
#include "pack/image_file.hpp"
#include "pack/utf8.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint64_t kMostSide = 65'536;
constexpr std::uint64_t kMostThreads = 1024;
constexpr int kMostQuality = 100;

template <class Choice>
using Choices = std::initializer_list<std::pair<std::string_view, Choice>>;

template <class Choice>
Choice parse_choice(const std::string& option, const std::string& text, Choices<Choice> choices) {
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
    names.emplace_back(name);
  }
  throw Error(Fault::usage, fmt::format("{} {}: expected {}", option, text, fmt::join(names, ", ")));
}

}  // namespace

std::uint64_t parse_count(const std::string& option, const std::string& text, std::uint64_t least) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(error == std::errc() && end == text.data() + text.size() && value >= least, Fault::usage,
          fmt::format("{} {}: expected a whole number of at least {}", option, text, least));
  return value;
}

std::uint64_t parse_threads(const std::string& option, const std::string& text) {
  const std::uint64_t threads = parse_count(option, text, 1);
  require(threads <= kMostThreads, Fault::usage,
          fmt::format("{} {}: more than {} threads; give about as many as there are CPUs", option, text, kMostThreads));
  return threads;
}

ImageSize parse_size(const std::string& option, const std::string& text) {
  const std::size_t cross = text.find('x');
  require(cross != std::string::npos, Fault::usage,
          fmt::format("{} {}: expected width x height in pixels, like 208x256", option, text));
  const std::string side = fmt::format("{} {}: side", option, text);
  const ImageSize size{parse_count(side, text.substr(0, cross), 1), parse_count(side, text.substr(cross + 1), 1)};
  require(size.width <= kMostSide && size.height <= kMostSide, Fault::usage,
          fmt::format("{} {}: a side has more than {} pixels; give less", option, text, kMostSide));
  require(size.width <= kMostImagePixels / size.height, Fault::usage,
          fmt::format("{} {}: more than {} pixels in all; give less", option, text, kMostImagePixels));
  return size;
}

Fit parse_fit(const std::string& option, const std::string& text) {
  return parse_choice<Fit>(option, text, {{"crop", Fit::crop}, {"pad", Fit::pad}});
}

ColourChoice parse_colour(const std::string& option, const std::string& text) {
  return parse_choice<ColourChoice>(
      option, text, {{"auto", ColourChoice::automatic}, {"grey", ColourChoice::grey}, {"rgb", ColourChoice::rgb}});
}

double parse_millimetres(const std::string& option, const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  require(
      error == std::errc() && end == text.data() + text.size() && is_spacing(value), Fault::usage,
      fmt::format("{} {}: expected millimetres from {} to {}, like 0.1", option, text, kLeastSpacing, kMostSpacing));
  return value;
}

StoreChoice parse_store(const std::string& option, const std::string& text) {
  if (text == "raw") return {StoreForm::raw, 0};
  if (text == "encoded") return {StoreForm::encoded, 0};
  int quality = 0;
  const std::string_view prefix = "jpeg=";
  const auto [end, error] =
      std::from_chars(text.data() + std::min(text.size(), prefix.size()), text.data() + text.size(), quality);
  require(text.starts_with(prefix) && error == std::errc() && end == text.data() + text.size() && quality >= 1 &&
              quality <= kMostQuality,
          Fault::usage, fmt::format("{} {}: expected raw, encoded, or jpeg=QUALITY from 1 to 100", option, text));
  return {StoreForm::jpeg, quality};
}

std::vector<std::string> parse_names(const std::string& option, const std::string& text) {
  require(is_utf8(text), Fault::usage,
          fmt::format("{}: the names are no UTF-8; type them in a UTF-8 terminal", option));
  std::vector<std::string> names;
  std::istringstream stream(text);
  for (std::string name; std::getline(stream, name, ',');) names.push_back(name);
  return names;
}

}  // namespace hpctrain::pack
