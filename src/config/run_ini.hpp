// Writes resolved options as an INI text and compares two such texts where they must agree: run.ini and resuming.
// Must not know which options those are, nor touch a disk.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/option_table.hpp"

namespace hpctrain::config {

/// Every option with its present value, grouped by section, without the options named in `left_out`.
/// Resolving the text gives the same values, bit for bit.
///   errors  Fault::usage for a value with a comma outside parentheses (a path, say): it would come back as an axis
std::string write_ini(const OptionTable& table, const std::vector<std::string>& left_out = {});

/// Hexadecimal digest over the identity options, `section.key=value`, in table order.
std::string identity_digest(const OptionTable& table);

struct IdentityDifference {
  std::string name;
  std::string here;   ///< value of this start
  std::string there;  ///< value in the other text
};

/// Identity options whose value differs from that in `other_ini` (a run.ini). An option missing there has its default;
/// keys that this program no longer knows are ignored.
///   errors  Fault::usage when `other_ini` is not an INI text
std::vector<IdentityDifference> compare_identity(const OptionTable& table, std::string_view other_ini,
                                                 std::string_view other_name);

}  // namespace hpctrain::config
