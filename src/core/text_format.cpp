// Rounding and units for people.
#include "core/text_format.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace hpctrain {
namespace {

constexpr const char* kUnknown = "unknown";

bool is_amount(double value) {
  return std::isfinite(value) && value >= 0;
}

}  // namespace

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // 1023.95 would print as 1024.0.
  while (amount >= 1023.95 && unit + 1 < kUnits.size()) {
    amount /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

std::string format_duration(double seconds) {
  if (!is_amount(seconds)) return kUnknown;
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  if (seconds >= 1e15) return kUnknown;
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  const std::uint64_t minutes = (whole + 30) / 60;
  if (minutes < 24 * 60) return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
  const std::uint64_t hours = (minutes + 30) / 60;
  return fmt::format("{} d {:02} h", hours / 24, hours % 24);
}

std::string format_count(std::uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string format_share(double fraction) {
  if (!std::isfinite(fraction)) return kUnknown;
  return fmt::format("{:.1f} %", fraction * 100);
}

std::string format_rate(double per_second) {
  if (!is_amount(per_second) || per_second >= 1e18) return kUnknown;
  if (per_second >= 99.95) return format_count(static_cast<std::uint64_t>(std::llround(per_second)));
  return fmt::format("{:.{}f}", per_second, per_second >= 9.995 ? 1 : 2);
}

/// Cut at a character, not inside one: UTF-8 continuation bytes are 10xxxxxx.
std::string truncate_text(std::string text, std::size_t columns) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_character = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins_character && ++characters > columns) {
      text.resize(i);
      break;
    }
  }
  return text;
}

}  // namespace hpctrain
