#include "pack/film_source.hpp"

#include "core/error.hpp"
#include "pack/isbi2015_source.hpp"
#include "pack/landmarks_csv_source.hpp"

namespace hpctrain::pack {

std::unique_ptr<FilmSource> make_film_source(const std::filesystem::path& path) {
  SourceSettings settings;
  settings.path = path;
  if (std::filesystem::is_directory(path)) return std::make_unique<Isbi2015Source>(settings);
  require(std::filesystem::is_regular_file(path), Fault::usage,
          path.string() + " is neither a folder in the layout of ISBI 2015 nor a CSV file of landmarks");
  return std::make_unique<LandmarksCsvSource>(settings);
}

}  // namespace hpctrain::pack
