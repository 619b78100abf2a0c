#include "data/jpeg_errors.hpp"

// After jpeglib.h.
#include <jerror.h>

namespace hpctrain::data {

void jump_on_jpeg_error(j_common_ptr common) {
  auto* errors = reinterpret_cast<JpegErrors*>(common->err);
  common->err->format_message(common, errors->text.data());
  std::longjmp(errors->jump, 1);
}

namespace {

constexpr int kMostScans = 200;  // a progressive file has about ten; each costs a pass over all pixels

/// Negative levels are warnings that pixels are missing or guessed, but for two about the head.
void on_message(j_common_ptr common, int level) {
  const int code = common->err->msg_code;
  if (level < 0 && code != JWRN_JFIF_MAJOR && code != JWRN_ADOBE_XFORM) jump_on_jpeg_error(common);
}

void on_progress(j_common_ptr common) {
  const auto* jpeg = reinterpret_cast<jpeg_decompress_struct*>(common);
  if (jpeg->input_scan_number > kMostScans) {
    common->err->msg_code = JERR_BAD_PROGRESSION;
    jump_on_jpeg_error(common);
  }
}

}  // namespace

void install_jpeg_errors(jpeg_decompress_struct& jpeg, JpegErrors& errors, jpeg_progress_mgr& progress) {
  jpeg.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = jump_on_jpeg_error;
  errors.base.emit_message = on_message;
  progress.progress_monitor = on_progress;
}

}  // namespace hpctrain::data
