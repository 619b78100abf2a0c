// Names of classes, one a line, as CIFAR and STL-10 have them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hpctrain::pack {

/// Blank lines are passed over.
///   errors  Fault::data: missing, another number of names than `count`, not UTF-8
std::vector<std::string> read_class_list(const std::filesystem::path& path, std::size_t count,
                                         std::string_view archive);

}  // namespace hpctrain::pack
