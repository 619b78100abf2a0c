// The axes of a sweep and the points in them. Pure: the same axes, seed and number give the same point anywhere.
// Must not know which points were tried.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/axis.hpp"
#include "core/philox.hpp"
#include "sweep/trial.hpp"

namespace hpctrain::sweep {

struct Space {
  std::vector<config::Axis> axes;
  std::vector<std::string> paired;  ///< axes that move together, the first value of one with the first of the others
};

bool is_paired(const Space& space, const config::Axis& axis);

///   errors  Fault::usage: no axis, a paired name that is no axis, paired axes of unequal length, a paired range
void require_sound(const Space& space);

/// Every combination, the last axis fastest.
///   errors  Fault::usage when an axis is a range
std::vector<Parameters> plan_grid(const Space& space);

/// Point `number` of the random points of `seed`; paired axes draw one place for all.
Parameters draw_random(const Space& space, std::uint64_t seed, std::uint64_t number);

/// A value of a range at `place` in [0, 1], as its option writes it.
std::string value_at(const config::Axis& axis, double place);

/// Whether the value is one of the list, or lies in the range.
bool can_take(const config::Axis& axis, const std::string& value);

/// The place in [0, 1] of a value of a range.
double place_of(const config::Axis& axis, const std::string& value);

}  // namespace hpctrain::sweep
