// Flat description of a packed data set: everything the loader needs to reach a row by pointer arithmetic, and nothing
// of HDF5. It is learned once per node by a guarded child (index_child.hpp), then handed around as JSON text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hpctrain::data {

enum class ElementType { u8, i8, u16, i16, u32, i32, u64, i64, f16, f32, f64 };
enum class FieldKind : std::uint8_t { dense = 0, ragged = 1, encoded = 2 };

std::size_t element_bytes(ElementType type) noexcept;
/// "u8", "f32", …; the spelling of `logical_dtype` on disk.
std::string_view element_name(ElementType type) noexcept;
/// Empty for a name that version 1 does not know.
std::optional<ElementType> element_from_name(std::string_view name) noexcept;

/// What one field of a record is; equal for all shards.
struct FieldSchema {
  std::string name;  ///< "image", "label", "landmarks", …
  FieldKind kind = FieldKind::dense;
  std::string codec = "raw";  ///< raw jpeg png lz4 zstd
  std::string semantic;       ///< image label landmarks tensor mask
  std::string axes;           ///< "HWC", "" for a scalar
  ElementType type = ElementType::u8;
  std::vector<std::uint64_t> sample_shape;  ///< without the sample axis; {} for a scalar; 0 where rows differ
  std::uint64_t row_bytes = 0;              ///< bytes of one dense row, else 0
  std::uint64_t num_classes = 0;            ///< labels only: values are 0 … num_classes-1
  std::vector<std::string> class_names;     ///< labels only; may be empty
  std::vector<std::string> landmark_names;  ///< landmarks only; may be empty, else one per point

  bool operator==(const FieldSchema&) const = default;
};

/// Height, width and channels of an encoded picture.
using ImageDims = std::array<std::uint32_t, 3>;

/// Where one field lies inside one shard file (byte offsets from the start of the file).
struct FieldExtent {
  std::uint64_t data_offset = 0;
  std::uint64_t data_bytes = 0;
  std::uint64_t offsets_offset = 0;       ///< ragged and encoded: u64[N+1]
  std::uint64_t dims_offset = 0;          ///< encoded images: u32[N,3]
  std::uint64_t offsets_xxh3 = 0;         ///< ragged and encoded: digest of the offsets
  std::uint64_t dims_xxh3 = 0;            ///< encoded images: digest of the dims
  std::vector<std::uint64_t> block_xxh3;  ///< digest of every 1 MiB block of the data

  bool operator==(const FieldExtent&) const = default;
};

struct ShardIndex {
  std::string path;  ///< relative to the data set's folder, "shards/shard-000000.h5"
  std::uint64_t num_samples = 0;
  std::uint64_t first_sample = 0;  ///< position of its first record in the packed order
  std::uint64_t file_bytes = 0;
  std::string file_xxh3_128;           ///< of the whole file when it was packed, 32 hexadecimal digits
  std::uint64_t head_xxh3 = 0;         ///< of its first 64 KiB
  std::uint64_t sample_id_offset = 0;  ///< u64[num_samples]
  std::vector<std::uint64_t> sample_id_block_xxh3;
  std::vector<FieldExtent> fields;  ///< in the order of DatasetIndex::fields

  bool operator==(const ShardIndex&) const = default;
};

struct Split {
  std::string name;  ///< train validation test …
  std::uint64_t first_shard = 0;
  std::uint64_t shard_count = 0;
  std::uint64_t num_samples = 0;

  bool operator==(const Split&) const = default;
};

/// Over all samples of the training split (of all where there is none), one value per last-axis channel.
struct FieldStatistics {
  std::vector<double> mean, standard_deviation, minimum, maximum;

  bool operator==(const FieldStatistics&) const = default;
};

/// Part `number` of `count`, from 1, of a cross-validation.
struct Fold {
  std::uint64_t number = 0;
  std::uint64_t count = 0;

  bool operator==(const Fold&) const = default;
};

struct DatasetIndex {
  std::filesystem::path folder;
  std::array<std::uint8_t, 16> uuid{};
  std::string creator;
  std::string source_kind;  ///< "idx", "isbi2015", …
  std::uint64_t pack_seed = 0;
  bool pack_shuffle = false;
  std::optional<Fold> fold;                 ///< which split validation is, where the data set is one of several
  std::vector<FieldSchema> fields;          ///< sorted bytewise by name
  std::vector<FieldStatistics> statistics;  ///< in the order of `fields`
  std::vector<ShardIndex> shards;
  std::vector<Split> splits;

  /// Position of the field in `fields`.   errors  Fault::data when there is none, naming those there are
  std::size_t field_position(std::string_view name) const;
  /// errors  Fault::data when there is none, naming those there are
  const Split& split(std::string_view name) const;
  bool has_split(std::string_view name) const noexcept;
  std::string uuid_text() const;

  bool operator==(const DatasetIndex&) const = default;
};

/// For a run that goes on: refuses another data set than the one it was trained on.
///   errors  Fault::usage
void require_same_dataset(const DatasetIndex& given, const std::string& trained_on_uuid);

/// The index as text and back, for the pipe from the child and for the broadcast to other ranks.
///   errors  Fault::data when the text is not a whole index
std::string index_to_text(const DatasetIndex& index);
DatasetIndex index_from_text(std::string_view text);

}  // namespace hpctrain::data
