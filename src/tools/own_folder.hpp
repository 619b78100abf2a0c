// A folder that goes away with its owner.
#pragma once

#include <filesystem>

#include "core/error.hpp"
#include "core/file_system.hpp"

namespace hpctrain::tools {

class OwnFolder {
 public:
  ///   errors  Fault::storage
  OwnFolder(FileSystem& files, std::filesystem::path path) : files_(files), path_(std::move(path)) {
    files_.create_folders(path_);
  }
  ~OwnFolder() {
    try {
      files_.remove_all(path_);
    } catch (const Error&) {  // what was found out in it matters, not the folder
    }
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  FileSystem& files_;
  std::filesystem::path path_;
};

}  // namespace hpctrain::tools
