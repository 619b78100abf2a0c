// Reductions on the host: which operation fits which element type, and 16-bit floats carried out in 32 bits.
// Must not know who communicates.
#pragma once

#include <vector>

#include "comm/communicator.hpp"

namespace hpctrain::comm {

/// Refuses bit_or on anything but unsigned integers.
///   errors  Fault::bug
void require_reducible(ElementType type, ReduceOp op);

/// accumulated[i] = op(accumulated[i], other[i]). 16-bit floats must have been widened before.
void reduce_into(Span accumulated, const void* other, ReduceOp op);

/// What really travels: the span itself, or a float32 copy of a 16-bit one. No MPI has a 16-bit float type, and the
/// wide sum is rounded once instead of once per rank. Costs twice the bytes; the host path is not the fast one.
class WideSpan {
 public:
  explicit WideSpan(Span original);

  Span wide() noexcept;
  /// Rounds the result back into the original span.
  void finish();
  /// Keeps the copy alive for ever: a collective that nobody waited for may still write into it.
  void abandon() noexcept;

 private:
  Span original_;
  std::unique_ptr<std::vector<float>> copy_;
};

}  // namespace hpctrain::comm
