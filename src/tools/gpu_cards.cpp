#include "tools/gpu_cards.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "core/error.hpp"
#include "core/nearest_name.hpp"

namespace hpctrain::tools {
namespace {

struct KnownCard {
  std::string_view name;
  double gib;
};

/// As sold; cards that came with several sizes bear the size in their name.
constexpr std::array kCards = {
    KnownCard{"GTX 1060", 6},   KnownCard{"GTX 1080", 8},   KnownCard{"GTX 1080 Ti", 11},  KnownCard{"GTX 1660", 6},
    KnownCard{"RTX 2060", 6},   KnownCard{"RTX 2070", 8},   KnownCard{"RTX 2080", 8},      KnownCard{"RTX 2080 Ti", 11},
    KnownCard{"RTX 3050", 8},   KnownCard{"RTX 3060", 12},  KnownCard{"RTX 3060 Ti", 8},   KnownCard{"RTX 3070", 8},
    KnownCard{"RTX 3080", 10},  KnownCard{"RTX 3090", 24},  KnownCard{"RTX 4060", 8},      KnownCard{"RTX 4070", 12},
    KnownCard{"RTX 4080", 16},  KnownCard{"RTX 4090", 24},  KnownCard{"RTX 5090", 32},     KnownCard{"RTX A4000", 16},
    KnownCard{"RTX A5000", 24}, KnownCard{"RTX A6000", 48}, KnownCard{"RTX 6000 Ada", 48}, KnownCard{"T4", 16},
    KnownCard{"L4", 24},        KnownCard{"L40", 48},       KnownCard{"L40S", 48},         KnownCard{"A10", 24},
    KnownCard{"A16", 16},       KnownCard{"A30", 24},       KnownCard{"A40", 48},          KnownCard{"P100-16", 16},
    KnownCard{"V100-16", 16},   KnownCard{"V100-32", 32},   KnownCard{"A100-40", 40},      KnownCard{"A100-80", 80},
    KnownCard{"H100-80", 80},   KnownCard{"H100-96", 96},   KnownCard{"H200-141", 141},    KnownCard{"B200-180", 180},
};
constexpr double kLargestGib = 1024;

std::string letters_of(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return letters;
}

std::uint64_t bytes_of(double gib) {
  return static_cast<std::uint64_t>(gib * (1ull << 30));
}

/// "6", "6 GiB", "5.5gb"; not finite for anything else.
double read_gib(std::string_view text) {
  const std::string whole(text);
  char* end = nullptr;
  const double gib = std::strtod(whole.c_str(), &end);
  const std::string unit = letters_of(end);
  if (end == whole.c_str() || std::isdigit(static_cast<unsigned char>(whole[0])) == 0) return NAN;
  return unit.empty() || unit == "g" || unit == "gb" || unit == "gib" ? gib : NAN;
}

}  // namespace

GpuCard read_gpu_card(std::string_view text) {
  if (const double gib = read_gib(text); !std::isnan(gib)) {
    require(gib > 0 && gib <= kLargestGib, Fault::usage,
            fmt::format("--card {}: no card has that many GiB; give a number from 1 to {:g}, or a name such as A100-40",
                        text, kLargestGib));
    return {fmt::format("{:g} GiB", gib), bytes_of(gib)};
  }
  std::vector<std::string> names;
  for (const auto& card : kCards) {
    if (letters_of(card.name) == letters_of(text)) return {std::string(card.name), bytes_of(card.gib)};
    names.emplace_back(card.name);
  }
  std::string known;
  for (const auto& card : kCards) {
    const bool is_of_kind = !letters_of(text).empty() && letters_of(card.name).starts_with(letters_of(text));
    if (is_of_kind) known += (known.empty() ? "" : ", ") + std::string(card.name);
  }
  const std::string hint = known.empty() ? nearest_name_hint(std::string(text), names) : "; there are " + known;
  throw Error(Fault::usage,
              fmt::format("--card {}: no such card is known here{}. A number of GiB is always understood: "
                          "--card 6",
                          text, hint));
}

}  // namespace hpctrain::tools
