#include "pack/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace hpctrain::pack {
namespace {

/// First bytes of one kind of character, and what its second byte may be; further ones are 80 to BF.
struct Form {
  unsigned char first, last;
  std::size_t bytes;
  unsigned char least_second, most_second;
};
constexpr std::array<Form, 9> kForms{{{0x00, 0x7f, 1, 0x00, 0x00},
                                      {0xc2, 0xdf, 2, 0x80, 0xbf},
                                      {0xe0, 0xe0, 3, 0xa0, 0xbf},
                                      {0xe1, 0xec, 3, 0x80, 0xbf},
                                      {0xed, 0xed, 3, 0x80, 0x9f},
                                      {0xee, 0xef, 3, 0x80, 0xbf},
                                      {0xf0, 0xf0, 4, 0x90, 0xbf},
                                      {0xf1, 0xf3, 4, 0x80, 0xbf},
                                      {0xf4, 0xf4, 4, 0x80, 0x8f}}};

bool is_within(char byte, unsigned char least, unsigned char most) noexcept {
  const auto value = static_cast<unsigned char>(byte);
  return value >= least && value <= most;
}

bool fits(std::string_view text, const Form& form) noexcept {
  if (!is_within(text[0], form.first, form.last) || text.size() < form.bytes) return false;
  if (form.bytes == 1) return true;
  const std::string_view further = text.substr(2, form.bytes - 2);
  return is_within(text[1], form.least_second, form.most_second) &&
         std::all_of(further.begin(), further.end(), [](char byte) { return is_within(byte, 0x80, 0xbf); });
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto form = std::find_if(kForms.begin(), kForms.end(), [&](const Form& f) { return fits(text, f); });
    if (form == kForms.end()) return false;
    text.remove_prefix(form->bytes);
  }
  return true;
}

}  // namespace hpctrain::pack
