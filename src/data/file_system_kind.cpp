// Magic numbers of statfs(2).
#include "data/file_system_kind.hpp"

#include <fmt/format.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace hpctrain::data {
namespace {

struct KnownKind {
  std::uint32_t magic;
  const char* name;
};
constexpr std::array<KnownKind, 7> kDisks{{{0xef53, "ext4"},
                                           {0x58465342, "xfs"},
                                           {0x9123683e, "btrfs"},
                                           {0x2fc12fc1, "zfs"},
                                           {0xf2f52010, "f2fs"},
                                           {0x794c7630, "overlay"},
                                           {0xca451a4e, "bcachefs"}}};
constexpr std::array<KnownKind, 2> kMemory{{{0x01021994, "tmpfs"}, {0x858458f6, "ramfs"}}};
constexpr std::array<KnownKind, 9> kShared{{{0x6969, "nfs"},
                                            {0x0bd00bd0, "lustre"},
                                            {0x47504653, "gpfs"},
                                            {0x00c36400, "ceph"},
                                            {0x19830326, "beegfs"},
                                            {0xff534d42, "cifs"},
                                            {0xfe534d42, "smb"},
                                            {0x5346414f, "afs"},
                                            {0x01021997, "9p"}}};

template <std::size_t kCount>
const char* find_name(const std::array<KnownKind, kCount>& kinds, std::uint32_t magic) {
  const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const KnownKind& k) { return k.magic == magic; });
  return found == kinds.end() ? nullptr : found->name;
}

}  // namespace

FileSystemKind probe_file_system(const std::filesystem::path& path) {
  FileSystemKind kind;
  kind.name = "unknown";
  struct statfs status {};
  if (::statfs(path.c_str(), &status) != 0) return kind;
  const auto magic = static_cast<std::uint32_t>(status.f_type);
  if (const char* disk = find_name(kDisks, magic)) {
    kind.name = disk;
    kind.is_local = true;
  } else if (const char* memory = find_name(kMemory, magic)) {
    kind.name = memory;
    kind.is_local = kind.is_memory = true;
  } else if (const char* shared = find_name(kShared, magic)) {
    kind.name = shared;
    kind.is_shared = true;
  } else {
    kind.name = fmt::format("{:#x}", magic);
  }
  return kind;
}

}  // namespace hpctrain::data
