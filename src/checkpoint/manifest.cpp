// The digest stands last in the text and covers the text with those digits removed, so that any JSON reader can check
// it.
#include "checkpoint/manifest.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "checkpoint/defect.hpp"
#include "checkpoint/strict_json.hpp"
#include "core/digest.hpp"

namespace hpctrain::checkpoint {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::string_view kFormatName = "hpctrain-checkpoint";
constexpr std::string_view kDigestOpening = "\"digest\": \"";
constexpr std::string_view kDigestClosing = "\"\n}\n";
constexpr std::size_t kDigestDigits = 32;
constexpr std::pair<TensorGroup, std::string_view> kGroups[] = {
    {TensorGroup::parameter, "parameter"}, {TensorGroup::optimizer, "optimizer"}, {TensorGroup::buffer, "buffer"}};

[[noreturn]] void refuse(const std::string& reason) {
  throw CheckpointDefect("manifest-format", reason);
}

std::string digest_of(std::string_view text) {
  return Xxh3_128().update(hpctrain::bytes_of(text)).hex();
}

bool is_digest(std::string_view text) {
  return text.size() == kDigestDigits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string_view group_text(TensorGroup group) {
  return std::find_if(std::begin(kGroups), std::end(kGroups), [&](const auto& row) { return row.first == group; })
      ->second;
}

const json& member(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) refuse(std::string("manifest has no '") + key + "'");
  return object[key];
}

std::uint64_t count_member(const json& object, const char* key) {
  const json& value = member(object, key);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > INT64_MAX) {
    refuse(std::string("manifest: '") + key + "' is not a count");
  }
  return value.get<std::uint64_t>();
}

std::string text_member(const json& object, const char* key) {
  const json& value = member(object, key);
  if (!value.is_string()) refuse(std::string("manifest: '") + key + "' is not a text");
  return value.get<std::string>();
}

std::map<std::string, FileSeal> read_files(const json& files) {
  if (!files.is_object()) refuse("manifest: 'files' is not an object");
  std::map<std::string, FileSeal> seals;
  for (const auto& [name, entry] : files.items()) {
    if (!is_safe_file_name(name)) refuse("manifest: unsafe file name");
    FileSeal seal{count_member(entry, "bytes"), text_member(entry, "xxh3_128")};
    if (!is_digest(seal.xxh3_128)) refuse("manifest: digest of '" + name + "' is not 32 hexadecimal digits");
    seals.emplace(name, std::move(seal));
  }
  return seals;
}

TensorGroup read_group(const std::string& text) {
  for (const auto& [group, candidate] : kGroups) {
    if (candidate == text) return group;
  }
  refuse("manifest: unknown tensor group");
}

TensorEntry read_tensor(const json& value, const std::map<std::string, FileSeal>& files) {
  TensorEntry entry{text_member(value, "name"),
                    read_group(text_member(value, "group")),
                    text_member(value, "file"),
                    text_member(value, "dtype"),
                    {}};
  if (!files.contains(entry.file)) refuse("manifest: tensor '" + entry.name + "' lies in a file that is not listed");
  const json& shape = member(value, "shape");
  if (!shape.is_array()) refuse("manifest: shape of '" + entry.name + "' is not a list");
  for (const json& dimension : shape) {
    if (!dimension.is_number_unsigned()) refuse("manifest: shape of '" + entry.name + "' holds no counts");
    entry.shape.push_back(dimension.get<std::int64_t>());
  }
  return entry;
}

std::vector<TensorEntry> read_tensors(const json& list, const std::map<std::string, FileSeal>& files) {
  if (!list.is_array()) refuse("manifest: 'tensors' is not a list");
  std::vector<TensorEntry> tensors;
  std::set<std::pair<std::string, std::string>> places;
  for (const json& value : list) {
    tensors.push_back(read_tensor(value, files));
    if (!places.emplace(tensors.back().file, tensors.back().name).second) {
      refuse("manifest: tensor '" + tensors.back().name + "' is listed twice");
    }
  }
  return tensors;
}

std::map<std::string, std::string> read_versions(const json& object) {
  if (!object.is_object()) refuse("manifest: 'versions' is not an object");
  std::map<std::string, std::string> versions;
  for (const auto& [name, version] : object.items()) {
    if (!version.is_string()) refuse("manifest: a version is not a text");
    versions[name] = version.get<std::string>();
  }
  return versions;
}

