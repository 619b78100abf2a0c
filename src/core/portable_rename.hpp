// Renaming without replacing where the file system lacks RENAME_NOREPLACE (NFS, some Lustre and FUSE mounts).
#pragma once

#include <filesystem>

namespace hpctrain {

/// Renames unless `to` exists. Files: atomic where hard links exist. Folders: a folder that appears at `to` between
/// check and rename is replaced when it is empty; one with entries never is.
///   errors  Fault::storage
void rename_no_replace_portably(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace hpctrain
