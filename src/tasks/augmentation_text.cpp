#include "tasks/augmentation_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "core/error.hpp"

namespace hpctrain::tasks {
namespace {

/// One number of one operation. The first argument of an operation may be given without its name.
struct Argument {
  std::string_view operation;
  std::string_view name;
  double AugmentationSettings::*width;
  double most;
};

constexpr std::array kArguments = {
    Argument{"affine", "rotate", &AugmentationSettings::rotate_degrees, 180},
    Argument{"affine", "scale", &AugmentationSettings::scale_fraction, 0.9},
    Argument{"affine", "translate", &AugmentationSettings::translate_fraction, 1},
    Argument{"affine", "translate-mm", &AugmentationSettings::translate_mm, 1000},
    Argument{"jitter", "contrast", &AugmentationSettings::contrast_fraction, 1},
    Argument{"jitter", "brightness", &AugmentationSettings::brightness_fraction, 1},
    Argument{"gamma", "width", &AugmentationSettings::gamma_fraction, 10},
    Argument{"noise", "deviation", &AugmentationSettings::noise_fraction, 1},
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

[[noreturn]] void refuse(const std::string& what) {
  throw Error(Fault::usage, fmt::format("data.augment: {}", what));
}

/// "rotate, scale, …" of one operation, or the names of all operations.
std::string known_names(std::string_view operation) {
  std::vector<std::string_view> names;
  for (const Argument& argument : kArguments) {
    if (!operation.empty() && argument.operation != operation) continue;
    const auto name = operation.empty() ? argument.operation : argument.name;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

const Argument& find_argument(std::string_view operation, std::string_view name, std::size_t position) {
  for (const Argument& argument : kArguments) {
    if (argument.operation != operation) continue;
    if (name.empty() ? position == 0 : argument.name == name) return argument;
  }
  refuse(fmt::format("{} has no argument {}; write name=number, with the names {}", operation,
                     name.empty() ? fmt::format("number {} without a name", position + 1) : std::string(name),
                     known_names(operation)));
}

double read_width(const Argument& argument, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // The comparison is false for NaN.
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0 && value <= argument.most)) {
    refuse(fmt::format("{} {} = {}: expected a number from 0 to {}", argument.operation, argument.name, text,
                       argument.most));
  }
  return value;
}

void read_operation(std::string_view text, AugmentationSettings& settings, std::vector<std::string_view>& seen) {
  const auto open = text.find('(');
  const auto name = trimmed(text.substr(0, open));
  const bool is_known = std::any_of(kArguments.begin(), kArguments.end(),
                                    [&](const Argument& argument) { return argument.operation == name; });
  if (!is_known) refuse(fmt::format("there is no operation \"{}\"; choose of {}", name, known_names({})));
  if (open == std::string_view::npos || !text.ends_with(')')) {
    refuse(fmt::format("{} needs its widths in parentheses: {}({}=…)", name, name, find_argument(name, {}, 0).name));
  }
  if (std::find(seen.begin(), seen.end(), name) != seen.end()) refuse(fmt::format("{} stands there twice", name));
  seen.push_back(name);
  const auto arguments = split(text.substr(open + 1, text.size() - open - 2), ',');
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto equals = arguments[i].find('=');
    const bool is_named = equals != std::string_view::npos;
    const auto& argument =
        find_argument(name, is_named ? trimmed(arguments[i].substr(0, equals)) : std::string_view(), i);
    settings.*argument.width = read_width(argument, is_named ? trimmed(arguments[i].substr(equals + 1)) : arguments[i]);
  }
}

}  // namespace

std::optional<AugmentationSettings> read_augmentation(std::string_view text) {
  text = trimmed(text);
  if (text == "auto") return std::nullopt;
  auto settings = AugmentationSettings::none();
  if (text == "none") return settings;
  std::vector<std::string_view> seen;
  for (const auto operation : split(text, '|')) read_operation(operation, settings, seen);
  return settings;
}

std::string augmentation_text(const AugmentationSettings& settings) {
  std::vector<std::string> operations;
  std::string_view open;
  for (const Argument& argument : kArguments) {
    const double width = settings.*argument.width;
    if (width == 0) continue;
    const auto words = fmt::format("{}={}", argument.name, width);
    if (argument.operation == open) {
      operations.back() += ", " + words;
    } else {
      operations.push_back(fmt::format("{}({}", argument.operation, words));
      open = argument.operation;
    }
  }
  for (auto& operation : operations) operation += ')';
  return operations.empty() ? "none" : fmt::format("{}", fmt::join(operations, " | "));
}

}  // namespace hpctrain::tasks
