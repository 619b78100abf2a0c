// A file system beside which is counted how often files and folders were made durable, and how long that took. Passes
// everything on. For one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/file_system.hpp"

namespace hpctrain::tools {

struct SyncCount {
  std::uint64_t syncs = 0;
  double seconds = 0;
};

class SyncCounter final : public FileSystem {
 public:
  /// `files` outlives the counter, and the counter every file made by it.
  explicit SyncCounter(FileSystem& files) : files_(files) {}

  std::uint64_t syncs() const noexcept { return count_.syncs; }
  double sync_seconds() const noexcept { return count_.seconds; }

  std::unique_ptr<WritableFile> create_file(const std::filesystem::path& path) override;
  std::string read_file(const std::filesystem::path& path) override { return files_.read_file(path); }
  bool exists(const std::filesystem::path& path) override { return files_.exists(path); }
  std::uint64_t file_bytes(const std::filesystem::path& path) override { return files_.file_bytes(path); }
  std::vector<std::string> list_folder(const std::filesystem::path& folder) override {
    return files_.list_folder(folder);
  }
  void create_folders(const std::filesystem::path& folder) override { files_.create_folders(folder); }
  void rename_replacing(const std::filesystem::path& from, const std::filesystem::path& to) override {
    files_.rename_replacing(from, to);
  }
  void rename_no_replace(const std::filesystem::path& from, const std::filesystem::path& to) override {
    files_.rename_no_replace(from, to);
  }
  void remove_all(const std::filesystem::path& path) override { files_.remove_all(path); }
  void sync_folder(const std::filesystem::path& folder) override;

 private:
  FileSystem& files_;
  SyncCount count_;
};

}  // namespace hpctrain::tools
