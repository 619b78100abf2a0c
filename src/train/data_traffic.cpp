#include "train/data_traffic.hpp"

#include <fstream>
#include <string>
#include <string_view>

namespace hpctrain::train {
namespace {

/// In the order of DataTraffic::add.
constexpr std::array<std::string_view, 9> kNames{"wait_seconds",    "decode_seconds",  "samples",
                                                 "bytes",           "source_bytes",    "node_cache_bytes",
                                                 "blocks_verified", "verify_failures", "stalls"};

}  // namespace

void DataTraffic::add(const data::LoaderCounters& counters) {
  const std::array<double, kNames.size()> values{counters.wait_seconds,
                                                 counters.decode_seconds,
                                                 static_cast<double>(counters.samples),
                                                 static_cast<double>(counters.bytes),
                                                 static_cast<double>(counters.source_bytes),
                                                 static_cast<double>(counters.node_cache_bytes),
                                                 static_cast<double>(counters.blocks_verified),
                                                 static_cast<double>(counters.verify_failures),
                                                 static_cast<double>(counters.stalls)};
  for (std::size_t i = 0; i < values.size(); ++i) sums_[i] += values[i];
}

void DataTraffic::sum_over(comm::Communicator& group) {
  group.all_reduce({sums_.data(), sums_.size(), comm::ElementType::f64}, comm::ReduceOp::sum);
}

nlohmann::json DataTraffic::to_json() const {
  nlohmann::json json;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const std::string name(kNames[i]);
    if (name.ends_with("_seconds")) {
      json[name] = sums_[i];
    } else {
      json[name] = static_cast<std::uint64_t>(sums_[i]);
    }
  }
  return json;
}

std::uint64_t disk_read_bytes() {
  std::ifstream file("/proc/self/io");
  std::string name;
  std::uint64_t value = 0;
  while (file >> name >> value) {
    if (name == "read_bytes:") return value;
  }
  return 0;
}

}  // namespace hpctrain::train
