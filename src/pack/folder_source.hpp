// Pictures in a folder for each class as a Source: fields image and label.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pack/picture_folder.hpp"
#include "pack/picture_storage.hpp"
#include "pack/source.hpp"
#include "pack/source_kind.hpp"

namespace hpctrain::pack {

class FolderSource final : public Source {
 public:
  /// Reads the header of every picture and keeps their names only.
  ///   errors  as list_picture_folder and PictureStorage
  explicit FolderSource(const SourceSettings& settings);

  std::string kind() const override { return "folder"; }
  std::vector<data::FieldSchema> fields() const override;
  std::vector<SourceSplit> splits() const override;
  std::vector<std::int64_t> strata() const override;
  std::string note() const override;
  /// Reads every file.
  std::string identity() const override;
  void read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const override;
  EncodedPicture read_encoded(std::uint64_t record, std::size_t field) const override;
  std::uint64_t expected_encoded_bytes() const override { return storage_.expected_bytes(); }

 private:
  const ListedPicture& picture(std::uint64_t record) const;
  std::uint64_t names_bytes() const;
  std::string note_on_rare_classes() const;

  std::filesystem::path root_;
  PictureFolder folder_;
  PictureStorage storage_;
  std::size_t threads_;
};

}  // namespace hpctrain::pack
