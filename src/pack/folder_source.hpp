// Pictures in a folder for each class as a Source: fields image and label.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pack/image.hpp"
#include "pack/picture_folder.hpp"
#include "pack/source.hpp"
#include "pack/source_kind.hpp"

namespace hpctrain::pack {

class FolderSource final : public Source {
 public:
  /// Reads the header of every picture and keeps their names only.
  ///   errors  as list_picture_folder and read_image_header
  ///           Fault::data: pictures of different sizes without a size to store them at
  explicit FolderSource(const SourceSettings& settings);

  std::string kind() const override { return "folder"; }
  std::vector<data::FieldSchema> fields() const override;
  std::vector<SourceSplit> splits() const override;
  std::string note() const override;
  /// Reads every file.
  std::string identity() const override;
  void read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) override;

 private:
  const ListedPicture& picture(std::uint64_t record) const;
  std::uint64_t names_bytes() const;
  void plan_storage(const SourceSettings& settings);

  std::filesystem::path root_;
  PictureFolder folder_;
  Fit fit_;
  ImageSize size_;
  std::uint64_t channels_ = 1;
};

}  // namespace hpctrain::pack
