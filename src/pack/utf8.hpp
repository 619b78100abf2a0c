// Whether bytes are text that every reader of a packed data set can show.
#pragma once

#include <string_view>

namespace hpctrain::pack {

/// No overlong forms, no surrogates, nothing above U+10FFFF.
///   source  RFC 3629, section 4
bool is_utf8(std::string_view text) noexcept;

}  // namespace hpctrain::pack
