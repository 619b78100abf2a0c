// Protocol buffers' wire format, as far as writing needs it: fields in the order in which they are added.
//   source  protobuf.dev, "Encoding"
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hpctrain::monitor {

class ProtobufMessage {
 public:
  ProtobufMessage& add_integer(int field, std::uint64_t value);
  ProtobufMessage& add_double(int field, double value);
  ProtobufMessage& add_float(int field, float value);
  /// A string, or bytes.
  ProtobufMessage& add_text(int field, std::string_view text);
  /// A repeated field of doubles, packed.
  ProtobufMessage& add_doubles(int field, std::span<const double> values);
  ProtobufMessage& add_message(int field, const ProtobufMessage& message) { return add_text(field, message.bytes()); }

  const std::string& bytes() const noexcept { return bytes_; }

 private:
  void add_key(int field, int wire_type);
  void add_varint(std::uint64_t value);

  std::string bytes_;
};

}  // namespace hpctrain::monitor