/// The text with its digest's digits removed, after they were found right.
std::string require_digest(std::string_view text) {
  const std::size_t tail = kDigestOpening.size() + kDigestDigits + kDigestClosing.size();
  const std::size_t digits = text.size() - std::min(text.size(), kDigestDigits + kDigestClosing.size());
  if (text.size() < tail || !text.ends_with(kDigestClosing) || !text.substr(0, digits).ends_with(kDigestOpening)) {
    throw CheckpointDefect("manifest-digest", "manifest does not end with its digest; it is cut short or was edited");
  }
  std::string blanked{text};
  blanked.erase(digits, kDigestDigits);
  if (digest_of(blanked) != text.substr(digits, kDigestDigits)) {
    throw CheckpointDefect("manifest-digest", "manifest does not match its own digest");
  }
  return blanked;
}

Manifest read_manifest(const json& root) {
  if (text_member(root, "format") != kFormatName) refuse("manifest is not one of hpctrain");
  const std::uint64_t version = count_member(root, "format_version");
  // Not damage: this file must not be quarantined by an older program.
  require(version <= kManifestVersion, Fault::usage,
          "checkpoint has format " + std::to_string(version) + ", this program knows " +
              std::to_string(kManifestVersion) + "; use a newer hpctrain");
  Manifest manifest;
  manifest.run_id = text_member(root, "run_id");
  manifest.fence = count_member(root, "fence");
  manifest.step = count_member(root, "step");
  manifest.created_unix = static_cast<std::int64_t>(count_member(root, "created_unix"));
  manifest.world_size = static_cast<int>(std::min<std::uint64_t>(count_member(root, "world_size"), INT32_MAX));
  const json& finite = member(root, "finite");
  if (!finite.is_boolean()) refuse("manifest: 'finite' is neither true nor false");
  manifest.is_finite = finite.get<bool>();
  const json& metric = member(root, "metric");
  if (!metric.is_null() && !metric.is_number()) refuse("manifest: 'metric' is not a number");
  if (metric.is_number()) manifest.metric = metric.get<double>();
  manifest.config_digest = text_member(root, "config_digest");
  manifest.versions = read_versions(member(root, "versions"));
  manifest.files = read_files(member(root, "files"));
  manifest.tensors = read_tensors(member(root, "tensors"), manifest.files);
  manifest.steering = member(root, "steering");
  return manifest;
}

ordered_json tensors_json(const std::vector<TensorEntry>& tensors) {
  ordered_json list = ordered_json::array();
  for (const TensorEntry& entry : tensors) {
    list.push_back({{"name", entry.name},
                    {"group", group_text(entry.group)},
                    {"file", entry.file},
                    {"dtype", entry.dtype},
                    {"shape", entry.shape}});
  }
  return list;
}

}  // namespace

bool is_safe_file_name(std::string_view name) noexcept {
  const auto is_allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= 128 && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), is_allowed);
}

std::string format_manifest(const Manifest& manifest) {
  ordered_json root;
  root["format"] = kFormatName;
  root["format_version"] = kManifestVersion;
  root["run_id"] = manifest.run_id;
  root["fence"] = manifest.fence;
  root["step"] = manifest.step;
  root["created_unix"] = manifest.created_unix;
  root["world_size"] = manifest.world_size;
  root["finite"] = manifest.is_finite;
  root["metric"] = nullptr;
  if (manifest.metric && std::isfinite(*manifest.metric)) root["metric"] = *manifest.metric;
  root["config_digest"] = manifest.config_digest;
  root["versions"] = manifest.versions;
  root["files"] = ordered_json::object();
  for (const auto& [name, seal] : manifest.files) {
    root["files"][name] = {{"bytes", seal.bytes}, {"xxh3_128", seal.xxh3_128}};
  }
  root["tensors"] = tensors_json(manifest.tensors);
  root["steering"] = manifest.steering;
  root["digest"] = "";
  try {
    std::string text = root.dump(1) + '\n';
    return text.insert(text.size() - kDigestClosing.size(), digest_of(text));
  } catch (const json::exception& error) {
    throw Error(Fault::bug, std::string("a text in the manifest is not UTF-8: ") + error.what());
  }
}

Manifest parse_manifest(std::string_view text) {
  const std::string blanked = require_digest(text);
  try {
    return read_manifest(parse_strict_json(blanked));
  } catch (const CheckpointDefect&) {
    throw;
  } catch (const Error& error) {
    if (error.fault() != Fault::data) throw;
    refuse(std::string("manifest: ") + error.what());
  }
}

}  // namespace hpctrain::checkpoint
