// Files that are there whole or not at all, for what can be made again: no sync, unlike core/file_system.hpp.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

namespace hpctrain::pack {

/// Written beside `path` and renamed: whoever is killed meanwhile leaves no half file of that name.
///   errors  Fault::storage; the temporary is removed
void save_whole_file(const std::filesystem::path& path, std::string_view bytes);

/// errors  Fault::data when it is missing, no regular file or not readable
std::vector<std::byte> read_whole_file(const std::filesystem::path& path);

}  // namespace hpctrain::pack
