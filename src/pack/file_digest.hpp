// Digest of a file's content, for identities of sources made of many files.
#pragma once

#include <filesystem>
#include <string>

namespace hpctrain::pack {

/// XXH3 with 128 bits over the whole file, in hexadecimal.
///   cost    1 MiB of memory
///   errors  Fault::data when it cannot be read
std::string digest_of_file(const std::filesystem::path& path);

}  // namespace hpctrain::pack
