// Pictures are decoded one at a time, when their turn comes; see folder_source.hpp.
#include "pack/folder_source.hpp"

#include <fmt/format.h>

#include <cstring>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/text_format.hpp"
#include "data/shard_format.hpp"
#include "pack/colour.hpp"
#include "pack/file_digest.hpp"
#include "pack/image_file.hpp"
#include "pack/resample.hpp"

namespace hpctrain::pack {

FolderSource::FolderSource(const SourceSettings& settings)
    : root_(settings.path), folder_(list_picture_folder(settings.path)), fit_(settings.fit) {
  plan_storage(settings);
}

/// Headers say it all: no pixel is decoded before it is stored.
void FolderSource::plan_storage(const SourceSettings& settings) {
  std::optional<ImageSize> first;
  std::string first_path;
  bool has_colour = false;
  for (const ListedSplit& split : folder_.splits) {
    for (const ListedPicture& listed : split.pictures) {
      const Image header = read_image_header(root_ / listed.path);
      has_colour = has_colour || header.channels == 3;
      if (!first) {
        first = header.size;
        first_path = listed.path;
      }
      require(settings.size || header.size == *first, Fault::data,
              fmt::format("{}: pictures have different sizes: {} is {} × {}, {} is {} × {} pixels; give the size to "
                          "store them at with --size WxH",
                          root_.string(), first_path, first->width, first->height, listed.path, header.size.width,
                          header.size.height));
    }
  }
  require_invariant(first.has_value(), "a folder of classes holds a picture");
  size_ = settings.size.value_or(*first);
  channels_ =
      settings.colour == ColourChoice::rgb || (settings.colour == ColourChoice::automatic && has_colour) ? 3 : 1;
}

std::vector<data::FieldSchema> FolderSource::fields() const {
  data::FieldSchema image;
  image.name = "image";
  image.semantic = "image";
  image.axes = "HWC";
  image.sample_shape = {size_.height, size_.width, channels_};
  image.row_bytes = size_.height * size_.width * channels_;
  data::FieldSchema label;
  label.name = "label";
  label.semantic = "label";
  label.type = data::ElementType::i64;
  label.row_bytes = sizeof(std::int64_t);
  label.num_classes = folder_.class_names.size();
  if (names_bytes() <= data::kMostNameBytes) label.class_names = folder_.class_names;
  return {image, label};
}

std::vector<SourceSplit> FolderSource::splits() const {
  std::vector<SourceSplit> splits;
  for (const ListedSplit& split : folder_.splits) splits.push_back({split.name, split.pictures.size()});
  return splits;
}

std::string FolderSource::note() const {
  std::string text;
  if (folder_.ignored_files > 0) {
    text = fmt::format("left out {} files that are no pictures by their names", format_count(folder_.ignored_files));
  }
  if (names_bytes() > data::kMostNameBytes) {
    text += fmt::format("{}left out the names of the classes, {} of which {} fit: labels count the folders, sorted",
                        text.empty() ? "" : "; ", format_bytes(names_bytes()), format_bytes(data::kMostNameBytes));
  }
  return text;
}

std::uint64_t FolderSource::names_bytes() const {
  std::uint64_t bytes = 0;
  for (const std::string& name : folder_.class_names) bytes += name.size() + 1;
  return bytes;
}

std::string FolderSource::identity() const {
  Sha256 digest;
  digest.update(fmt::format("folder {} x {} x {} fit {}\n", size_.height, size_.width, channels_,
                            fit_ == Fit::crop ? "crop" : "pad"));
  for (const std::string& name : folder_.class_names) digest.update(fmt::format("class {}\n", name));
  for (const ListedSplit& split : folder_.splits) {
    digest.update(fmt::format("split {} {}\n", split.name, split.pictures.size()));
    for (const ListedPicture& listed : split.pictures) {
      digest.update(fmt::format("{} {} {}\n", listed.label, digest_of_file(root_ / listed.path), listed.path));
    }
  }
  return digest.hex();
}

const ListedPicture& FolderSource::picture(std::uint64_t record) const {
  std::uint64_t place = record;
  for (const ListedSplit& split : folder_.splits) {
    if (place < split.pictures.size()) return split.pictures[place];
    place -= split.pictures.size();
  }
  throw Error(Fault::bug, "a record lies outside its source");
}

void FolderSource::read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) {
  const ListedPicture& listed = picture(record);
  const Image original = read_image_file(root_ / listed.path);
  const Placing placing = plan_placing(fit_, original.size, size_);
  const Image image = with_channels(resample(original, size_, placing), channels_);
  require_invariant(image.pixels.size() == rows[0].size(), "a row holds what its field says");
  std::memcpy(rows[0].data(), image.pixels.data(), image.pixels.size());
  const std::int64_t label = listed.label;
  std::memcpy(rows[1].data(), &label, sizeof label);
}

}  // namespace hpctrain::pack
