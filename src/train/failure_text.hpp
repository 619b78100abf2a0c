// What an exception that is none of hpctrain's own says to people: one line, with the cure where there is one. Knows no
// run.
#pragma once

#include <exception>

#include "core/error.hpp"

namespace hpctrain::train {

/// An Error stays as it is. Memory that could not be had, on the host or a device, becomes Fault::device with what
/// would not fit; anything else Fault::bug with its first line: torch's errors carry a stack below it.
Error name_failure(const std::exception& failure);

}  // namespace hpctrain::train
