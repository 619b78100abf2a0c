// Bytes as text that may stand inside a page.   source  RFC 4648
#pragma once

#include <string>
#include <string_view>

namespace hpctrain::tools {

std::string encode_base64(std::string_view bytes);

}  // namespace hpctrain::tools
