// Frames and messages, byte by byte, against values that others publish.
#include "monitor/tfrecord_file.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "core/error.hpp"
#include "core/file_system.hpp"
#include "monitor/protobuf_message.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

namespace hpctrain::monitor {
namespace {

/// The frame's sum without TensorFlow's mask.
std::uint32_t unmasked_sum(const std::string& frame) {
  std::uint32_t masked = 0;
  std::memcpy(&masked, frame.data() + frame.size() - sizeof masked, sizeof masked);
  const std::uint32_t turned = masked - 0xa282ead8U;
  return (turned >> 17) | (turned << 15);
}

TEST(Tfrecord, SumsAreThoseOfTheStandard) {
  // RFC 3720, appendix B.4, and the check value of CRC-32C.
  EXPECT_EQ(unmasked_sum(frame_record("123456789")), 0xe3069283U);
  EXPECT_EQ(unmasked_sum(frame_record(std::string(32, '\0'))), 0x8a9136aaU);
  EXPECT_EQ(unmasked_sum(frame_record(std::string(32, '\xff'))), 0x62a8ab43U);
}

TEST(Tfrecord, FramesTellTheirLength) {
  const std::string frame = frame_record("abc");
  ASSERT_EQ(frame.size(), 8u + 4u + 3u + 4u);
  EXPECT_EQ(frame.substr(0, 8), std::string("\x03\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(frame.substr(12, 3), "abc");
}

TEST(Tfrecord, RecordsReachTheDiskInOrder) {
  const test::TemporaryFolder folder;
  TfrecordFile file(folder / "records");
  file.append("one");
  EXPECT_EQ(posix_file_system().read_file(folder / "records"), "");
  file.flush();
  file.append("two");
  file.flush();
  EXPECT_EQ(posix_file_system().read_file(folder / "records"), frame_record("one") + frame_record("two"));
  test::expect_error(Fault::storage, {"records"}, [&] { TfrecordFile(folder / "records"); });
}

TEST(ProtobufMessage, IsTheWireFormatOfItsDocumentation) {
  // protobuf.dev/programming-guides/encoding: 150 in field 1, "testing" in field 2, the first as a message in field 3.
  EXPECT_EQ(ProtobufMessage().add_integer(1, 150).bytes(), "\x08\x96\x01");
  EXPECT_EQ(ProtobufMessage().add_text(2, "testing").bytes(), "\x12\x07testing");
  EXPECT_EQ(ProtobufMessage().add_message(3, ProtobufMessage().add_integer(1, 150)).bytes(), "\x1a\x03\x08\x96\x01");
  EXPECT_EQ(ProtobufMessage().add_float(1, 1.0F).bytes(), std::string("\x0d\0\0\x80\x3f", 5));
  EXPECT_EQ(ProtobufMessage().add_double(1, 1.0).bytes(), std::string("\x09\0\0\0\0\0\0\xf0\x3f", 9));
}

}  // namespace
}  // namespace hpctrain::monitor
