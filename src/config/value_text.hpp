// Text to value and back for single values: integers, numbers, yes/no. Strict on purpose: no trailing junk, no silent
// wrap of negative numbers, no nan or inf. Must not know options, sections or where a text came from.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace hpctrain::config {

/// Why a text is refused, ready to stand after the quoted text: `is not a whole number`.
struct Complaint {
  std::string text;
};

template <class Value>
using Parsed = std::variant<Value, Complaint>;

Parsed<std::int64_t> parse_integer(std::string_view text);
/// Finite numbers only.
Parsed<double> parse_number(std::string_view text);
/// yes no true false on off 1 0, in any case.
Parsed<bool> parse_yes_no(std::string_view text);

/// The shortest text that parse_number turns back into the same bits.
std::string format_number(double value);
std::string format_number(float value);

std::string_view trim(std::string_view text) noexcept;

/// Pieces between any of `separators` that stand outside parentheses; neighbouring separators give empty pieces.
std::vector<std::string_view> split_outside_parentheses(std::string_view text, std::string_view separators);

/// How one element type is read, written and named. Enumerations have no text of their own: their rows name the
/// choices.
template <class Value, class = void>
struct ValueCodec;

template <class Value>
struct ValueCodec<Value, std::enable_if_t<std::is_integral_v<Value> && !std::is_same_v<Value, bool>>> {
  static constexpr const char* kNoun = "an integer";
  static constexpr const char* kPlaceholder = "INTEGER";
  static std::string format(Value value) { return std::to_string(value); }
  static Parsed<Value> parse(std::string_view text) {
    const Parsed<std::int64_t> parsed = parse_integer(text);
    if (const auto* complaint = std::get_if<Complaint>(&parsed)) return *complaint;
    const std::int64_t value = std::get<std::int64_t>(parsed);
    if (std::is_unsigned_v<Value> && value < 0) return Complaint{"is negative"};
    if constexpr (sizeof(Value) < sizeof(std::int64_t)) {
      if (value < std::int64_t{std::numeric_limits<Value>::min()} ||
          value > std::int64_t{std::numeric_limits<Value>::max()})
        return Complaint{"is out of range"};
    }
    return static_cast<Value>(value);
  }
};

template <class Value>
struct ValueCodec<Value, std::enable_if_t<std::is_floating_point_v<Value>>> {
  static constexpr const char* kNoun = "a number";
  static constexpr const char* kPlaceholder = "NUMBER";
  static std::string format(Value value) { return format_number(value); }
  static Parsed<Value> parse(std::string_view text) {
    const Parsed<double> parsed = parse_number(text);
    if (const auto* complaint = std::get_if<Complaint>(&parsed)) return *complaint;
    const double value = std::get<double>(parsed);
    if (value > double{std::numeric_limits<Value>::max()} || value < double{std::numeric_limits<Value>::lowest()})
      return Complaint{"is out of range"};
    return static_cast<Value>(value);
  }
};

template <>
struct ValueCodec<bool> {
  static constexpr const char* kNoun = "yes or no";
  static constexpr const char* kPlaceholder = "YES|NO";
  static std::string format(bool value) { return value ? "yes" : "no"; }
  static Parsed<bool> parse(std::string_view text) { return parse_yes_no(text); }
};

/// std::string and std::filesystem::path.
template <class Value>
struct ValueCodec<Value, std::enable_if_t<std::is_class_v<Value> && std::is_constructible_v<Value, std::string>>> {
  static constexpr bool kIsText = std::is_same_v<Value, std::string>;
  static constexpr const char* kNoun = kIsText ? "text" : "a path";
  static constexpr const char* kPlaceholder = kIsText ? "TEXT" : "PATH";
  static std::string format(const Value& value) {
    if constexpr (kIsText) {
      return value;
    } else {
      return value.string();
    }
  }
  static Parsed<Value> parse(std::string_view text) { return Value(std::string(text)); }
};

}  // namespace hpctrain::config
