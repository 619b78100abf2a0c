// A file of records of one length, as CIFAR and STL-10 come. Knows nothing of what a record holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "data/raw_file.hpp"

namespace hpctrain::pack {

class RecordFile {
 public:
  /// `archive` is where to fetch it from, for messages: "cifar-10-binary.tar.gz".
  ///   errors  Fault::data: missing, compressed, of another flavour of the data set, empty, or not whole records long
  RecordFile(const std::filesystem::path& path, std::uint64_t record_bytes, std::string_view archive);

  const std::filesystem::path& path() const noexcept { return file_.path(); }
  std::uint64_t num_records() const noexcept { return num_records_; }

  /// Any thread.   errors  Fault::data when the file cannot be read
  void read(std::uint64_t record, std::span<std::byte> bytes) const;

  using Visit = std::function<void(std::uint64_t record, std::span<const std::byte> bytes)>;
  /// All records in order.
  ///   cost    a few MiB of memory
  ///   errors  as read
  void visit(const Visit& visit) const;

 private:
  static data::RawFile open(const std::filesystem::path& path, std::string_view archive);

  data::RawFile file_;
  std::uint64_t record_bytes_;
  std::uint64_t num_records_;
};

/// SOURCE itself, or the folder `inner` in it that its archive unpacks to.
///   errors  Fault::data when SOURCE is no folder, or holds `other`, the folder of another flavour, instead
std::filesystem::path find_archive_folder(const std::filesystem::path& source, std::string_view inner,
                                          std::string_view other, std::string_view archive);

}  // namespace hpctrain::pack
