// All or nothing for one small file. Must not know what the file says or which file system it stands on.
#include "core/durable_write.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/file_system.hpp"
#include "core/run_identifier.hpp"

namespace hpctrain {
namespace {

constexpr std::string_view kSuffix = ".tmp";
constexpr std::size_t kRandomBytes = 8;

void remove_quietly(FileSystem& files, const std::filesystem::path& path) noexcept {
  try {
    files.remove_all(path);
  } catch (...) {
    // The error that led here tells more than this one.
  }
}

}  // namespace

std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  std::filesystem::path temporary = path;
  temporary += "." + random_hex(kRandomBytes);
  temporary += kSuffix;
  return temporary;
}

bool is_temporary_name(std::string_view name) noexcept {
  constexpr std::size_t kTail = 1 + 2 * kRandomBytes + kSuffix.size();
  if (name.size() <= kTail || !name.ends_with(kSuffix)) return false;
  const std::string_view tail = name.substr(name.size() - kTail);
  const std::string_view digits = tail.substr(1, 2 * kRandomBytes);
  return tail.front() == '.' && digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

namespace {

using Rename = void (FileSystem::*)(const std::filesystem::path& from, const std::filesystem::path& to);

void write_and_rename(FileSystem& files, const std::filesystem::path& path, std::string_view contents, Rename rename) {
  const std::filesystem::path temporary = temporary_beside(path);
  try {
    const std::unique_ptr<WritableFile> file = files.create_file(temporary);
    file->write(bytes_of(contents));
    // Before the rename: a name that reaches the disk before its bytes is an empty file after a power loss.
    file->sync();
    file->close();
    (files.*rename)(temporary, path);
  } catch (...) {
    remove_quietly(files, temporary);
    throw;
  }
  const std::filesystem::path folder = path.parent_path();
  files.sync_folder(folder.empty() ? std::filesystem::path(".") : folder);
}

}  // namespace

void write_file_durably(FileSystem& files, const std::filesystem::path& path, std::string_view contents) {
  write_and_rename(files, path, contents, &FileSystem::rename_replacing);
}

bool write_new_file_durably(FileSystem& files, const std::filesystem::path& path, std::string_view contents) {
  try {
    write_and_rename(files, path, contents, &FileSystem::rename_no_replace);
    return true;
  } catch (const Error&) {
    if (files.exists(path)) return false;
    throw;
  }
}

}  // namespace hpctrain
