// A file without a name that processes of one node share: it goes away with the last of them, however they end. Knows
// nothing of what lies in it.
#pragma once

#include <string>

#include "core/owned_descriptor.hpp"

namespace hpctrain::comm {

/// An empty one; not open, with errno set, where it cannot be made. `label` is what /proc shows.
OwnedDescriptor make_anonymous_file(const char* label) noexcept;

/// What another process of the node needs to open it; empty, with errno set, where it cannot be told.
std::string describe_anonymous_file(const OwnedDescriptor& file);

/// The file behind a description, as long as its maker has it open. Not open, with errno set, where it cannot be
/// reached or another file is in its place: in a container of its own this process sees other processes by the same
/// numbers.
OwnedDescriptor open_anonymous_file(const std::string& description);

}  // namespace hpctrain::comm
