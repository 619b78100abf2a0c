// The memory that tensors of this process hold on its device: how much, the most so far, and a limit. GPUs count it
// themselves; on the CPU every tensor's memory passes a counter. Knows no tensors by name.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <exception>
#include <optional>

namespace hpctrain::device {

struct MemoryUse {
  std::uint64_t allocated_bytes = 0;       ///< that tensors hold
  std::uint64_t peak_allocated_bytes = 0;  ///< the most since restart_memory_peak()
  std::uint64_t reserved_bytes = 0;        ///< GPU: taken from the driver, kept ones included; CPU: as allocated
  std::uint64_t peak_reserved_bytes = 0;
};

/// Counts all memory that tensors get on the CPU from now on; what they had before stays uncounted.
///   cost  two atomic additions for each tensor
///   (once, for the process, before threads make tensors; calling again does nothing)
void meter_host_tensors();

/// On the CPU zeros before meter_host_tensors().
MemoryUse read_memory_use(const torch::Device& device);

/// The peaks begin anew from what is held now.
void restart_memory_peak(const torch::Device& device);

/// Most bytes that tensors may hold; beyond it c10::OutOfMemoryError is thrown as if the memory ended there. Without a
/// value: as much as there is. On the CPU it needs meter_host_tensors().
void limit_memory(const torch::Device& device, std::optional<std::uint64_t> bytes);

/// Bytes that the device has in all, what limit_memory() set not regarded; on the CPU the node's, or the limit of this
/// process's control groups. 0 where it cannot be told.
std::uint64_t total_memory(const torch::Device& device);

/// Bytes that tensors could still get, that limit not regarded: on a GPU what nobody holds and what torch keeps, on the
/// CPU what the node, or the job that this process belongs to, has left for all its processes. 0 where it cannot be
/// told.
std::uint64_t free_memory(const torch::Device& device);

/// Gives memory that no tensor holds back to the GPU's driver. Does nothing on the CPU.
void release_cached_memory(const torch::Device& device);

/// True for what torch or the C++ library throw where memory could not be had, on a GPU or the host.
bool is_lack_of_memory(const std::exception& failure);

}  // namespace hpctrain::device
