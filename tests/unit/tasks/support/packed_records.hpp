// A data set in memory: its index and micro-batches cut from it, as the loader would hand them out.
#pragma once

#include <cstddef>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset_index.hpp"
#include "data/loader.hpp"

namespace hpctrain::test {

class PackedRecords {
 public:
  explicit PackedRecords(std::vector<std::uint64_t> sample_ids) : sample_ids_(std::move(sample_ids)) {}

  void add_images(std::uint64_t height, std::uint64_t width, std::uint64_t channels,
                  const std::vector<std::uint8_t>& pixels) {
    auto schema = schema_of("image", data::ElementType::u8, {height, width, channels});
    schema.axes = "HWC";
    data::FieldStatistics statistics;
    statistics.mean.assign(channels, 100);
    statistics.standard_deviation.assign(channels, 50);
    add(schema, pixels, statistics);
  }

  void add_floats(const std::string& name, const std::vector<std::uint64_t>& shape, const std::vector<float>& values,
                  const std::vector<std::string>& names = {}) {
    auto schema = schema_of(name, data::ElementType::f32, shape);
    schema.landmark_names = names;
    schema.semantic = name.starts_with("landmarks") ? "landmarks" : "tensor";
    add(schema, values);
  }

  void add_labels(const std::vector<std::int64_t>& labels, std::uint64_t classes,
                  const std::vector<std::string>& names) {
    auto schema = schema_of("label", data::ElementType::i64, {});
    schema.num_classes = classes;
    schema.class_names = names;
    add(schema, labels);
  }

  data::DatasetIndex index() const {
    data::DatasetIndex index;
    index.folder = "generated";
    for (const auto& [name, column] : columns_) {
      index.fields.push_back(column.schema);
      index.statistics.push_back(column.statistics);
    }
    return index;
  }

  /// Valid while this lives and gets no further field.
  data::MicroBatch cut(std::uint64_t first, std::uint64_t count, std::uint64_t epoch = 0) const {
    data::MicroBatch records;
    records.batch.epoch = epoch;
    records.batch.count = sample_ids_.size();
    records.count = count;
    records.sample_ids = std::span(sample_ids_).subspan(first, count);
    for (const auto& [name, column] : columns_) {
      const auto row = column.schema.row_bytes;
      records.rows.push_back(std::span(column.bytes).subspan(first * row, count * row));
    }
    return records;
  }
  data::MicroBatch all(std::uint64_t epoch = 0) const { return cut(0, sample_ids_.size(), epoch); }

 private:
  struct Column {
    data::FieldSchema schema;
    data::FieldStatistics statistics;
    std::vector<std::byte> bytes;
  };

  static data::FieldSchema schema_of(const std::string& name, data::ElementType type,
                                     const std::vector<std::uint64_t>& shape) {
    data::FieldSchema schema;
    schema.name = name;
    schema.type = type;
    schema.sample_shape = shape;
    return schema;
  }

  template <typename Element>
  void add(const data::FieldSchema& schema, const std::vector<Element>& values,
           const data::FieldStatistics& statistics = {}) {
    Column column{schema, statistics, std::vector<std::byte>(values.size() * sizeof(Element))};
    std::memcpy(column.bytes.data(), values.data(), column.bytes.size());
    column.schema.row_bytes = column.bytes.size() / sample_ids_.size();
    columns_[schema.name] = std::move(column);
  }

  std::vector<std::uint64_t> sample_ids_;
  std::map<std::string, Column> columns_;  // bytewise by name, as an index has them
};

}  // namespace hpctrain::test
