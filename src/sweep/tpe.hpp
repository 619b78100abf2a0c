// Tree-structured Parzen estimators: new points where good trials lie dense and bad ones do not. Each axis by itself.
// Must not know the ledger nor how trials are run.
#pragma once

#include <cstdint>
#include <vector>

#include "sweep/space.hpp"

namespace hpctrain::sweep {

/// A finished trial; smaller losses are better.
struct Observation {
  Parameters parameters;
  double loss = 0;
};

/// Point `number`; random until ten trials are known.
///   errors  Fault::usage never: axes are checked before
///   source  Bergstra, Bardenet, Bengio, Kégl: Algorithms for Hyper-Parameter Optimization; NIPS 2011
Parameters propose_tpe(const Space& space, std::vector<Observation> observations, std::uint64_t seed,
                       std::uint64_t number);

}  // namespace hpctrain::sweep
