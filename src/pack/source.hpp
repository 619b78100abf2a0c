// A data set in its original form: what its records are and how to read one. Knows nothing of shards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset_index.hpp"

namespace hpctrain::pack {

/// Records are counted through the splits in this order: that number is a record's sample id.
struct SourceSplit {
  std::string name;
  std::uint64_t num_samples = 0;

  bool operator==(const SourceSplit&) const = default;
};

class Source {
 public:
  virtual ~Source() = default;

  /// "idx", "isbi2015", …
  virtual std::string kind() const = 0;
  /// Dense, sorted bytewise by name.
  virtual std::vector<data::FieldSchema> fields() const = 0;
  virtual std::vector<SourceSplit> splits() const = 0;
  /// Taken out of split train where the user does not say how many; 0 where the source has a validation split itself.
  virtual std::uint64_t default_validation_samples() const { return 0; }
  /// Digest of everything that decides the records, so that packing the same source gives the same data set.
  virtual std::string identity() const = 0;
  /// What the user should know before it is packed; empty for nothing.
  virtual std::string note() const { return {}; }
  /// Fills one row of row_bytes per field, in the order of fields().
  ///   errors  Fault::data naming the source's file
  virtual void read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) = 0;
};

}  // namespace hpctrain::pack
