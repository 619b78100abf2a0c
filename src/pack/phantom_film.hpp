// A phantom as an exposed film: attenuation, exposure, grain, and the word PHANTOM burnt in.
#pragma once

#include <cstdint>

#include "pack/image.hpp"
#include "pack/phantom_head.hpp"

namespace hpctrain::pack {

/// kPhantomWidth × kPhantomHeight in grey, bone bright; a pure function of its arguments.
///   cost  about a fifth of a second
Image make_phantom_film(const PhantomHead& head, std::uint64_t seed, std::uint64_t film);

}  // namespace hpctrain::pack
