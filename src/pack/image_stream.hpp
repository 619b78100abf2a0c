// A picture's file, opened for a decoder written in C, and the errors that all decoders share. Knows no format.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "pack/image.hpp"

namespace hpctrain::pack {

class ImageStream {
 public:
  /// errors  Fault::data when it is missing, no regular file, not readable or empty
  explicit ImageStream(const std::filesystem::path& path);
  /// Of bytes that were read from `path` and outlive this.
  ///   errors  Fault::data when there are none
  ImageStream(const std::filesystem::path& path, std::span<const std::byte> bytes);

  const std::filesystem::path& path() const noexcept { return path_; }
  std::FILE* file() noexcept { return file_.get(); }
  std::uint64_t bytes() const noexcept { return bytes_; }
  /// At most eight bytes; the stream stands at its start.
  std::span<const std::byte> beginning() const noexcept { return std::span(beginning_).first(beginning_bytes_); }

  /// Decoders call it before they allocate.
  ///   errors  Fault::data when there are more than kMostImagePixels, or more bytes than any coder could have squeezed
  ///           into this file at `most_ratio` to one
  void require_possible(ImageSize size, std::uint64_t decoded_bytes, std::uint64_t most_ratio) const;
  ///   errors  Fault::data: always
  [[noreturn]] void fail(const std::string& finding, const std::string& cure = "copy or fetch the file again") const;

 private:
  struct Closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Closer> file_;
  std::uint64_t bytes_ = 0;
  std::array<std::byte, 8> beginning_{};
  std::size_t beginning_bytes_ = 0;
};

}  // namespace hpctrain::pack
