// xxhash and OpenSSL behind plain values.
#include "core/digest.hpp"

#include <openssl/evp.h>
#include <xxhash.h>

#include <new>

#include "core/error.hpp"

namespace hpctrain {

std::uint64_t xxh3_64(std::span<const std::byte> bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::string hex_text(std::span<const std::byte> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::byte byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

void Xxh3StateDeleter::operator()(XXH3_state_s* state) const noexcept {
  XXH3_freeState(state);
}

Xxh3_64::Xxh3_64() : state_(XXH3_createState()) {
  if (!state_) throw std::bad_alloc();
  XXH3_64bits_reset(state_.get());
}

Xxh3_64& Xxh3_64::update(std::span<const std::byte> bytes) {
  XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
  return *this;
}

std::uint64_t Xxh3_64::value() const {
  return XXH3_64bits_digest(state_.get());
}

Xxh3_128::Xxh3_128() : state_(XXH3_createState()) {
  if (!state_) throw std::bad_alloc();
  XXH3_128bits_reset(state_.get());
}

Xxh3_128& Xxh3_128::update(std::span<const std::byte> bytes) {
  XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
  return *this;
}

std::string Xxh3_128::hex() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_.get()));
  return hex_text(std::as_bytes(std::span(canonical.digest)));
}

void Sha256::Deleter::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (!context_) throw std::bad_alloc();
  require_invariant(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1, "OpenSSL offers no SHA-256");
}

Sha256& Sha256::update(std::span<const std::byte> bytes) {
  require_invariant(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, "SHA-256 took no more bytes");
  return *this;
}

Sha256::Value Sha256::value() const {
  // Finishing ends a context, so a copy is finished.
  const std::unique_ptr<evp_md_ctx_st, Deleter> copy(EVP_MD_CTX_new());
  if (!copy) throw std::bad_alloc();
  Value value;
  unsigned length = 0;
  const bool is_done = EVP_MD_CTX_copy_ex(copy.get(), context_.get()) == 1 &&
                       EVP_DigestFinal_ex(copy.get(), reinterpret_cast<unsigned char*>(value.data()), &length) == 1;
  require_invariant(is_done && length == value.size(), "SHA-256 could not be finished");
  return value;
}

}  // namespace hpctrain
