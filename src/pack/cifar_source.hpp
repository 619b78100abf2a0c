// CIFAR-10 and CIFAR-100 in their binary versions as a Source: splits train and test, fields image and label, and
// coarse_label of CIFAR-100.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pack/record_file.hpp"
#include "pack/source.hpp"

namespace hpctrain::pack {

enum class CifarFlavour { ten, hundred };

class CifarSource final : public Source {
 public:
  /// `source` holds the files of the archive, or the folder that it unpacks to. Reads all of them once.
  ///   errors  as RecordFile and read_class_list; Fault::data for a label without a class
  ///   source  https://www.cs.toronto.edu/~kriz/cifar.html
  CifarSource(const std::filesystem::path& source, CifarFlavour flavour);

  std::string kind() const override;
  std::vector<data::FieldSchema> fields() const override;
  std::vector<SourceSplit> splits() const override;
  std::vector<std::int64_t> strata() const override { return labels_; }
  std::string identity() const override { return identity_; }
  void read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const override;

 private:
  struct LabelByte {
    std::string field;
    std::vector<std::string> class_names;
  };
  struct Part {
    RecordFile file;
    std::uint64_t first_record;
  };
  bool is_hundred() const noexcept { return labels_in_record_.size() == 2; }
  void add_files(const std::filesystem::path& folder, const std::vector<std::string>& names, const char* archive);
  void require_classes(const Part& part, std::uint64_t record, std::span<const std::byte> bytes) const;
  const Part& part_of(std::uint64_t record) const;

  std::vector<LabelByte> labels_in_record_;  // sorted by field; the last one is "label"
  std::vector<Part> parts_;
  std::uint64_t num_train_ = 0;
  std::vector<std::int64_t> labels_;  // "label" of every record
  std::string identity_;
};

}  // namespace hpctrain::pack
