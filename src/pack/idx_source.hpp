// The MNIST family as a Source: four idx files in one folder, splits train and test, fields image and label.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pack/idx_file.hpp"
#include "pack/source.hpp"

namespace hpctrain::pack {

class IdxSource final : public Source {
 public:
  /// Reads all four files, plain or gzipped: train-images-idx3-ubyte, train-labels-idx1-ubyte and the same with t10k.
  ///   errors  Fault::data: a file missing or damaged, images and labels of different number, train and test images of
  ///           different shape, a label that is not below num_classes
  ///           Fault::usage: class names that are not one per class
  explicit IdxSource(const std::filesystem::path& folder, std::uint64_t num_classes = 10,
                     std::vector<std::string> class_names = {});

  std::string kind() const override { return "idx"; }
  std::vector<data::FieldSchema> fields() const override;
  std::vector<SourceSplit> splits() const override;
  std::vector<std::int64_t> strata() const override;
  std::string identity() const override;
  void read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const override;

 private:
  struct Part {
    IdxArray images;
    std::vector<std::int64_t> labels;
  };
  static Part read_part(const std::filesystem::path& folder, const std::string& prefix, std::uint64_t num_classes);

  std::uint64_t num_classes_;
  std::vector<std::string> class_names_;
  Part train_;
  Part test_;
};

}  // namespace hpctrain::pack
