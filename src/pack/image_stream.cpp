#include "pack/image_stream.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "core/error.hpp"
#include "pack/image_file.hpp"

namespace hpctrain::pack {

// "e": no child process inherits the file.
ImageStream::ImageStream(const std::filesystem::path& path) : path_(path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    fail(errno == ENOENT ? "is missing" : std::generic_category().message(errno), "check the path");
  }
  if (!S_ISREG(status.st_mode)) fail("is no regular file", "give the file of a picture");
  file_.reset(std::fopen(path.c_str(), "rbe"));
  if (!file_) fail(fmt::format("cannot be opened ({})", std::generic_category().message(errno)), "make it readable");
  bytes_ = static_cast<std::uint64_t>(status.st_size);
  beginning_bytes_ = std::fread(beginning_.data(), 1, beginning_.size(), file_.get());
  if (beginning_bytes_ == 0) fail("is empty");
  std::rewind(file_.get());
}

void ImageStream::require_possible(ImageSize size, std::uint64_t decoded_bytes, std::uint64_t most_ratio) const {
  if (size.height != 0 && size.width > kMostImagePixels / size.height) {
    fail(fmt::format("says it is {} × {} pixels large, more than {} in all", size.width, size.height, kMostImagePixels),
         "make it smaller");
  }
  if (decoded_bytes / most_ratio > bytes_) {
    fail(fmt::format("says it is {} × {} pixels large, which cannot be in {} bytes", size.width, size.height, bytes_));
  }
}

void ImageStream::fail(const std::string& finding, const std::string& cure) const {
  throw Error(Fault::data, fmt::format("{}: {}; {}", path_.string(), finding, cure));
}

}  // namespace hpctrain::pack
