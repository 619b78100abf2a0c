// A data set in its original form: what its records are and how to read one. Knows nothing of shards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/dataset_index.hpp"
#include "pack/encoded_picture.hpp"

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
  /// Dense, or encoded pictures; sorted bytewise by name.
  virtual std::vector<data::FieldSchema> fields() const = 0;
  virtual std::vector<SourceSplit> splits() const = 0;
  /// About the bytes that a record's encoded pictures take together, to size shards by.
  virtual std::uint64_t expected_encoded_bytes() const { return 0; }
  /// Taken out of split train where the user does not say how many; 0 where the source has a validation split itself.
  virtual std::uint64_t default_validation_samples() const { return 0; }
  /// A label of each record where they have one, so that folds get their share of every label; else empty.
  virtual std::vector<std::int64_t> strata() const { return {}; }
  /// True where folds divide the tests' records as well.
  virtual bool folds_cover_all_splits() const { return false; }
  /// Training records of each fold that the source itself lists.
  ///   errors  Fault::usage where it lists none
  virtual std::vector<std::vector<std::uint64_t>> own_training_folds() const;
  /// Digest of everything that decides the records, so that packing the same source gives the same data set.
  virtual std::string identity() const = 0;
  /// What the user should know before it is packed; empty for nothing.
  virtual std::string note() const { return {}; }
  /// Fills one row of row_bytes per field, in the order of fields(); the rows of encoded ones are empty. Several
  /// threads at once.
  ///   errors  Fault::data naming the source's file
  virtual void read_record(std::uint64_t record, std::span<const std::span<std::byte>> rows) const = 0;
  /// The picture of an encoded field, by its place in fields(). Several threads at once.
  ///   errors  Fault::data naming the source's file
  virtual EncodedPicture read_encoded(std::uint64_t record, std::size_t field) const;
};

}  // namespace hpctrain::pack
