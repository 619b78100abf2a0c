// How libjpeg tells that a picture is damaged, for whoever decodes one: its messages end in a jump, and warnings that
// pixels are missing are errors.
#pragma once

#include <cstdio>
// After <cstdio>, which it needs and does not include.
#include <jpeglib.h>

#include <array>
#include <csetjmp>
#include <cstdint>

namespace hpctrain::data {

/// One bit at least for each 8 × 8 block of the finest channel.
inline constexpr std::uint64_t kMostJpegPixelsPerByte = 512;

struct JpegErrors {
  jpeg_error_mgr base;  // first: libjpeg knows only this part
  std::jmp_buf jump;    ///< where errors go
  std::array<char, JMSG_LENGTH_MAX> text;
};

/// An `error_exit` for compressors too: the message into JpegErrors::text, then the jump.
[[noreturn]] void jump_on_jpeg_error(j_common_ptr common);

/// Errors, missing pixels and too many scans jump to `errors.jump` with their message in `errors.text`.
void install_jpeg_errors(jpeg_decompress_struct& jpeg, JpegErrors& errors, jpeg_progress_mgr& progress);

}  // namespace hpctrain::data
