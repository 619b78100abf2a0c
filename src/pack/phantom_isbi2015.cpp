// See phantom_isbi2015.hpp.
#include "pack/phantom_isbi2015.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/owned_descriptor.hpp"
#include "core/storage_error.hpp"
#include "pack/bmp_file.hpp"
#include "pack/isbi2015_layout.hpp"
#include "pack/output_folder.hpp"
#include "pack/phantom_doctors.hpp"
#include "pack/phantom_film.hpp"
#include "pack/phantom_head.hpp"
#include "pack/whole_file.hpp"

namespace hpctrain::pack {
namespace {

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

/// Saves files and remembers which, so that they can be removed.
class PhantomFiles {
 public:
  void save_text(const std::filesystem::path& path, std::string_view text) {
    save_whole_file(path, text);
    written_.push_back(path);
  }
  void save_image(const std::filesystem::path& path, const Image& image) {
    save_bmp(path, image);
    written_.push_back(path);
  }
  std::span<const std::filesystem::path> written() const noexcept { return written_; }

 private:
  std::vector<std::filesystem::path> written_;
};

void write_film(const PhantomFilm& film, const PhantomHead& head, const PhantomSettings& settings,
                PhantomFiles& files) {
  const DoctorsMarks marks = draw_doctors_marks(head.landmarks, settings.seed, film.number);
  const std::filesystem::path annotations = settings.folder / kIsbiAnnotations;
  const std::string text_name = fmt::format("{:03}.txt", film.number);
  files.save_text(annotations / kIsbiJunior / text_name, annotation_text(marks.junior));
  files.save_text(annotations / kIsbiSenior / text_name, annotation_text(marks.senior));
  files.save_image(settings.folder / kIsbiImages / film.folder / fmt::format("{:03}.bmp", film.number),
                   make_phantom_film(head, settings.seed, film.number));
}

void make_folders(const std::filesystem::path& folder) {
  FileSystem& files = posix_file_system();
  for (const IsbiImagePart& part : kIsbiImageParts) files.create_folders(folder / kIsbiImages / part.folder);
  for (const std::string_view doctor : {kIsbiJunior, kIsbiSenior}) {
    files.create_folders(folder / kIsbiAnnotations / doctor);
  }
}

/// Killed runs leave films that nothing tells from films of others: whatever a folder holds stays.
void require_no_files(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(folder, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    const std::filesystem::path name = entry->path().lexically_relative(folder);
    const bool is_folder = entry->symlink_status(error).type() == std::filesystem::file_type::directory;
    require(is_folder || name == kPhantomMarker || name == kPhantomNotice, Fault::usage,
            fmt::format("{}: {}", folder.string(), kUnfinishedPhantoms));
  }
  require(!error, Fault::storage,
          fmt::format("{}: cannot be listed ({}); draw into another folder", folder.string(), error.message()));
}

/// truth.csv says that all films are there, so none may be lost where it stays. All at once: twelve hundred files
/// synced one by one would take minutes on a busy disk.
void sync_phantoms(const std::filesystem::path& folder) {
  const OwnedDescriptor descriptor = open_retrying(folder, O_RDONLY | O_DIRECTORY);
  if (!descriptor.is_open() || ::syncfs(descriptor.get()) != 0) throw storage_error("sync", folder, errno);
}

/// Folders go when they are empty.
void remove_phantoms(const std::filesystem::path& folder, std::span<const std::filesystem::path> written) noexcept {
  std::error_code ignored;
  for (const std::filesystem::path& path : written) std::filesystem::remove(path, ignored);
  const std::filesystem::path images = folder / kIsbiImages, annotations = folder / kIsbiAnnotations;
  for (const IsbiImagePart& part : kIsbiImageParts) std::filesystem::remove(images / part.folder, ignored);
  for (const std::string_view doctor : {kIsbiJunior, kIsbiSenior}) {
    std::filesystem::remove(annotations / doctor, ignored);
  }
  std::filesystem::remove(images, ignored);
  std::filesystem::remove(annotations, ignored);
}

}  // namespace

void write_phantoms(const PhantomSettings& settings,
                    const std::function<void(std::uint64_t done, std::uint64_t total)>& on_progress) {
  require(settings.count >= 1 && settings.count <= kMostPhantoms, Fault::usage,
          fmt::format("--count {}: the challenge's layout has room for 1 to {} films; give such a number",
                      settings.count, kMostPhantoms));
  PhantomFiles written;
  OutputFolder folder(settings.folder, {kPhantomTruth, kPhantomMarker, "set of phantoms", require_no_files,
                                        [&](const auto& path) { remove_phantoms(path, written.written()); }});
  make_folders(settings.folder);
  written.save_text(settings.folder / kPhantomNotice, kNotice);
  const std::vector<PhantomFilm> films = plan_films(settings.count);
  std::string truth = truth_header();
  for (std::size_t i = 0; i < films.size(); ++i) {
    if (on_progress) on_progress(i, films.size());
    const PhantomHead head = draw_head(settings.seed, films[i].number);
    write_film(films[i], head, settings, written);
    truth += truth_line(films[i].number, head.landmarks);
  }
  sync_phantoms(settings.folder);
  write_file_durably(posix_file_system(), settings.folder / kPhantomTruth, truth);
  folder.keep();
  if (on_progress) on_progress(films.size(), films.size());
}

}  // namespace hpctrain::pack
