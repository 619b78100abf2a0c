// Tables as spreadsheets read them (RFC 4180, with plain newlines). Must not know what is in them.
#pragma once

#include <string>
#include <vector>

namespace hpctrain::sweep {

/// Fields between commas, quoted where they must be, and a newline.
std::string csv_line(const std::vector<std::string>& fields);

}  // namespace hpctrain::sweep
