// See info_text.hpp.
#include "pack/info_text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "core/text_format.hpp"

namespace hpctrain::pack {
namespace {

using Json = nlohmann::json;

std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::uint64_t total_bytes(const data::DatasetIndex& index) {
  std::uint64_t bytes = 0;
  for (const data::ShardIndex& shard : index.shards) bytes += shard.file_bytes;
  return bytes;
}

/// "32×32×3"; "any×any×3" where sizes differ.
std::string shape_text(const data::FieldSchema& field) {
  if (field.sample_shape.empty()) return "scalar";
  std::string text;
  for (const std::uint64_t extent : field.sample_shape) {
    text += fmt::format("{}{}", text.empty() ? "" : "×", extent == 0 ? "any" : std::to_string(extent));
  }
  return text;
}

std::string_view kind_name(data::FieldKind kind) {
  return kind == data::FieldKind::dense ? "dense" : kind == data::FieldKind::ragged ? "ragged" : "encoded";
}

std::string field_line(const data::FieldSchema& field, const data::FieldStatistics& statistics) {
  const std::string codec = field.kind == data::FieldKind::dense ? "" : " " + field.codec;
  std::string line = fmt::format("  {:<12} {} {} {} {}{}", field.name, field.semantic, element_name(field.type),
                                 shape_text(field), field.axes, codec);
  if (field.semantic == "label") {
    line += fmt::format("{} classes", field.num_classes);
    if (!field.class_names.empty()) line += fmt::format(": {}", fmt::join(field.class_names, " "));
  } else {
    line += fmt::format(", mean {:.4g}, std {:.4g}", fmt::join(statistics.mean, " "),
                        fmt::join(statistics.standard_deviation, " "));
  }
  return line + "\n";
}

}  // namespace

std::string info_text(const data::DatasetIndex& index) {
  std::string text =
      fmt::format("{}: {} data set {}, packed by {}{}\n", index.folder.string(), index.source_kind, index.uuid_text(),
                  index.creator, index.pack_shuffle ? fmt::format(", shuffled with seed {}", index.pack_seed) : "");
  if (index.fold) text += fmt::format("validation is fold {} of {}\n", index.fold->number, index.fold->count);
  text += fmt::format("{} shards, {}\nsplits\n", index.shards.size(), format_bytes(total_bytes(index)));
  for (const data::Split& split : index.splits) {
    text += fmt::format("  {:<12} {} samples in {} shards\n", split.name, format_count(split.num_samples),
                        split.shard_count);
  }
  text += "fields\n";
  for (std::size_t f = 0; f < index.fields.size(); ++f) text += field_line(index.fields[f], index.statistics[f]);
  return text;
}

std::string info_json(const data::DatasetIndex& index) {
  Json json{{"folder", index.folder.string()}, {"uuid", index.uuid_text()},         {"creator", index.creator},
            {"source", index.source_kind},     {"shards", index.shards.size()},     {"bytes", total_bytes(index)},
            {"pack_seed", index.pack_seed},    {"pack_shuffle", index.pack_shuffle}};
  if (index.fold) json["fold"] = {{"number", index.fold->number}, {"count", index.fold->count}};
  for (const data::Split& split : index.splits) {
    json["splits"][split.name] = {{"samples", split.num_samples}, {"shards", split.shard_count}};
  }
  for (std::size_t f = 0; f < index.fields.size(); ++f) {
    const data::FieldSchema& field = index.fields[f];
    const data::FieldStatistics& statistics = index.statistics[f];
    Json& entry = json["fields"][field.name];
    entry = {
        {"semantic", field.semantic},        {"kind", kind_name(field.kind)}, {"codec", field.codec},
        {"dtype", element_name(field.type)}, {"shape", field.sample_shape},   {"axes", field.axes},
        {"row_bytes", field.row_bytes},      {"mean", statistics.mean},       {"std", statistics.standard_deviation},
        {"min", statistics.minimum},         {"max", statistics.maximum}};
    if (field.semantic == "label") {
      entry["num_classes"] = field.num_classes;
      entry["class_names"] = field.class_names;
    }
  }
  return dump(json);
}

std::string verify_text(const data::VerifyReport& report) {
  std::string text;
  for (const std::string& finding : report.findings) text += finding + "\n";
  return text + fmt::format("{} shards, {}: {}\n", report.shards, format_bytes(report.bytes),
                            report.findings.empty() ? std::string("every digest holds")
                                                    : fmt::format("{} findings", report.findings.size()));
}

std::string verify_json(const data::VerifyReport& report) {
  return dump({{"shards", report.shards},
               {"bytes", report.bytes},
               {"ok", report.findings.empty()},
               {"findings", report.findings}});
}

}  // namespace hpctrain::pack
