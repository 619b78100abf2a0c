// Temporaries of durable writes: how they are named, so that a later start can tell what a killed one left behind.
// The write itself is write_file_durably in file_system.hpp.
#pragma once

#include <filesystem>
#include <string_view>

namespace hpctrain {

/// A fresh name beside `path`: "<name>.<16 hex>.tmp".
std::filesystem::path temporary_beside(const std::filesystem::path& path);

/// True for a name that temporary_beside could have made: a leftover once no process of the run is alive.
bool is_temporary_name(std::string_view name) noexcept;

}  // namespace hpctrain
