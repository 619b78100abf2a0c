// See cifar_source.hpp. Pictures are read one at a time, when their turn comes.
#include "pack/cifar_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "pack/class_fields.hpp"
#include "pack/class_list.hpp"
#include "pack/colour_planes.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint64_t kSide = 32;
constexpr std::uint64_t kPictureBytes = kSide * kSide * 3;
constexpr const char* kArchiveOfTen = "cifar-10-binary.tar.gz";
constexpr const char* kArchiveOfHundred = "cifar-100-binary.tar.gz";

}  // namespace

CifarSource::CifarSource(const std::filesystem::path& source, CifarFlavour flavour) {
  if (flavour == CifarFlavour::ten) {
    const auto folder = find_archive_folder(source, "cifar-10-batches-bin", "cifar-10-batches-py", kArchiveOfTen);
    labels_in_record_ = {{"label", read_class_list(folder / "batches.meta.txt", 10, kArchiveOfTen)}};
    add_files(folder,
              {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
              kArchiveOfTen);
    num_train_ = labels_.size();
    add_files(folder, {"test_batch.bin"}, kArchiveOfTen);
  } else {
    const auto folder = find_archive_folder(source, "cifar-100-binary", "cifar-100-python", kArchiveOfHundred);
    labels_in_record_ = {{"coarse_label", read_class_list(folder / "coarse_label_names.txt", 20, kArchiveOfHundred)},
                         {"label", read_class_list(folder / "fine_label_names.txt", 100, kArchiveOfHundred)}};
    add_files(folder, {"train.bin"}, kArchiveOfHundred);
    num_train_ = labels_.size();
    add_files(folder, {"test.bin"}, kArchiveOfHundred);
  }
}

void CifarSource::add_files(const std::filesystem::path& folder, const std::vector<std::string>& names,
                            const char* archive) {
  const std::size_t num_labels = labels_in_record_.size();
  Sha256 digest;
  digest.update(identity_);
  for (const LabelByte& label : labels_in_record_)
    digest.update(fmt::format("{}\n", fmt::join(label.class_names, ",")));
  for (const std::string& name : names) {
    parts_.push_back({RecordFile(folder / name, num_labels + kPictureBytes, archive), labels_.size()});
    const Part& part = parts_.back();
    digest.update(fmt::format("{} {}\n", name, part.file.num_records()));
    part.file.visit([&](std::uint64_t record, std::span<const std::byte> bytes) {
      require_classes(part, record, bytes);
      labels_.push_back(std::to_integer<std::int64_t>(bytes[num_labels - 1]));
      digest.update(bytes);
    });
  }
  identity_ = digest.hex();
}

void CifarSource::require_classes(const Part& part, std::uint64_t record, std::span<const std::byte> bytes) const {
  for (std::size_t l = 0; l < labels_in_record_.size(); ++l) {
    const auto label = std::to_integer<std::size_t>(bytes[l]);
    const auto& [field, class_names] = labels_in_record_[l];
    require(label < class_names.size(), Fault::data,
            fmt::format("{}: {} {} of record {} is outside 0 to {}; see whether it is {} in its binary version, and "
                        "unpack it anew",
                        part.file.path().string(), field, label, record, class_names.size() - 1,
                        is_hundred() ? "CIFAR-100" : "CIFAR-10"));
  }
}

std::string CifarSource::kind() const {
  return is_hundred() ? "cifar100" : "cifar10";
}

std::vector<data::FieldSchema> CifarSource::fields() const {
  std::vector<data::FieldSchema> fields;
  for (const auto& [field, class_names] : labels_in_record_)
    fields.push_back(label_field(field, class_names.size(), class_names));
  fields.insert(fields.end() - 1, image_field(kSide, kSide, 3));
  return fields;
}

std::vector<SourceSplit> CifarSource::splits() const {
  return {{"train", num_train_}, {"test", labels_.size() - num_train_}};
}

const CifarSource::Part& CifarSource::part_of(std::uint64_t record) const {
  require_invariant(record < labels_.size(), "a record lies inside its source");
  const auto after =
      std::find_if(parts_.begin(), parts_.end(), [record](const Part& part) { return part.first_record > record; });
  return *std::prev(after);
}

void CifarSource::read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const {
  const Part& part = part_of(record);
  const std::size_t num_labels = labels_in_record_.size();
  std::vector<std::byte> bytes(num_labels + kPictureBytes);
  part.file.read(record - part.first_record, bytes);
  for (std::size_t l = 0; l < num_labels; ++l) {
    const std::size_t field = l + 1 == num_labels ? rows.size() - 1 : l;
    const auto label = std::to_integer<std::int64_t>(bytes[l]);
    std::memcpy(rows[field].data(), &label, sizeof label);
  }
  interleave_planes(std::span(bytes).subspan(num_labels), kSide, PlaneOrder::by_rows, rows[rows.size() - 2]);
}

}  // namespace hpctrain::pack
