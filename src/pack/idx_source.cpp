// Finds, reads and checks the four files; see idx_source.hpp.
#include "pack/idx_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "pack/class_fields.hpp"

namespace hpctrain::pack {
namespace {

std::filesystem::path find_file(const std::filesystem::path& folder, const std::string& name) {
  for (const std::string suffix : {"", ".gz"}) {
    const std::filesystem::path path = folder / (name + suffix);
    if (std::filesystem::exists(path)) return path;
  }
  throw Error(Fault::data, fmt::format("{}: neither {} nor {}.gz is there; give the folder that holds the four idx "
                                       "files (Debian: apt-get install dataset-fashion-mnist)",
                                       folder.string(), name, name));
}

template <class T>
std::int64_t element_at(const IdxArray& array, std::uint64_t position) {
  T value{};
  std::memcpy(&value, array.bytes.data() + position * sizeof(T), sizeof(T));
  return static_cast<std::int64_t>(value);
}

std::int64_t integer_at(const IdxArray& array, std::uint64_t position, const std::filesystem::path& path) {
  switch (array.type) {
    case data::ElementType::u8:
      return element_at<std::uint8_t>(array, position);
    case data::ElementType::i8:
      return element_at<std::int8_t>(array, position);
    case data::ElementType::i16:
      return element_at<std::int16_t>(array, position);
    case data::ElementType::i32:
      return element_at<std::int32_t>(array, position);
    default:
      break;
  }
  throw Error(Fault::data,
              fmt::format("{}: labels are of type {}; labels must be whole numbers, give the file that has them",
                          path.string(), data::element_name(array.type)));
}

/// The usual mistake has a cure of its own: more classes would only add one that no record has.
std::string cure_for_labels(const std::vector<std::int64_t>& labels, std::uint64_t num_classes) {
  const auto [least, most] = std::minmax_element(labels.begin(), labels.end());
  if (*least >= 1 && *most == static_cast<std::int64_t>(num_classes)) {
    return "these labels seem to count from 1, and labels of idx files count from 0: take 1 off each";
  }
  return "fetch the file again, or give the true number of classes with --classes";
}

std::vector<std::int64_t> read_labels(const std::filesystem::path& path, std::uint64_t num_classes) {
  const IdxArray array = read_idx_file(path, 1);
  std::vector<std::int64_t> labels;
  labels.reserve(array.num_records());
  for (std::uint64_t i = 0; i < array.num_records(); ++i) {
    labels.push_back(integer_at(array, i, path));
  }
  const auto is_outside = [num_classes](std::int64_t label) {
    return label < 0 || static_cast<std::uint64_t>(label) >= num_classes;
  };
  const auto outside = std::find_if(labels.begin(), labels.end(), is_outside);
  if (outside == labels.end()) return labels;
  throw Error(Fault::data,
              fmt::format("{}: label {} of record {} is outside 0 to {}; {}", path.string(), *outside,
                          outside - labels.begin(), num_classes - 1, cure_for_labels(labels, num_classes)));
}

}  // namespace

IdxSource::Part IdxSource::read_part(const std::filesystem::path& folder, const std::string& prefix,
                                     std::uint64_t num_classes) {
  const std::filesystem::path image_path = find_file(folder, prefix + "-images-idx3-ubyte");
  const std::filesystem::path label_path = find_file(folder, prefix + "-labels-idx1-ubyte");
  Part part{read_idx_file(image_path, 3), read_labels(label_path, num_classes)};
  require(part.images.num_records() == part.labels.size(), Fault::data,
          fmt::format("{}: {} images, but {} has {} labels; fetch both files again from one place", image_path.string(),
                      part.images.num_records(), label_path.filename().string(), part.labels.size()));
  require(!part.labels.empty(), Fault::data,
          fmt::format("{}: holds no images; fetch the file again", image_path.string()));
  return part;
}

IdxSource::IdxSource(const std::filesystem::path& folder, std::uint64_t num_classes,
                     std::vector<std::string> class_names)
    : num_classes_(num_classes),
      class_names_(std::move(class_names)),
      train_(read_part(folder, "train", num_classes)),
      test_(read_part(folder, "t10k", num_classes)) {
  require(class_names_.empty() || class_names_.size() == num_classes_, Fault::usage,
          fmt::format("--class-names gives {} names for {} classes; give one for each label, separated by commas",
                      class_names_.size(), num_classes_));
  const IdxArray& train = train_.images;
  const IdxArray& test = test_.images;
  require(train.type == test.type && train.shape[1] == test.shape[1] && train.shape[2] == test.shape[2], Fault::data,
          fmt::format("{}: training images are {}×{} {}, test images {}×{} {}; give files of one data set",
                      folder.string(), train.shape[1], train.shape[2], data::element_name(train.type), test.shape[1],
                      test.shape[2], data::element_name(test.type)));
}

std::vector<data::FieldSchema> IdxSource::fields() const {
  data::FieldSchema image = image_field(train_.images.shape[1], train_.images.shape[2], 1);
  image.type = train_.images.type;
  image.row_bytes = train_.images.record_bytes();
  return {image, label_field("label", num_classes_, class_names_)};
}

std::vector<SourceSplit> IdxSource::splits() const {
  return {{"train", train_.labels.size()}, {"test", test_.labels.size()}};
}

std::vector<std::int64_t> IdxSource::strata() const {
  std::vector<std::int64_t> labels = train_.labels;
  labels.insert(labels.end(), test_.labels.begin(), test_.labels.end());
  return labels;
}

std::string IdxSource::identity() const {
  Sha256 digest;
  digest.update(fmt::format("idx {} {} {}x{} {}\n", train_.labels.size(), test_.labels.size(), train_.images.shape[1],
                            train_.images.shape[2], num_classes_));
  for (const std::string& name : class_names_) digest.update(name + "\n");
  for (const Part* part : {&train_, &test_}) {
    digest.update(part->images.bytes);
    digest.update(std::as_bytes(std::span(part->labels)));
  }
  return digest.hex();
}

void IdxSource::read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const {
  const bool is_train = record < train_.labels.size();
  const Part& part = is_train ? train_ : test_;
  const std::uint64_t place = is_train ? record : record - train_.labels.size();
  require_invariant(place < part.labels.size(), "a record lies inside its source");
  std::memcpy(rows[0].data(), part.images.bytes.data() + place * rows[0].size(), rows[0].size());
  std::memcpy(rows[1].data(), &part.labels[place], sizeof(std::int64_t));
}

}  // namespace hpctrain::pack
