// Turns an errno into the message a person can act on. Must not know which program or option chose the path.
#include "core/storage_error.hpp"

#include <cerrno>
#include <string>
#include <system_error>

namespace hpctrain {
namespace {

std::string_view cure_for(int error_number) {
  switch (error_number) {
    case ENOSPC:
      return "free some space there or choose another folder";
    case EDQUOT:
      return "your quota is used up: remove files or choose another folder";
    case EROFS:
    case EACCES:
    case EPERM:
      return "choose a folder you may write to, or change its permissions";
    case ENOENT:
      return "check the path; a folder on the way to it may be missing";
    case EEXIST:
    case ENOTEMPTY:
      return "remove it or choose another name";
    case ENOTDIR:
    case EISDIR:
      return "check the path; a file stands where a folder is needed, or the other way round";
    case ENAMETOOLONG:
      return "choose a shorter name";
    case EMFILE:
    case ENFILE:
      return "raise the limit on open files (ulimit -n)";
    case EIO:
      return "the disk or its server is failing: look at the system's log, then start again";
    case ESTALE:
      return "the file server lost the file: start again";
    default:
      return "check the disk and the path, then start again";
  }
}

}  // namespace

Error storage_error(std::string_view action, const std::filesystem::path& path, int error_number) {
  std::string message = "cannot ";
  message.append(action).append(" ").append(path.string()).append(": ");
  // Unlike strerror, generic_category is safe from several threads.
  message.append(std::generic_category().message(error_number)).append("; ").append(cure_for(error_number));
  return Error(Fault::storage, message);
}

}  // namespace hpctrain
