#include "monitor/tfrecord_file.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <utility>

#include "core/digest.hpp"
#include "core/storage_error.hpp"

namespace hpctrain::monitor {
namespace {

constexpr std::size_t kMostKeptBytes = 64 * 1024;

/// What a byte does to the sum: Castagnoli's polynomial, lowest bit first.
constexpr std::array<std::uint32_t, 256> make_crc32c_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0x82f63b78U : 0U);
    table[byte] = sum;
  }
  return table;
}

/// CRC32C, turned and shifted so that a sum over bytes that hold sums is no weak one.
std::uint32_t masked_crc32c(std::string_view bytes) {
  static constexpr auto kTable = make_crc32c_table();
  std::uint32_t sum = 0xffffffffU;
  for (const char byte : bytes) sum = (sum >> 8) ^ kTable[(sum ^ static_cast<unsigned char>(byte)) & 0xff];
  sum = ~sum;
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
