// The list of original formats. Adding one is one class that implements source.hpp and one line in source_kind.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pack/colour.hpp"
#include "pack/image.hpp"
#include "pack/resample.hpp"
#include "pack/source.hpp"
#include "pack/store_choice.hpp"

namespace hpctrain::pack {

/// What the command line says about a source; every kind reads what concerns it.
struct SourceSettings {
  std::filesystem::path path;
  std::uint64_t num_classes = 10;
  std::vector<std::string> class_names;  ///< empty, or one per class
  std::optional<ImageSize> size;         ///< pixels of the stored images; unset: the kind's own choice
  Fit fit = Fit::crop;                   ///< pictures of another aspect than `size`
  ColourChoice colour = ColourChoice::automatic;
  StoreChoice store;
  std::size_t threads = 1;           ///< that may read files at the same time
  std::optional<double> spacing_mm;  ///< of an original pixel; unset: as the kind says
};

struct SourceKind {
  std::string_view name;
  std::string_view operand;  ///< what SOURCE is
  std::string_view options;  ///< names of its own options, separated by blanks
  std::unique_ptr<Source> (*make)(const SourceSettings&);
};

std::span<const SourceKind> source_kinds();

///   errors  Fault::usage for an unknown kind; those of the source
std::unique_ptr<Source> make_source(std::string_view kind, const SourceSettings& settings);

}  // namespace hpctrain::pack
