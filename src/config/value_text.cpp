// Owns the strict readers and writers of single values. Must not know options.
#include "config/value_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <system_error>

namespace hpctrain::config {
namespace {

constexpr std::string_view kWhitespace = " \t\r\n";

// from_chars knows no leading plus.
std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  return text;
}

template <class Value>
Parsed<Value> parse_whole(std::string_view text, const char* complaint) {
  const std::string_view digits = without_plus(trim(text));
  if (digits.empty()) return Complaint{"is empty"};
  Value value{};
  const char* end = digits.data() + digits.size();
  const auto [stop, status] = std::from_chars(digits.data(), end, value);
  if (stop != end || status == std::errc::invalid_argument) return Complaint{complaint};
  if (status == std::errc::result_out_of_range) return Complaint{"is beyond what can be represented"};
  return value;
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(kWhitespace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhitespace) - first + 1);
}

Parsed<std::int64_t> parse_integer(std::string_view text) {
  return parse_whole<std::int64_t>(text, "is not an integer");
}

Parsed<double> parse_number(std::string_view text) {
  Parsed<double> parsed = parse_whole<double>(text, "is not a number");
  const double* value = std::get_if<double>(&parsed);
  if (value != nullptr && !std::isfinite(*value)) return Complaint{"is not a finite number"};
  return parsed;
}

Parsed<bool> parse_yes_no(std::string_view text) {
  std::string word(trim(text));
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const char* yes : {"yes", "true", "on", "1"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"no", "false", "off", "0"}) {
    if (word == no) return false;
  }
  return Complaint{"is neither yes nor no"};
}

std::string format_number(double value) {
  return fmt::format("{}", value);
}
std::string format_number(float value) {
  return fmt::format("{}", value);
}

std::vector<std::string_view> split_outside_parentheses(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') depth = std::max(0, depth - 1);
    if (depth == 0 && separators.find(text[i]) != std::string_view::npos) {
      pieces.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  pieces.push_back(text.substr(begin));
  return pieces;
}

}  // namespace hpctrain::config
