// The nineteen landmarks of lateral cephalograms as the ISBI 2015 challenge numbers them. Knows no files.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace hpctrain::pack {

inline constexpr std::size_t kCephalometricLandmarks = 19;

/// L1 … L19.
///   source  Wang et al., A benchmark for comparison of dental radiography analysis algorithms, 2016
inline constexpr std::array<std::string_view, kCephalometricLandmarks> kCephalometricNames{
    "sella",      "nasion",       "orbitale",          "porion",
    "subspinale", "supramentale", "pogonion",          "menton",
    "gnathion",   "gonion",       "lower incisor tip", "upper incisor tip",
    "upper lip",  "lower lip",    "subnasale",         "soft-tissue pogonion",
    "PNS",        "ANS",          "articulare"};

}  // namespace hpctrain::pack
