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

/// 0 of what is no regular file.
std::uint64_t regular_bytes(int descriptor, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) throw storage_error("look at", path, errno);
  return S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool ends_in_newline(int descriptor, const std::filesystem::path& path, std::uint64_t bytes) {
  if (bytes == 0) return true;
  char last = '\0';
  if (::pread(descriptor, &last, 1, static_cast<off_t>(bytes - 1)) != 1) throw storage_error("read", path, errno);
  return last == '\n';
}

}  // namespace

AppendFile::AppendFile(const std::filesystem::path& path)
    : path_(path), descriptor_(open_retrying(path, O_RDWR | O_CREAT | O_APPEND)) {
  if (!descriptor_.is_open()) throw storage_error("open", path_, errno);
  bytes_ = regular_bytes(descriptor_.get(), path_);
  ends_in_newline_ = ends_in_newline(descriptor_.get(), path_, bytes_);
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
  bytes_ += text.size();
}

}  // namespace hpctrain
