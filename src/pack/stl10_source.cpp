// See stl10_source.hpp. Pictures are read one at a time, when their turn comes: the unlabelled ones take 2.6 GiB.
#include "pack/stl10_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "pack/class_fields.hpp"
#include "pack/class_list.hpp"
#include "pack/colour_planes.hpp"
#include "pack/file_digest.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::uint64_t kSide = 96;
constexpr std::uint64_t kPictureBytes = kSide * kSide * 3;
constexpr std::size_t kClasses = 10;
constexpr std::size_t kFolds = 10;
constexpr const char* kArchive = "stl10_binary.tar.gz";

std::vector<std::uint64_t> parse_fold(const std::string& line, std::uint64_t num_train, const std::string& place) {
  std::set<std::uint64_t> indices;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    std::uint64_t index = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), index);
    require(error == std::errc() && end == word.data() + word.size() && index < num_train, Fault::data,
            fmt::format("{}: \"{}\" is no index of one of the {} training pictures; unpack {} anew", place, word,
                        num_train, kArchive));
    require(indices.insert(index).second, Fault::data,
            fmt::format("{}: index {} stands there twice; unpack {} anew", place, index, kArchive));
  }
  require(!indices.empty() && indices.size() < num_train, Fault::data,
          fmt::format("{}: lists {} of {} training pictures, which leaves nothing to train on or to validate with; "
                      "unpack {} anew",
                      place, indices.size(), num_train, kArchive));
  return {indices.begin(), indices.end()};
}

}  // namespace

Stl10Source::Stl10Source(const std::filesystem::path& source)
    : folder_(find_archive_folder(source, "stl10_binary", "", kArchive)),
      class_names_(read_class_list(folder_ / "class_names.txt", kClasses, kArchive)) {
  add_labelled("train");
  add_labelled("test");
  const std::filesystem::path unlabeled = folder_ / "unlabeled_X.bin";
  if (!std::filesystem::exists(unlabeled)) return;
  parts_.push_back({"unlabeled", RecordFile(unlabeled, kPictureBytes, kArchive), labels_.size()});
  labels_.resize(labels_.size() + parts_.back().pictures.num_records(), kNoLabel);
}

void Stl10Source::add_labelled(const std::string& split) {
  parts_.push_back({split, RecordFile(folder_ / (split + "_X.bin"), kPictureBytes, kArchive), labels_.size()});
  read_labels(split, parts_.back().pictures.num_records());
}

void Stl10Source::read_labels(const std::string& split, std::uint64_t num_pictures) {
  const RecordFile file(folder_ / (split + "_y.bin"), 1, kArchive);
  require(file.num_records() == num_pictures, Fault::data,
          fmt::format("{}: has {} labels for the {} pictures of {}_X.bin; unpack {} anew", file.path().string(),
                      file.num_records(), num_pictures, split, kArchive));
  file.visit([&](std::uint64_t record, std::span<const std::byte> bytes) {
    const auto label = std::to_integer<std::int64_t>(bytes[0]);
    require(label >= 1 && label <= static_cast<std::int64_t>(kClasses), Fault::data,
            fmt::format("{}: label {} of record {} is outside 1 to {}; unpack {} anew, its labels count from 1",
                        file.path().string(), label, record, kClasses, kArchive));
    labels_.push_back(label - 1);
  });
}

std::vector<data::FieldSchema> Stl10Source::fields() const {
  return {image_field(kSide, kSide, 3), label_field("label", kClasses, class_names_)};
}

std::vector<SourceSplit> Stl10Source::splits() const {
  std::vector<SourceSplit> splits;
  for (const Part& part : parts_) splits.push_back({part.split, part.pictures.num_records()});
  return splits;
}

std::vector<std::vector<std::uint64_t>> Stl10Source::own_training_folds() const {
  const std::filesystem::path path = folder_ / "fold_indices.txt";
  std::ifstream file(path);
  require(file.good(), Fault::data,
          fmt::format("{}: is missing or cannot be read; unpack {} anew, or give --folds with --fold", path.string(),
                      kArchive));
  std::vector<std::vector<std::uint64_t>> folds;
  for (std::string line; std::getline(file, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string place = fmt::format("{} line {}", path.string(), folds.size() + 1);
    folds.push_back(parse_fold(line, parts_[0].pictures.num_records(), place));
  }
  require(folds.size() == kFolds, Fault::data,
          fmt::format("{}: has {} folds, not {}; unpack {} anew", path.string(), folds.size(), kFolds, kArchive));
  return folds;
}

std::string Stl10Source::identity() const {
  Sha256 digest;
  digest.update(fmt::format("stl10 {}\n", fmt::join(class_names_, ",")));
  for (const Part& part : parts_) {
    digest.update(
        fmt::format("{} {} {}\n", part.split, part.pictures.num_records(), digest_of_file(part.pictures.path())));
  }
  digest.update(std::as_bytes(std::span(labels_)));
  return digest.hex();
}

void Stl10Source::read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const {
  require_invariant(record < labels_.size(), "a record lies inside its source");
  const auto after =
      std::find_if(parts_.begin(), parts_.end(), [record](const Part& part) { return part.first_record > record; });
  const Part& part = *std::prev(after);
  std::vector<std::byte> planes(kPictureBytes);
  part.pictures.read(record - part.first_record, planes);
  interleave_planes(planes, kSide, PlaneOrder::by_columns, rows[0]);
  std::memcpy(rows[1].data(), &labels_[record], sizeof(std::int64_t));
}

}  // namespace hpctrain::pack
