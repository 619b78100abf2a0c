// Two doctors who mark a phantom's landmarks: each errs a little, more at some landmarks than at others, and both read
// soft-tissue pogonion differently.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "pack/film_point.hpp"

namespace hpctrain::pack {

struct DoctorsMarks {
  CephalometricPoints junior;  ///< whole pixels of the film
  CephalometricPoints senior;  ///< whole pixels of the film
};

/// `landmarks` in mm. The doctors lie 2.1 mm apart on average over all landmarks, 6.6 at soft-tissue pogonion; their
/// mean is the truth but for errors that average to 0.
DoctorsMarks draw_doctors_marks(const CephalometricPoints& landmarks, std::uint64_t seed, std::uint64_t film);

/// One doctor's file as the challenge has it: a line `x,y` for each landmark, then eight class labels. A phantom has no
/// diagnosis: they are all 1.
std::string annotation_text(const CephalometricPoints& marks);

}  // namespace hpctrain::pack
