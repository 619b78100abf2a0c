// Encoded pictures to pixels of one size, straight into a slot. One decoder belongs to one thread and keeps its
// buffers. The same bytes in give the same bytes out, on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset_index.hpp"
#include "data/image_window.hpp"
#include "data/window_resize.hpp"

namespace hpctrain::data {

struct PictureRequest {
  const std::string& codec;        ///< jpeg or png
  const FieldSchema& delivered;    ///< dense u8 [height, width, channels]
  const ImageWindowPlan* windows;  ///< null: the whole picture
  std::uint64_t epoch;
  std::uint64_t sample_id;
};

class PictureDecoder {
 public:
  ///   shapes   destination [height, width, channels] u8
  ///   returns  nothing, or what is wrong with the picture
  std::optional<std::string> decode(std::span<const std::byte> encoded, const PictureRequest& request,
                                    std::byte* destination);

 private:
  std::vector<std::byte> pixels_;
  WindowResize resize_;
};

}  // namespace hpctrain::data
