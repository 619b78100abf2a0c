// See whole_file.hpp.
#include "pack/whole_file.hpp"

#include <memory>

#include "core/digest.hpp"
#include "core/durable_write.hpp"
#include "core/file_system.hpp"
#include "data/raw_file.hpp"

namespace hpctrain::pack {

void save_whole_file(const std::filesystem::path& path, std::string_view bytes) {
  FileSystem& files = posix_file_system();
  const std::filesystem::path temporary = temporary_beside(path);
  try {
    const std::unique_ptr<WritableFile> file = files.create_file(temporary);
    file->write(bytes_of(bytes));
    file->close();
    files.rename_replacing(temporary, path);
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw;
  }
}

std::vector<std::byte> read_whole_file(const std::filesystem::path& path) {
  const data::RawFile file = data::RawFile::open_for_reading(path);
  std::vector<std::byte> bytes(file.bytes());
  file.read_at(0, bytes);
  return bytes;
}

}  // namespace hpctrain::pack
