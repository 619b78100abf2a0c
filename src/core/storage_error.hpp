// One wording for everything a disk can refuse, shared by the real and the simulated file system.
#pragma once

#include <filesystem>
#include <string_view>

#include "core/error.hpp"

namespace hpctrain {

/// Fault::storage: "cannot <action> <path>: <system's reason>; <cure>".
Error storage_error(std::string_view action, const std::filesystem::path& path, int error_number);

}  // namespace hpctrain
