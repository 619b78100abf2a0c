// A file system that passes everything on to another; tests override what they want to go otherwise.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/file_system.hpp"

namespace hpctrain::checkpoint {

class ForwardingFileSystem : public FileSystem {
 public:
  using Path = std::filesystem::path;

  explicit ForwardingFileSystem(FileSystem& inner) : inner_(inner) {}

  std::unique_ptr<WritableFile> create_file(const Path& path) override { return inner_.create_file(path); }
  std::string read_file(const Path& path) override { return inner_.read_file(path); }
  bool exists(const Path& path) override { return inner_.exists(path); }
  std::uint64_t file_bytes(const Path& path) override { return inner_.file_bytes(path); }
  std::vector<std::string> list_folder(const Path& folder) override { return inner_.list_folder(folder); }
  void create_folders(const Path& folder) override { inner_.create_folders(folder); }
  void rename_replacing(const Path& from, const Path& to) override { inner_.rename_replacing(from, to); }
  void rename_no_replace(const Path& from, const Path& to) override { inner_.rename_no_replace(from, to); }
  void remove_all(const Path& path) override { inner_.remove_all(path); }
  void sync_folder(const Path& folder) override { inner_.sync_folder(folder); }

 protected:
  FileSystem& inner_;
};

}  // namespace hpctrain::checkpoint
