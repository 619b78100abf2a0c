// Copies the rows of consecutive positions of an epoch from the mapped shards into a slot, each byte once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/block_verifier.hpp"
#include "data/mapped_shards.hpp"
#include "data/sample_order.hpp"

namespace hpctrain::data {

/// Where the samples go; column 0 the ids, then one pointer per field.
using ColumnPointers = std::span<std::byte* const>;

class RowGatherer {
 public:
  /// The references must outlive this.
  RowGatherer(const MappedShards& shards, BlockVerifier& verifier, const SampleOrder& order,
              std::span<const FieldSchema> fields);

  /// Bytes of one sample over all columns.
  std::uint64_t sample_bytes() const noexcept { return sample_bytes_; }

  /// Positions [first, first + count) of the epoch; the pointers are where the first of them goes.
  ///   errors  Fault::data of the verifier
  void gather(std::uint64_t epoch, std::uint64_t first, std::uint64_t count, ColumnPointers destinations) const;

 private:
  void copy_column(std::size_t column, std::span<const RowPlace> places, std::byte* destination) const;

  const MappedShards& shards_;
  BlockVerifier& verifier_;
  const SampleOrder& order_;
  std::vector<std::uint64_t> row_bytes_;  // per column
  std::uint64_t sample_bytes_ = 0;
};

}  // namespace hpctrain::data
