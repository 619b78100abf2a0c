// STL-10 in its binary version as a Source: splits train, test and unlabeled, fields image and label.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pack/record_file.hpp"
#include "pack/source.hpp"

namespace hpctrain::pack {

/// The label of a picture that nobody has labelled; stands in split "unlabeled" only.
inline constexpr std::int64_t kNoLabel = -1;

class Stl10Source final : public Source {
 public:
  /// `source` holds the files of the archive, or its folder stl10_binary. Reads the labels, and of the pictures nothing
  /// yet; unlabeled_X.bin may be missing.
  ///   errors  as RecordFile and read_class_list; Fault::data for a label that is not 1 to 10, for pictures and labels
  ///   of
  ///           different number
  ///   source  https://cs.stanford.edu/~acoates/stl10/
  explicit Stl10Source(const std::filesystem::path& source);

  std::string kind() const override { return "stl10"; }
  std::vector<data::FieldSchema> fields() const override;
  std::vector<SourceSplit> splits() const override;
  std::vector<std::int64_t> strata() const override { return labels_; }
  /// The ten of fold_indices.txt.
  ///   errors  Fault::data: missing, or not ten lines of different indices of training pictures
  std::vector<std::vector<std::uint64_t>> own_training_folds() const override;
  /// Reads every file.
  std::string identity() const override;
  void read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const override;

 private:
  struct Part {
    std::string split;
    RecordFile pictures;
    std::uint64_t first_record;
  };
  void add_labelled(const std::string& split);
  void read_labels(const std::string& split, std::uint64_t num_pictures);

  std::filesystem::path folder_;
  std::vector<std::string> class_names_;
  std::vector<Part> parts_;
  std::vector<std::int64_t> labels_;  // of every record
};

}  // namespace hpctrain::pack
