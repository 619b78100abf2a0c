// What the memory of a rank is filled with while it trains: exact parts by the shapes of a network's tensors, and what
// activations take, extrapolated from a few measured micro-batches. Pure; measures nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "train/micro_batch_plan.hpp"
#include "train/settings.hpp"

namespace hpctrain::tools {

/// What a rank holds between steps, however large its micro-batch.
struct StateBytes {
  std::uint64_t parameters = 0;
  std::uint64_t gradients = 0;
  std::uint64_t optimizer = 0;
  std::uint64_t average = 0;  ///< of the weights, train.ema-decay
  std::uint64_t buffers = 0;  ///< running statistics

  std::uint64_t total() const noexcept { return parameters + gradients + optimizer + average + buffers; }
  bool operator==(const StateBytes&) const = default;
};

/// What a network of so many parameters, all float32, takes; its buffers are not counted.
///   parameter_tensors  adam keeps a number for each of them
StateBytes plan_state_bytes(const train::TrainSettings& train, const train::OptimizerSettings& optimizer,
                            std::uint64_t parameters, std::uint64_t parameter_tensors);

using train::MemoryPoint;

/// What micro-batches take beside the state, by samples: straight lines through measured points, the first and the last
/// going on beyond them.
class MemoryCurve {
 public:
  /// At least two points, samples rising.
  explicit MemoryCurve(std::vector<MemoryPoint> points);

  std::uint64_t bytes(std::uint64_t samples) const;
  /// Of the line that large micro-batches lie on.
  double bytes_per_sample() const;
  double fixed_bytes() const;

 private:
  std::vector<MemoryPoint> points_;
};

/// All that a rank needs at one size of micro-batch.
struct MemoryForecast {
  StateBytes state;
  std::uint64_t activations = 0;  ///< and whatever else comes and goes within a step, at its peak
  std::uint64_t saved = 0;        ///< rank zero's copy of the state while it is written; on a GPU it lies on the host
  std::uint64_t slots = 0;        ///< micro-batches that are read ahead; on a GPU the one that is uploaded meanwhile
  std::uint64_t resident = 0;     ///< training images that lie on the device as a whole

  std::uint64_t total() const noexcept { return state.total() + activations + saved + slots + resident; }
};

/// What the forecasts are held against.
struct CardMemory {
  std::uint64_t total_bytes = 0;
  std::uint64_t reserved_bytes = 0;  ///< that no tensor gets: the driver's context, kernels, the libraries' own

  std::uint64_t usable_bytes() const noexcept {
    return total_bytes > reserved_bytes ? total_bytes - reserved_bytes : 0;
  }
};

enum class Fit {
  safe,        ///< room for fragments, for larger evaluations, and for the forecast's own error
  tight,       ///< fits by the forecast, and perhaps not in truth
  impossible,  ///< does not fit
};
std::string_view fit_name(Fit fit) noexcept;

/// Safe up to 85 % of what is usable: the forecast may be off by 10 %, and a GPU's allocator wastes some on fragments.
Fit plan_fit(std::uint64_t needed_bytes, const CardMemory& card);

/// The largest micro-batch that is safe, up to `most`; empty where not even one sample is.
///   `bytes_of`: rising in samples
template <class BytesOf>
std::optional<std::uint64_t> find_largest_micro_batch(const CardMemory& card, std::uint64_t most, BytesOf bytes_of) {
  std::uint64_t fits = 0, above = most + 1;
  while (above - fits > 1) {
    const std::uint64_t middle = fits + (above - fits) / 2;
    (plan_fit(bytes_of(middle), card) == Fit::safe ? fits : above) = middle;
  }
  return fits == 0 ? std::nullopt : std::optional(fits);
}

}  // namespace hpctrain::tools
