// Files that are there whole or not at all, for what can be made again: no sync, unlike core/file_system.hpp.
#pragma once

#include <filesystem>
#include <string_view>

namespace hpctrain::pack {

/// Written beside `path` and renamed: whoever is killed meanwhile leaves no half file of that name.
///   errors  Fault::storage; the temporary is removed
void save_whole_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace hpctrain::pack
