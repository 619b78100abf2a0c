// One doctor's file of the ISBI 2015 challenge: nineteen lines `x,y` in pixels, then class labels. Knows no folders.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "pack/film_point.hpp"
#include "pack/image.hpp"

namespace hpctrain::pack {

/// The first nineteen lines; blanks and carriage returns do not matter, and what follows is not looked at.
///   errors  Fault::data naming `path` and the line: not `x,y`, no finite numbers, outside `film`, fewer than nineteen
CephalometricPoints parse_annotation(std::string_view text, const std::filesystem::path& path, ImageSize film);

/// errors  Fault::data naming the file: cannot be read, larger than such a file can be
std::string read_annotation_text(const std::filesystem::path& path);

}  // namespace hpctrain::pack
