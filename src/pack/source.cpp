// What most sources need not say themselves; see source.hpp.
#include "pack/source.hpp"

#include "core/error.hpp"

namespace hpctrain::pack {

std::vector<std::vector<std::uint64_t>> Source::own_training_folds() const {
  throw Error(Fault::usage, "--fold without --folds: this kind of source lists no folds; say how many with --folds");
}

EncodedPicture Source::read_encoded(std::uint64_t, std::size_t) const {
  throw Error(Fault::bug, "this source has no encoded fields");
}

}  // namespace hpctrain::pack
