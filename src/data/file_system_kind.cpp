// Magic numbers of statfs(2).
#include "data/file_system_kind.hpp"

#include <fmt/format.h>
#include <sys/vfs.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace hpctrain::data {
namespace {

struct LocalKind {
  std::uint32_t magic;
  const char* name;
};
constexpr std::array<LocalKind, 9> kLocalKinds{{{0xef53, "ext4"},
                                                {0x58465342, "xfs"},
                                                {0x9123683e, "btrfs"},
                                                {0x2fc12fc1, "zfs"},
                                                {0xf2f52010, "f2fs"},
                                                {0x01021994, "tmpfs"},
                                                {0x794c7630, "overlay"},
                                                {0xca451a4e, "bcachefs"},
                                                {0x858458f6, "ramfs"}}};

}  // namespace

FileSystemKind probe_file_system(const std::filesystem::path& path) {
  struct statfs status {};
  if (::statfs(path.c_str(), &status) != 0) return {"unknown", false, false};
  const auto magic = static_cast<std::uint32_t>(status.f_type);
  for (const LocalKind& kind : kLocalKinds) {
    const std::string_view name = kind.name;
    if (kind.magic == magic) return {kind.name, true, name == "tmpfs" || name == "ramfs"};
  }
  return {fmt::format("{:#x}", magic), false, false};
}

}  // namespace hpctrain::data
