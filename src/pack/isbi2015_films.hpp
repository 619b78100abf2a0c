// Which films lie in a folder of the ISBI 2015 challenge, and where their doctors' files are. Opens none of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace hpctrain::pack {

struct IsbiFilm {
  std::uint64_t number = 0;  ///< 12 of 012.bmp
  std::string_view split;
  std::filesystem::path image;
  std::filesystem::path junior;
  std::filesystem::path senior;
};

/// Sorted by split (train, test1, test2), then number. The folders RawImage and AnnotationsByMD may be left out, their
/// sub-folders lying in `source` itself; any of the three image folders may be missing.
///   errors  Fault::data naming folder or film: no image folder, no films, names that are no numbers, one number twice,
///           a film without one of its doctors, phantoms that are not all there
std::vector<IsbiFilm> find_isbi_films(const std::filesystem::path& source);

}  // namespace hpctrain::pack
