// What an exception that is none of hpctrain's own says to people: one line, with the cure where there is one. Knows no
// run.
#pragma once

#include <exception>
#include <functional>
#include <string>

#include "core/error.hpp"

namespace hpctrain::train {

/// An Error stays as it is. Memory that could not be had, on the host or a device, becomes Fault::device with what
/// would not fit; anything else Fault::bug with its first line: torch's errors carry a stack below it.
Error name_failure(const std::exception& failure);

/// Runs `work`; what it throws passes name_failure() on its way out.
void name_failures(const std::function<void()>& work);

/// True where a tensor could not be had: memory that a smaller piece of work would not ask for. What readers and others
/// say of theirs comes as an Error.
bool lacks_tensor_memory(const std::exception& failure);

/// What it says of itself, without the stack that torch's errors carry.
std::string first_line_of(const std::exception& failure);

}  // namespace hpctrain::train
