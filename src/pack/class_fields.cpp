#include "pack/class_fields.hpp"

namespace hpctrain::pack {

data::FieldSchema image_field(std::uint64_t height, std::uint64_t width, std::uint64_t channels) {
  data::FieldSchema image;
  image.name = "image";
  image.semantic = "image";
  image.axes = "HWC";
  image.sample_shape = {height, width, channels};
  image.row_bytes = height * width * channels;
  return image;
}

data::FieldSchema label_field(const std::string& name, std::uint64_t num_classes,
                              const std::vector<std::string>& class_names) {
  data::FieldSchema label;
  label.name = name;
  label.semantic = "label";
  label.type = data::ElementType::i64;
  label.row_bytes = sizeof(std::int64_t);
  label.num_classes = num_classes;
  label.class_names = class_names;
  return label;
}

}  // namespace hpctrain::pack
