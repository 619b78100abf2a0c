// See isbi2015_films.hpp.
#include "pack/isbi2015_films.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <system_error>

#include "core/error.hpp"
#include "core/file_system.hpp"
#include "pack/isbi2015_layout.hpp"

namespace hpctrain::pack {
namespace {

using NumberedFiles = std::map<std::uint64_t, std::filesystem::path>;

bool is_folder(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  require(std::filesystem::status_known(status), Fault::data,
          fmt::format("{}: cannot be looked at ({}); see whether you may read it", path.string(), error.message()));
  return std::filesystem::is_directory(status);
}

/// The folder `name` in `source` where it is there, else `source`.
std::filesystem::path folder_or_source(const std::filesystem::path& source, std::string_view name) {
  return is_folder(source / name) ? source / name : source;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::optional<std::uint64_t> number_of(const std::filesystem::path& path) {
  const std::string stem = path.stem().string();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
  if (error != std::errc() || end != stem.data() + stem.size()) return std::nullopt;
  return number;
}

/// Other files (Thumbs.db and the like) are passed over.
NumberedFiles list_numbered(const std::filesystem::path& folder, std::string_view extension) {
  NumberedFiles files;
  for (const std::string& name : posix_file_system().list_folder(folder)) {
    const std::filesystem::path path = folder / name;
    if (lower_case(path.extension().string()) != extension) continue;
    const std::optional<std::uint64_t> number = number_of(path);
    require(number.has_value(), Fault::data,
            fmt::format("{}: is not named by a film's number, like 012{}; rename it or move it away", path.string(),
                        extension));
    const auto [place, is_new] = files.emplace(*number, path);
    require(is_new, Fault::data,
            fmt::format("{} and {}: both have number {}; move away the one that does not belong there", path.string(),
                        place->second.filename().string(), *number));
  }
  return files;
}

NumberedFiles list_doctor(const std::filesystem::path& source, std::string_view doctor) {
  const std::filesystem::path folder = folder_or_source(source, kIsbiAnnotations) / doctor;
  require(is_folder(folder), Fault::data,
          fmt::format("{}: is not there; unpack both doctors' files, {} and {}, beside the films", folder.string(),
                      kIsbiJunior, kIsbiSenior));
  return list_numbered(folder, ".txt");
}

std::filesystem::path annotation_of(const NumberedFiles& doctor, std::uint64_t number, std::string_view name,
                                    const std::filesystem::path& film) {
  const auto found = doctor.find(number);
  require(found != doctor.end(), Fault::data,
          fmt::format("{}: {} has no file for it; unpack {}/{:03}.txt, or move the film away", film.string(), name,
                      name, number));
  return found->second;
}

void require_source(const std::filesystem::path& source) {
  require(is_folder(source), Fault::data,
          fmt::format("{}: is no folder; give the one that holds RawImage and AnnotationsByMD", source.string()));
  FileSystem& files = posix_file_system();
  require(!files.exists(source / kPhantomMarker) || files.exists(source / kPhantomTruth), Fault::data,
          fmt::format("{}: {}", source.string(), kUnfinishedPhantoms));
}

}  // namespace

std::vector<IsbiFilm> find_isbi_films(const std::filesystem::path& source) {
  require_source(source);
  const std::filesystem::path images = folder_or_source(source, kIsbiImages);
  const NumberedFiles junior = list_doctor(source, kIsbiJunior), senior = list_doctor(source, kIsbiSenior);
  std::vector<IsbiFilm> films;
  NumberedFiles seen;
  for (const IsbiImagePart& part : kIsbiImageParts) {
    if (!is_folder(images / part.folder)) continue;
    for (const auto& [number, path] : list_numbered(images / part.folder, ".bmp")) {
      const auto [place, is_new] = seen.emplace(number, path);
      require(is_new, Fault::data,
              fmt::format("{} and {}: both have number {}; move away the one that does not belong there", path.string(),
                          place->second.string(), number));
      films.push_back({number, part.split, path, annotation_of(junior, number, kIsbiJunior, path),
                       annotation_of(senior, number, kIsbiSenior, path)});
    }
  }
  require(
      !films.empty(), Fault::data,
      fmt::format("{}: no film NNN.bmp lies in RawImage/TrainingData, Test1Data or Test2Data; unpack the challenge's "
                  "RawImage there",
                  source.string()));
  return films;
}

}  // namespace hpctrain::pack
