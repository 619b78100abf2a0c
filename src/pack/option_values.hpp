// Values of options from text to type. Knows no option by name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pack/colour.hpp"
#include "pack/image.hpp"
#include "pack/resample.hpp"
#include "pack/store_choice.hpp"

namespace hpctrain::pack {

/// `option` names it in messages.
///   errors  Fault::usage saying what is expected
std::uint64_t parse_count(const std::string& option, const std::string& text, std::uint64_t least);
/// 1 to 1,024.
std::uint64_t parse_threads(const std::string& option, const std::string& text);
ImageSize parse_size(const std::string& option, const std::string& text);
Fit parse_fit(const std::string& option, const std::string& text);
ColourChoice parse_colour(const std::string& option, const std::string& text);
StoreChoice parse_store(const std::string& option, const std::string& text);
double parse_millimetres(const std::string& option, const std::string& text);
/// Separated by commas.
std::vector<std::string> parse_names(const std::string& option, const std::string& text);

}  // namespace hpctrain::pack
