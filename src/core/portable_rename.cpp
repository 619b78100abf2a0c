// A hard link fails when its name exists, so link + unlink is a rename that never replaces.
#include "core/portable_rename.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "core/storage_error.hpp"

namespace hpctrain {
namespace {

namespace fs = std::filesystem;

Error rename_error(const fs::path& from, const fs::path& to, int error_number) {
  return storage_error("rename " + from.string() + " to", to, error_number);
}

void rename_after_check(const fs::path& from, const fs::path& to) {
  struct stat status {};
  if (::lstat(to.c_str(), &status) == 0) throw rename_error(from, to, EEXIST);
  if (::rename(from.c_str(), to.c_str()) != 0) throw rename_error(from, to, errno);
}

}  // namespace

void rename_no_replace_portably(const fs::path& from, const fs::path& to) {
  struct stat status {};
  if (::lstat(from.c_str(), &status) != 0) throw rename_error(from, to, errno);
  if (S_ISDIR(status.st_mode)) return rename_after_check(from, to);
  if (::link(from.c_str(), to.c_str()) == 0) {
    if (::unlink(from.c_str()) != 0) throw rename_error(from, to, errno);
    return;
  }
  const bool lacks_links = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK;
  if (!lacks_links) throw rename_error(from, to, errno);
  rename_after_check(from, to);
}

}  // namespace hpctrain
