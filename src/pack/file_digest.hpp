// Digest of a file's content, for identities of sources made of many files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace hpctrain::pack {

/// XXH3 with 128 bits over the whole file, in hexadecimal.
///   cost    1 MiB of memory
///   errors  Fault::data when it cannot be read
std::string digest_of_file(const std::filesystem::path& path);

/// Of each, at most `threads` at the same time.
///   errors  as digest_of_file
std::vector<std::string> digests_of_files(std::span<const std::filesystem::path> paths, std::size_t threads);

}  // namespace hpctrain::pack
