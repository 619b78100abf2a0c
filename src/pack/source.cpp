// What most sources need not say themselves; see source.hpp.
#include "pack/source.hpp"

#include "core/error.hpp"

namespace hpctrain::pack {

EncodedPicture Source::read_encoded(std::uint64_t, std::size_t) const {
  throw Error(Fault::bug, "this source has no encoded fields");
}

}  // namespace hpctrain::pack
