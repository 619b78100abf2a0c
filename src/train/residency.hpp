// Whether the training images lie on the device as a whole. Pure; the bytes are counted elsewhere.
#pragma once

#include <cstdint>
#include <optional>

#include "data/dataset_index.hpp"

namespace hpctrain::train {

enum class Residency { automatic, on, off };

/// What decides it.
struct ResidencyFacts {
  std::uint64_t split_bytes = 0;              ///< of the training images as they are delivered
  std::optional<std::uint64_t> free_bytes{};  ///< of the device, network and optimizer already there; unset: the CPU
  bool is_cut_when_decoded = false;           ///< every epoch decodes other windows
};

/// Automatic is on when half of the free device memory holds the images: the other half is for activations. On the CPU
/// it is off: the page cache holds them already.
///   errors  Fault::usage when it is to be on and cannot be
bool plan_residency(Residency wish, const ResidencyFacts& facts);

/// Bytes that all rows of one delivered field take.
std::uint64_t delivered_bytes(const data::DatasetIndex& delivered, const data::Split& split, std::size_t field);

/// The index of a data set that never had this field.
data::DatasetIndex without_field(const data::DatasetIndex& index, std::size_t field);

}  // namespace hpctrain::train
