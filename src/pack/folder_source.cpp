// Pictures are decoded one at a time, when their turn comes; see folder_source.hpp.
#include "pack/folder_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/text_format.hpp"
#include "data/shard_format.hpp"
#include "pack/file_digest.hpp"

namespace hpctrain::pack {

namespace {

constexpr std::size_t kMostNamedClasses = 3;

std::vector<std::filesystem::path> all_pictures(const std::filesystem::path& root, const PictureFolder& folder) {
  std::vector<std::filesystem::path> paths;
  for (const ListedSplit& split : folder.splits) {
    for (const ListedPicture& listed : split.pictures) paths.push_back(root / listed.path);
  }
  return paths;
}

}  // namespace

FolderSource::FolderSource(const SourceSettings& settings)
    : root_(settings.path),
      folder_(list_picture_folder(settings.path)),
      storage_(settings, all_pictures(root_, folder_)),
      threads_(settings.threads) {}

std::vector<data::FieldSchema> FolderSource::fields() const {
  data::FieldSchema label;
  label.name = "label";
  label.semantic = "label";
  label.type = data::ElementType::i64;
  label.row_bytes = sizeof(std::int64_t);
  label.num_classes = folder_.class_names.size();
  if (names_bytes() <= data::kMostNameBytes) label.class_names = folder_.class_names;
  return {storage_.field(), label};
}

std::vector<SourceSplit> FolderSource::splits() const {
  std::vector<SourceSplit> splits;
  for (const ListedSplit& split : folder_.splits) splits.push_back({split.name, split.pictures.size()});
  return splits;
}

std::vector<std::int64_t> FolderSource::strata() const {
  std::vector<std::int64_t> labels;
  for (const ListedSplit& split : folder_.splits) {
    for (const ListedPicture& listed : split.pictures) labels.push_back(listed.label);
  }
  return labels;
}

std::string FolderSource::note() const {
  std::vector<std::string> notes;
  if (folder_.ignored_files > 0) {
    notes.push_back(
        fmt::format("left out {} files that are no pictures by their names", format_count(folder_.ignored_files)));
  }
  if (names_bytes() > data::kMostNameBytes) {
    notes.push_back(
        fmt::format("left out the names of the classes, {} of which {} fit: labels count the folders, sorted",
                    format_bytes(names_bytes()), format_bytes(data::kMostNameBytes)));
  }
  if (auto rare = note_on_rare_classes(); !rare.empty()) notes.push_back(std::move(rare));
  return fmt::format("{}", fmt::join(notes, "; "));
}

std::string FolderSource::note_on_rare_classes() const {
  std::vector<std::uint64_t> pictures(folder_.class_names.size());
  for (const std::int64_t label : strata()) ++pictures[static_cast<std::size_t>(label)];
  std::vector<std::string> names;
  for (std::size_t label = 0; label < pictures.size(); ++label) {
    if (pictures[label] == 1) names.push_back(folder_.class_names[label]);
  }
  if (names.empty()) return {};
  const std::size_t count = names.size();
  names.resize(std::min(count, kMostNamedClasses));
  return fmt::format("{} of {} classes have a single picture, which is learned from or scored, never both: {}{}", count,
                     pictures.size(), fmt::join(names, ", "), count > names.size() ? ", …" : "");
}

std::uint64_t FolderSource::names_bytes() const {
  std::uint64_t bytes = 0;
  for (const std::string& name : folder_.class_names) bytes += name.size() + 1;
  return bytes;
}

std::string FolderSource::identity() const {
  Sha256 digest;
  digest.update(fmt::format("folder {}\n", storage_.identity()));
  for (const std::string& name : folder_.class_names) digest.update(fmt::format("class {}\n", name));
  const std::vector<std::string> digests = digests_of_files(all_pictures(root_, folder_), threads_);
  auto next = digests.begin();
  for (const ListedSplit& split : folder_.splits) {
    digest.update(fmt::format("split {} {}\n", split.name, split.pictures.size()));
    for (const ListedPicture& listed : split.pictures) {
      digest.update(fmt::format("{} {} {}\n", listed.label, *next++, listed.path));
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

void FolderSource::read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const {
  const ListedPicture& listed = picture(record);
  if (storage_.is_raw()) storage_.write_pixels(root_ / listed.path, rows[0]);
  const std::int64_t label = listed.label;
  std::memcpy(rows[1].data(), &label, sizeof label);
}

EncodedPicture FolderSource::read_encoded(std::uint64_t record, std::size_t field) const {
  require_invariant(field == 0, "only the picture is encoded");
  return storage_.encode(root_ / picture(record).path);
}

}  // namespace hpctrain::pack
