// See phantom_isbi2015.hpp.
#include "pack/phantom_isbi2015.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/durable_write.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "pack/bmp_file.hpp"
#include "pack/isbi2015_layout.hpp"
#include "pack/output_folder.hpp"
#include "pack/phantom_doctors.hpp"
#include "pack/phantom_film.hpp"
#include "pack/phantom_head.hpp"
#include "pack/whole_file.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::string_view kNoticeName = "PHANTOM.txt";
constexpr std::string_view kTruthName = "truth.csv";
constexpr std::string_view kNotice =
    "These films are drawings made by hpctrain-pack phantom-isbi2015. They show no patient, and the two doctors who\n"
    "marked them are random numbers. The layout is that of the ISBI 2015 challenge (docs: "
    "datasets/phantom/README.md).\n"
    "The eight class labels at the end of each file of marks are all 1 and mean nothing. truth.csv holds the "
    "landmarks\n"
    "without the doctors' errors, in pixels.\n";
constexpr std::array<std::uint64_t, 3> kFirstFilms{1, 151, 301};

struct PhantomFilm {
  std::uint64_t number = 0;
  std::string_view folder;  // of the image, below RawImage
};

/// 3 : 3 : 2, remainders to the first folders.
std::vector<PhantomFilm> plan_films(std::uint64_t count) {
  const std::array<std::uint64_t, 3> parts{(3 * count + 7) / 8, (6 * count + 7) / 8 - (3 * count + 7) / 8,
                                           count - (6 * count + 7) / 8};
  std::vector<PhantomFilm> films;
  for (std::size_t p = 0; p < parts.size(); ++p) {
    for (std::uint64_t i = 0; i < parts[p]; ++i) films.push_back({kFirstFilms[p] + i, kIsbiImageParts[p].folder});
  }
  return films;
}

std::string truth_header() {
  std::string header = "film";
  for (std::size_t l = 1; l <= kCephalometricLandmarks; ++l) header += fmt::format(",x{},y{}", l, l);
  return header + "\n";
}

std::string truth_line(std::uint64_t film, const CephalometricPoints& landmarks) {
  std::string line = fmt::format("{:03}", film);
  for (const FilmPoint& point : landmarks) {
    line += fmt::format(",{:.3f},{:.3f}", point.x / kPhantomMillimetres, point.y / kPhantomMillimetres);
  }
  return line + "\n";
}

void write_film(const PhantomFilm& film, const PhantomHead& head, const PhantomSettings& settings) {
  const DoctorsMarks marks = draw_doctors_marks(head.landmarks, settings.seed, film.number);
  const std::filesystem::path annotations = settings.folder / kIsbiAnnotations;
  const std::string text_name = fmt::format("{:03}.txt", film.number);
  save_whole_file(annotations / kIsbiJunior / text_name, annotation_text(marks.junior));
  save_whole_file(annotations / kIsbiSenior / text_name, annotation_text(marks.senior));
  save_bmp(settings.folder / kIsbiImages / film.folder / fmt::format("{:03}.bmp", film.number),
           make_phantom_film(head, settings.seed, film.number));
}

void make_folders(const std::filesystem::path& folder) {
  FileSystem& files = posix_file_system();
  for (const IsbiImagePart& part : kIsbiImageParts) files.create_folders(folder / kIsbiImages / part.folder);
  for (const std::string_view doctor : {kIsbiJunior, kIsbiSenior}) {
    files.create_folders(folder / kIsbiAnnotations / doctor);
  }
}

/// 001.bmp and the like, and what was to become such a file.
bool is_own_name(const std::string& name) {
  const std::size_t dot = name.find('.');
  return (dot == 3 && std::all_of(name.begin(), name.begin() + 3, [](char c) { return c >= '0' && c <= '9'; }) &&
          (name.substr(dot) == ".bmp" || name.substr(dot) == ".txt")) ||
         is_temporary_name(name);
}

void remove_own_files(const std::filesystem::path& folder) noexcept {
  std::error_code ignored;
  for (std::filesystem::directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored)) {
    if (is_own_name(entry->path().filename().string())) std::filesystem::remove(entry->path(), ignored);
  }
}

/// Folders go when they are empty.
void remove_phantoms(const std::filesystem::path& folder) noexcept {
  std::error_code ignored;
  const std::filesystem::path images = folder / kIsbiImages, annotations = folder / kIsbiAnnotations;
  for (const std::filesystem::path& part :
       {images / kIsbiImageParts[0].folder, images / kIsbiImageParts[1].folder, images / kIsbiImageParts[2].folder,
        annotations / kIsbiJunior, annotations / kIsbiSenior}) {
    remove_own_files(part);
    std::filesystem::remove(part, ignored);
  }
  std::filesystem::remove(images, ignored);
  std::filesystem::remove(annotations, ignored);
  std::filesystem::remove(folder / kNoticeName, ignored);
  remove_own_files(folder);
}

}  // namespace

void write_phantoms(const PhantomSettings& settings,
                    const std::function<void(std::uint64_t done, std::uint64_t total)>& on_progress) {
  require(settings.count >= 1 && settings.count <= kMostPhantoms, Fault::usage,
          fmt::format("--count {}: the challenge's layout has room for 1 to {} films; give such a number",
                      settings.count, kMostPhantoms));
  OutputFolder folder(settings.folder, {kTruthName, kPhantomMarker, "set of phantoms", remove_phantoms});
  make_folders(settings.folder);
  save_whole_file(settings.folder / kNoticeName, kNotice);
  const std::vector<PhantomFilm> films = plan_films(settings.count);
  std::string truth = truth_header();
  for (std::size_t i = 0; i < films.size(); ++i) {
    if (on_progress) on_progress(i, films.size());
    const PhantomHead head = draw_head(settings.seed, films[i].number);
    write_film(films[i], head, settings);
    truth += truth_line(films[i].number, head.landmarks);
  }
  write_file_durably(posix_file_system(), settings.folder / kTruthName, truth);
  folder.keep();
  if (on_progress) on_progress(films.size(), films.size());
}

}  // namespace hpctrain::pack
