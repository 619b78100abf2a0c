// A source whose records are pictures with landmarks, and which can be asked what is known of one picture.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "pack/film_record.hpp"
#include "pack/source.hpp"

namespace hpctrain::pack {

class FilmSource : public Source {
 public:
  /// Annotations and spacing of the picture with that file name; `image` stays empty. Empty when there is none, or more
  /// than one.
  virtual std::optional<Film> find_annotations(const std::filesystem::path& picture) const = 0;
};

/// A folder in the layout of ISBI 2015, or a table of the kind landmarks-csv.
///   errors  Fault::usage when the path is neither; those of the source
std::unique_ptr<FilmSource> make_film_source(const std::filesystem::path& path);

}  // namespace hpctrain::pack
