#include "data/cache_record.hpp"

#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace hpctrain::data {
namespace {

constexpr int kRecordVersion = 1;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

nlohmann::json mark_to_json(const FileMark& mark) {
  return {{"bytes", mark.bytes}, {"modified_ns", mark.modified_ns}, {"inode", mark.inode}};
}

FileMark mark_from_json(const nlohmann::json& json) {
  return {json.at("bytes").get<std::uint64_t>(), json.at("modified_ns").get<std::int64_t>(),
          json.at("inode").get<std::uint64_t>()};
}

}  // namespace

FileMark FileMark::of(const struct stat& status) noexcept {
  return {static_cast<std::uint64_t>(status.st_size), nanoseconds_of(status.st_mtim),
          static_cast<std::uint64_t>(status.st_ino)};
}

std::int64_t nanoseconds_of(const struct timespec& moment) noexcept {
  return static_cast<std::int64_t>(moment.tv_sec) * kNanosecondsPerSecond + moment.tv_nsec;
}

std::string CacheRecord::text() const {
  const nlohmann::json json = {{"version", kRecordVersion},
                               {"source", mark_to_json(source)},
                               {"copy", mark_to_json(copy)},
                               {"xxh3_128", xxh3_128},
                               {"boot_uuid", boot_uuid}};
  return json.dump() + "\n";
}

std::optional<CacheRecord> CacheRecord::from_text(std::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text);
    if (json.at("version") != kRecordVersion) return std::nullopt;
    return CacheRecord{mark_from_json(json.at("source")), mark_from_json(json.at("copy")),
                       json.at("xxh3_128").get<std::string>(), json.at("boot_uuid").get<std::string>()};
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;  // torn, or no record at all: the copy is made again
  }
}

std::string running_boot_uuid() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string uuid;
  file >> uuid;
  return uuid;
}

}  // namespace hpctrain::data
