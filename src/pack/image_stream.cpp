#include "pack/image_stream.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <new>
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

// fmemopen takes the bytes of a file to be written as well; this one is only read.
ImageStream::ImageStream(const std::filesystem::path& path, std::span<const std::byte> bytes)
    : path_(path), bytes_(bytes.size()), beginning_bytes_(std::min(bytes.size(), beginning_.size())) {
  if (bytes.empty()) fail("is empty");
  file_.reset(::fmemopen(const_cast<std::byte*>(bytes.data()), bytes.size(), "rb"));
  if (!file_) throw std::bad_alloc();
  std::copy_n(bytes.begin(), beginning_bytes_, beginning_.begin());
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
