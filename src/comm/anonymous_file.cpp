// Others open it through its maker's entry in /proc.
#include "comm/anonymous_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>
#include <utility>

namespace hpctrain::comm {

OwnedDescriptor make_anonymous_file(const char* label) noexcept {
  return OwnedDescriptor(::memfd_create(label, MFD_CLOEXEC));
}

std::string describe_anonymous_file(const OwnedDescriptor& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return {};
  std::ostringstream text;
  text << "/proc/" << ::getpid() << "/fd/" << file.get() << ' ' << status.st_dev << ' ' << status.st_ino;
  return text.str();
}

OwnedDescriptor open_anonymous_file(const std::string& description) {
  std::istringstream text(description);
  std::string path;
  dev_t device = 0;
  ino_t number = 0;
  text >> path >> device >> number;
  // Asked first: to open a stranger's file may do something.
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return OwnedDescriptor();
  if (status.st_dev != device || status.st_ino != number) {
    errno = ESTALE;
    return OwnedDescriptor();
  }
  OwnedDescriptor file = open_retrying(path, O_RDWR);
  const bool is_same =
      file.is_open() && ::fstat(file.get(), &status) == 0 && status.st_dev == device && status.st_ino == number;
  if (file.is_open() && !is_same) errno = ESTALE;
  return is_same ? std::move(file) : OwnedDescriptor();
}

}  // namespace hpctrain::comm
