#include "monitor/protobuf_message.hpp"

#include <bit>
#include <cstring>

namespace hpctrain::monitor {
namespace {

constexpr int kVarint = 0, kEightBytes = 1, kDelimited = 2, kFourBytes = 5;

static_assert(std::endian::native == std::endian::little, "fixed-size fields are little-endian");

template <typename Value>
std::string_view raw_bytes(const Value& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

void ProtobufMessage::add_varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7f) | 0x80);
  bytes_ += static_cast<char>(value);
}

void ProtobufMessage::add_key(int field, int wire_type) {
  add_varint(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(wire_type));
}

ProtobufMessage& ProtobufMessage::add_integer(int field, std::uint64_t value) {
  add_key(field, kVarint);
  add_varint(value);
  return *this;
}

ProtobufMessage& ProtobufMessage::add_double(int field, double value) {
  add_key(field, kEightBytes);
  bytes_ += raw_bytes(value);
  return *this;
}

ProtobufMessage& ProtobufMessage::add_doubles(int field, std::span<const double> values) {
  std::string packed;
  for (const double value : values) packed += raw_bytes(value);
  return add_text(field, packed);
}

ProtobufMessage& ProtobufMessage::add_float(int field, float value) {
  add_key(field, kFourBytes);
  bytes_ += raw_bytes(value);
  return *this;
}

ProtobufMessage& ProtobufMessage::add_text(int field, std::string_view text) {
  add_key(field, kDelimited);
  add_varint(text.size());
  bytes_ += text;
  return *this;
}

}  // namespace hpctrain::monitor
