#include "tasks/augmentation_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "core/error.hpp"
#include "core/nearest_name.hpp"
#include "tasks/augmentation_operations.hpp"

namespace hpctrain::tasks {
namespace {

using Operation = AugmentationOperation;
using Argument = AugmentationArgument;
using Settings = AugmentationSettings;

constexpr std::string_view kChance = "p";

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

std::vector<std::string> operation_names() {
  std::vector<std::string> names;
  for (const auto& operation : augmentation_operations()) names.emplace_back(operation.name);
  return names;
}

std::vector<std::string> argument_names(const Operation& operation) {
  std::vector<std::string> names;
  for (const auto& argument : operation.arguments) names.emplace_back(argument.name);
  names.emplace_back(kChance);
  return names;
}

const Operation& find_operation(std::string_view name) {
  for (const auto& operation : augmentation_operations()) {
    if (operation.name == name) return operation;
  }
  const auto names = operation_names();
  refuse(fmt::format("there is no operation \"{}\"{}; choose of {}", name, nearest_name_hint(name, names),
                     fmt::join(names, ", ")));
}

const Argument& find_argument(const Operation& operation, std::string_view name, std::size_t position) {
  for (const auto& argument : operation.arguments) {
    const bool is_first = &argument == operation.arguments.data();
    if (name.empty() ? position == 0 && is_first : argument.name == name) return argument;
  }
  const auto names = argument_names(operation);
  refuse(fmt::format("{} has no argument {}{}; write name=number, with the names {}", operation.name,
                     name.empty() ? fmt::format("number {} without a name", position + 1) : std::string(name),
                     nearest_name_hint(name, names), fmt::join(names, ", ")));
}

/// What one argument is told, for messages.
struct Given {
  std::string_view operation;
  std::string_view argument;
  std::string_view text;
};

double read_number(const Given& given, std::string_view text, double least, double most, bool is_whole = false) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // The comparison is false for NaN.
  const bool is_good = error == std::errc() && end == text.data() + text.size() && value >= least && value <= most;
  if (!is_good || (is_whole && value != std::floor(value))) {
    refuse(fmt::format("{} {} = {}: expected a {}number from {} to {}", given.operation, given.argument, given.text,
                       is_whole ? "whole " : "", least, most));
  }
  return value;
}

Range read_range(const Given& given, const Argument& argument) {
  const auto dots = given.text.find("..");
  if (dots == std::string_view::npos) {
    const double value = read_number(given, given.text, argument.least, argument.most);
    return {value, value};
  }
  const Range range{read_number(given, trimmed(given.text.substr(0, dots)), argument.least, argument.most),
                    read_number(given, trimmed(given.text.substr(dots + 2)), argument.least, argument.most)};
  if (range.low > range.high) {
    refuse(fmt::format("{} {} = {}: the range ends before it begins; write {}..{}", given.operation, given.argument,
                       given.text, range.high, range.low));
  }
  return range;
}

Edge read_edge(const Given& given) {
  if (given.text == "reflect") return Edge::reflect;
  if (given.text == "zero") return Edge::zero;
  refuse(fmt::format("{} {} = {}: choose reflect or zero", given.operation, given.argument, given.text));
}

/// Reads arguments of one kind each into their members.
struct ArgumentReader {
  Settings& settings;
  const Argument& argument;
  const Given& given;

  void operator()(double Settings::*member) const {
    settings.*member = read_number(given, given.text, argument.least, argument.most, argument.is_whole);
  }
  void operator()(Range Settings::*member) const { settings.*member = read_range(given, argument); }
  void operator()(Edge Settings::*member) const { settings.*member = read_edge(given); }
};

void set_usual(Settings& settings, const Operation& operation) {
  settings.*operation.chance = operation.usual_chance;
  for (const auto& argument : operation.arguments) {
    if (const auto* number = std::get_if<double Settings::*>(&argument.member)) {
      settings.** number = argument.usual.high;
    } else if (const auto* range = std::get_if<Range Settings::*>(&argument.member)) {
      settings.** range = argument.usual;
    }
  }
}

void read_argument(std::string_view text, std::size_t position, const Operation& operation, Settings& settings) {
  const auto equals = text.find('=');
  const bool is_named = equals != std::string_view::npos;
  const auto name = is_named ? trimmed(text.substr(0, equals)) : std::string_view();
  const auto value = is_named ? trimmed(text.substr(equals + 1)) : text;
  if (name == kChance) {
    settings.*operation.chance = read_number({operation.name, kChance, value}, value, 0, 1);
    return;
  }
  const auto& argument = find_argument(operation, name, position);
  const Given given{operation.name, argument.name, value};
  std::visit(ArgumentReader{settings, argument, given}, argument.member);
}

void read_operation(std::string_view text, Settings& settings, std::vector<std::string_view>& seen) {
  const auto open = text.find('(');
  const auto name = trimmed(text.substr(0, open));
  const auto& operation = find_operation(name);
  if (open == std::string_view::npos ? !operation.has_usual_strength : !text.ends_with(')')) {
    refuse(fmt::format("{} needs its widths in parentheses: {}({}=…)", name, name, argument_names(operation).front()));
  }
  if (std::find(seen.begin(), seen.end(), name) != seen.end()) refuse(fmt::format("{} stands there twice", name));
  seen.push_back(name);
  set_usual(settings, operation);
  if (open == std::string_view::npos) return;
  const auto arguments = split(text.substr(open + 1, text.size() - open - 2), ',');
  for (std::size_t i = 0; i < arguments.size(); ++i) read_argument(arguments[i], i, operation, settings);
}

/// Says arguments of one kind each; empty where the usual value stands.
struct ArgumentWriter {
  const Settings& settings;
  const Argument& argument;

  std::string operator()(double Settings::*member) const {
    const double value = settings.*member;
    return value == argument.usual.high ? "" : fmt::format("{}={}", argument.name, value);
  }
  std::string operator()(Range Settings::*member) const {
    const Range value = settings.*member;
    return value == argument.usual ? "" : fmt::format("{}={}..{}", argument.name, value.low, value.high);
  }
  std::string operator()(Edge Settings::*member) const {
    return settings.*member == Edge::reflect ? "" : fmt::format("{}=zero", argument.name);
  }
};

std::string operation_text(const Settings& settings, const Operation& operation) {
  std::vector<std::string> words;
  for (const auto& argument : operation.arguments) {
    auto word = std::visit(ArgumentWriter{settings, argument}, argument.member);
    if (!word.empty()) words.push_back(std::move(word));
  }
  const double chance = settings.*operation.chance;
  if (chance != operation.usual_chance) words.push_back(fmt::format("{}={}", kChance, chance));
  if (words.empty() && operation.has_usual_strength) return std::string(operation.name);
  if (words.empty()) words.push_back(fmt::format("{}=0", operation.arguments.front().name));
  return fmt::format("{}({})", operation.name, fmt::join(words, ", "));
}

}  // namespace

std::optional<AugmentationSettings> read_augmentation(std::string_view text) {
  text = trimmed(text);
  if (text == "auto") return std::nullopt;
  AugmentationSettings settings;
  if (text == "none") return settings;
  std::vector<std::string_view> seen;
  for (const auto operation : split(text, '|')) read_operation(operation, settings, seen);
  return settings;
}

std::string augmentation_text(const AugmentationSettings& settings) {
  std::vector<std::string> operations;
  for (const auto& operation : augmentation_operations()) {
    if (settings.*operation.chance > 0) operations.push_back(operation_text(settings, operation));
  }
  return operations.empty() ? "none" : fmt::format("{}", fmt::join(operations, " | "));
}

}  // namespace hpctrain::tasks
