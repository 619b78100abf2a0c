// Digests of bytes: XXH3 against damage (fast), SHA-256 where two parties compare. Must not know what is digested.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct XXH3_state_s;
struct evp_md_ctx_st;

namespace hpctrain {

/// cost  about 13 GB/s per core
std::uint64_t xxh3_64(std::span<const std::byte> bytes) noexcept;

/// Lower-case hexadecimal, first byte first.
std::string hex_text(std::span<const std::byte> bytes);

inline std::span<const std::byte> bytes_of(std::string_view text) noexcept {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}

struct Xxh3StateDeleter {
  void operator()(XXH3_state_s* state) const noexcept;
};

/// xxh3_64() over bytes that arrive in pieces.
class Xxh3_64 {
 public:
  Xxh3_64();

  Xxh3_64& update(std::span<const std::byte> bytes);
  /// Of everything so far; more may follow.
  std::uint64_t value() const;

 private:
  std::unique_ptr<XXH3_state_s, Xxh3StateDeleter> state_;
};

/// XXH3 with 128 bits, over bytes that arrive in pieces.
class Xxh3_128 {
 public:
  Xxh3_128();

  Xxh3_128& update(std::span<const std::byte> bytes);
  /// Of everything so far; more may follow. High half first, as `xxhsum -H2` prints it.
  std::string hex() const;

 private:
  std::unique_ptr<XXH3_state_s, Xxh3StateDeleter> state_;
};

/// SHA-256 over bytes that arrive in pieces.
///   cost    about 1.4 GB/s per core
///   errors  Fault::bug when OpenSSL refuses the algorithm
class Sha256 {
 public:
  using Value = std::array<std::byte, 32>;

  Sha256();

  Sha256& update(std::span<const std::byte> bytes);
  Sha256& update(std::string_view text) { return update(bytes_of(text)); }
  /// Of everything so far; more may follow.
  Value value() const;
  std::string hex() const { return hex_text(value()); }

 private:
  struct Deleter {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Deleter> context_;
};

}  // namespace hpctrain
