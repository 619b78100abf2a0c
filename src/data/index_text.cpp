// The index as JSON: what the guarded child prints, and what rank zero broadcasts. Digest lists travel as hexadecimal
// text, a twentieth of what JSON numbers would take to parse.
#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "data/dataset_index.hpp"
#include "data/hex.hpp"

namespace hpctrain::data {
namespace {

using Json = nlohmann::json;

std::string digests_to_hex(const std::vector<std::uint64_t>& digests) {
  return hex_text(std::as_bytes(std::span(digests)));
}

template <class T>
std::vector<T> values_from_hex(const Json& json) {
  const auto bytes = bytes_from_hex(json.get_ref<const std::string&>());
  require(bytes.has_value() && bytes->size() % sizeof(T) == 0, Fault::data,
          "cannot read the data set's index: a digest is not hexadecimal");
  std::vector<T> values(bytes->size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes->data(), bytes->size());
  return values;
}

/// JSON is UTF-8, and the name of a folder any bytes.
bool survives(const std::string& text) {
  const std::string written = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(written).get_ref<const std::string&>() == text;
}

Json json_of(const FieldSchema& field, const FieldStatistics& statistics) {
  return {{"name", field.name},
          {"kind", static_cast<int>(field.kind)},
          {"codec", field.codec},
          {"semantic", field.semantic},
          {"axes", field.axes},
          {"type", element_name(field.type)},
          {"sample_shape", field.sample_shape},
          {"row_bytes", field.row_bytes},
          {"num_classes", field.num_classes},
          {"class_names", field.class_names},
          {"landmark_names", field.landmark_names},
          {"mean", statistics.mean},
          {"std", statistics.standard_deviation},
          {"min", statistics.minimum},
          {"max", statistics.maximum}};
}

FieldSchema schema_of(const Json& json) {
  FieldSchema field;
  field.name = json.at("name");
  const int kind = json.at("kind");
  require(kind >= 0 && kind <= 2, Fault::data, "cannot read the data set's index: unknown kind of field");
  field.kind = static_cast<FieldKind>(kind);
  field.codec = json.at("codec");
  field.semantic = json.at("semantic");
  field.axes = json.at("axes");
  const auto type = element_from_name(json.at("type").get_ref<const std::string&>());
  require(type.has_value(), Fault::data, "cannot read the data set's index: unknown element type");
  field.type = *type;
  field.sample_shape = json.at("sample_shape").get<std::vector<std::uint64_t>>();
  field.row_bytes = json.at("row_bytes");
  field.num_classes = json.at("num_classes");
  field.class_names = json.at("class_names").get<std::vector<std::string>>();
  field.landmark_names = json.at("landmark_names").get<std::vector<std::string>>();
  return field;
}

Json json_of(const ShardIndex& shard) {
  Json fields = Json::array();
  for (const FieldExtent& extent : shard.fields) {
    fields.push_back({{"data_offset", extent.data_offset},
                      {"data_bytes", extent.data_bytes},
                      {"offsets_offset", extent.offsets_offset},
                      {"dims_offset", extent.dims_offset},
                      {"offsets_xxh3", extent.offsets_xxh3},
                      {"dims_xxh3", extent.dims_xxh3},
                      {"block_xxh3", digests_to_hex(extent.block_xxh3)}});
  }
  return {{"path", shard.path},
          {"num_samples", shard.num_samples},
          {"first_sample", shard.first_sample},
          {"file_bytes", shard.file_bytes},
          {"file_xxh3_128", shard.file_xxh3_128},
          {"head_xxh3", shard.head_xxh3},
          {"sample_id_offset", shard.sample_id_offset},
          {"sample_id_block_xxh3", digests_to_hex(shard.sample_id_block_xxh3)},
          {"fields", std::move(fields)}};
}

ShardIndex shard_of(const Json& json) {
  ShardIndex shard;
  shard.path = json.at("path");
  shard.num_samples = json.at("num_samples");
  shard.first_sample = json.at("first_sample");
  shard.file_bytes = json.at("file_bytes");
  shard.file_xxh3_128 = json.at("file_xxh3_128");
  shard.head_xxh3 = json.at("head_xxh3");
  shard.sample_id_offset = json.at("sample_id_offset");
  shard.sample_id_block_xxh3 = values_from_hex<std::uint64_t>(json.at("sample_id_block_xxh3"));
  for (const Json& field : json.at("fields")) {
    shard.fields.push_back({field.at("data_offset"), field.at("data_bytes"), field.at("offsets_offset"),
                            field.at("dims_offset"), field.at("offsets_xxh3"),
                            field.value("dims_xxh3", std::uint64_t{0}),
                            values_from_hex<std::uint64_t>(field.at("block_xxh3"))});
  }
  return shard;
}

void read_index(const Json& json, DatasetIndex& index) {
  index.folder = json.at("folder").get_ref<const std::string&>();
  if (json.contains("folder_bytes")) {
    const auto bytes = values_from_hex<char>(json.at("folder_bytes"));
    index.folder = std::string(bytes.begin(), bytes.end());
  }
  const auto uuid = values_from_hex<std::uint8_t>(json.at("uuid"));
  require(uuid.size() == index.uuid.size(), Fault::data, "cannot read the data set's index: the uuid is too short");
  std::memcpy(index.uuid.data(), uuid.data(), uuid.size());
  index.creator = json.at("creator");
  index.source_kind = json.at("source_kind");
  index.pack_seed = json.at("pack_seed");
  index.pack_shuffle = json.at("pack_shuffle");
  if (json.contains("fold")) index.fold = Fold{json.at("fold").at("number"), json.at("fold").at("count")};
  for (const Json& field : json.at("fields")) {
    index.fields.push_back(schema_of(field));
    index.statistics.push_back({field.at("mean"), field.at("std"), field.at("min"), field.at("max")});
  }
  for (const Json& shard : json.at("shards")) index.shards.push_back(shard_of(shard));
  for (const Json& split : json.at("splits")) {
    index.splits.push_back(
        {split.at("name"), split.at("first_shard"), split.at("shard_count"), split.at("num_samples")});
  }
}

}  // namespace

std::string index_to_text(const DatasetIndex& index) {
  Json json{{"folder", index.folder.string()}, {"uuid", hex_text(std::as_bytes(std::span(index.uuid)))},
            {"creator", index.creator},        {"source_kind", index.source_kind},
            {"pack_seed", index.pack_seed},    {"pack_shuffle", index.pack_shuffle},
            {"fields", Json::array()},         {"shards", Json::array()},
            {"splits", Json::array()}};
  if (!survives(index.folder.native())) json["folder_bytes"] = hex_text(bytes_of(index.folder.native()));
  if (index.fold) json["fold"] = {{"number", index.fold->number}, {"count", index.fold->count}};
  for (std::size_t i = 0; i < index.fields.size(); ++i) {
    json["fields"].push_back(json_of(index.fields[i], index.statistics[i]));
  }
  for (const ShardIndex& shard : index.shards) json["shards"].push_back(json_of(shard));
  for (const Split& split : index.splits) {
    json["splits"].push_back({{"name", split.name},
                              {"first_shard", split.first_shard},
                              {"shard_count", split.shard_count},
                              {"num_samples", split.num_samples}});
  }
  // Names come out of files: a byte that is not UTF-8 must not turn into an exception here.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

DatasetIndex index_from_text(std::string_view text) {
  DatasetIndex index;
  try {
    read_index(Json::parse(text), index);
  } catch (const Json::exception& error) {
    throw Error(Fault::data, fmt::format("cannot read the data set's index: {}", error.what()));
  }
  return index;
}

}  // namespace hpctrain::data
