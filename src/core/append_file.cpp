// Whole lines by O_APPEND. Must not know what a line says.
#include "core/append_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "core/digest.hpp"
#include "core/storage_error.hpp"

namespace hpctrain {
namespace {

bool ends_in_newline(int descriptor, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw storage_error("look at", path, errno);
  if (!S_ISREG(status.st_mode) || status.st_size == 0) return true;
  char last = '\0';
  if (::pread(descriptor, &last, 1, status.st_size - 1) != 1) throw storage_error("read", path, errno);
  return last == '\n';
}

}  // namespace

AppendFile::AppendFile(const std::filesystem::path& path)
    : path_(path), descriptor_(open_retrying(path, O_RDWR | O_CREAT | O_APPEND)) {
  if (!descriptor_.is_open()) throw storage_error("open", path_, errno);
  ends_in_newline_ = ends_in_newline(descriptor_.get(), path_);
}

void AppendFile::append_line(std::string_view line) {
  std::string text;
  text.reserve(line.size() + 2);
  if (!ends_in_newline_) text += '\n';
  text.append(line) += '\n';
  ends_in_newline_ = false;  // stays so when the write fails half way
  const int error_number = write_fully(descriptor_.get(), bytes_of(text));
  if (error_number != 0) throw storage_error("write", path_, error_number);
  ends_in_newline_ = true;
}

}  // namespace hpctrain
