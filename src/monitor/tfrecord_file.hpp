// A file of records framed as TensorBoard reads them: length, masked CRC32C of the length, bytes, masked CRC32C of the
// bytes. Must not know what a record says.
//   source  tensorflow/core/lib/io/record_writer.h
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/owned_descriptor.hpp"

namespace hpctrain::monitor {

/// One record in its frame.
std::string frame_record(std::string_view record);

class TfrecordFile {
 public:
  /// Creates `path` anew.
  ///   errors  Fault::storage
  explicit TfrecordFile(std::filesystem::path path);
  ~TfrecordFile();

  /// Kept in memory until there is enough to write, or flush().
  ///   errors  Fault::storage; what was kept is lost
  void append(std::string_view record);
  void flush();

 private:
  std::filesystem::path path_;
  OwnedDescriptor descriptor_;
  std::string kept_;
};

}  // namespace hpctrain::monitor
