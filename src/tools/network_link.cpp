// Ports in /sys/class/infiniband (RoCE cards stand there too) and /sys/class/net.
#include "tools/network_link.hpp"

#include <cstdlib>
#include <fstream>
#include <system_error>
#include <vector>

namespace hpctrain::tools {
namespace {

namespace fs = std::filesystem;

constexpr double kBytesPerMegabit = 1e6 / 8;
constexpr double kBytesPerGigabit = 1e9 / 8;

std::string first_line_of(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code unreadable;
  for (fs::directory_iterator entry(folder, unreadable), end; !unreadable && entry != end;
       entry.increment(unreadable)) {
    entries.push_back(entry->path());
  }
  return entries;
}

/// "100 Gb/sec (4X EDR)", "2.5 Gb/sec (1X SDR)"
void note_infiniband_ports(const fs::path& card, NetworkLink& fastest) {
  for (const fs::path& port : entries_of(card / "ports")) {
    if (first_line_of(port / "state").find("ACTIVE") == std::string::npos) continue;
    const double rate = std::strtod(first_line_of(port / "rate").c_str(), nullptr) * kBytesPerGigabit;
    if (rate > fastest.bytes_per_second) fastest = {card.filename().string(), rate, true};
  }
}

void note_interface(const fs::path& interface, NetworkLink& fastest) {
  if (interface.filename() == "lo" || first_line_of(interface / "operstate") != "up") return;
  const double rate = std::strtod(first_line_of(interface / "speed").c_str(), nullptr) * kBytesPerMegabit;
  if (rate > fastest.bytes_per_second) fastest = {interface.filename().string(), rate, false};
}

}  // namespace

NetworkLink find_fastest_link(const fs::path& root) {
  NetworkLink fastest;
  for (const fs::path& card : entries_of(root / "sys/class/infiniband")) note_infiniband_ports(card, fastest);
  if (fastest.is_infiniband) return fastest;
  for (const fs::path& interface : entries_of(root / "sys/class/net")) note_interface(interface, fastest);
  return fastest;
}

}  // namespace hpctrain::tools
