// Draws for phantoms: a pure function of (seed, film, purpose). Nothing goes through the C library's mathematics, so
// that every machine draws the same films.
#pragma once

#include <cstdint>

#include "core/philox.hpp"

namespace hpctrain::pack {

/// What a phantom's draws are for; values are part of every film.
enum class PhantomDraw : std::uint32_t {
  head = 0x70680001,
  doctors = 0x70680002,
  film = 0x70680003,
  grain = 0x70680004
};

inline CounterStream phantom_stream(std::uint64_t seed, std::uint64_t film, PhantomDraw purpose) noexcept {
  return {seed, 0, film, static_cast<std::uint32_t>(purpose)};
}

/// Mean 0, standard deviation 1, never beyond 6: the sum of twelve uniform numbers.
inline double draw_bell(CounterStream& stream) noexcept {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += stream.uniform();
  return sum;
}

}  // namespace hpctrain::pack
