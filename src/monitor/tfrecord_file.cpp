#include "monitor/tfrecord_file.hpp"

#include <fcntl.h>

#include <boost/crc.hpp>
#include <cerrno>
#include <utility>

#include "core/digest.hpp"
#include "core/storage_error.hpp"

namespace hpctrain::monitor {
namespace {

constexpr std::size_t kMostKeptBytes = 64 * 1024;

/// Castagnoli's polynomial, then turned and shifted so that a sum over bytes that hold sums is no weak one.
std::uint32_t masked_crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t sum = crc.checksum();
  return ((sum >> 15) | (sum << 17)) + 0xa282ead8U;
}

template <typename Value>
std::string_view raw_bytes(const Value& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

std::string frame_record(std::string_view record) {
  const std::uint64_t length = record.size();
  const std::uint32_t length_sum = masked_crc32c(raw_bytes(length)), record_sum = masked_crc32c(record);
  std::string frame(raw_bytes(length));
  frame += raw_bytes(length_sum);
  frame += record;
  frame += raw_bytes(record_sum);
  return frame;
}

TfrecordFile::TfrecordFile(std::filesystem::path path)
    : path_(std::move(path)), descriptor_(open_retrying(path_, O_WRONLY | O_CREAT | O_EXCL | O_APPEND)) {
  if (!descriptor_.is_open()) throw storage_error("create", path_, errno);
}

TfrecordFile::~TfrecordFile() {
  // The last records of a run that failed; nobody is left to hear of an error.
  static_cast<void>(write_fully(descriptor_.get(), bytes_of(kept_)));
}

void TfrecordFile::append(std::string_view record) {
  kept_ += frame_record(record);
  if (kept_.size() >= kMostKeptBytes) flush();
}

void TfrecordFile::flush() {
  const std::string records = std::exchange(kept_, {});
  const int error_number = write_fully(descriptor_.get(), bytes_of(records));
  if (error_number != 0) throw storage_error("write", path_, error_number);
}

}  // namespace hpctrain::monitor
