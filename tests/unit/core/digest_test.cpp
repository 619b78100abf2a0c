// Digests against the values that other programs print for the same bytes.
#include "core/digest.hpp"

#include <gtest/gtest.h>

namespace hpctrain {
namespace {

TEST(Xxh3, MatchesTheReferenceProgram) {  // printf abc | xxhsum -H3
  EXPECT_EQ(xxh3_64({}), 0x2d06800538d394c2u);
  EXPECT_EQ(xxh3_64(bytes_of("abc")), 0x78af5f94892f3950u);
}

TEST(Xxh3, Prints128BitsAsTheReferenceProgramDoes) {  // printf abc | xxhsum -H2
  EXPECT_EQ(Xxh3_128().hex(), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(Xxh3_128().update(bytes_of("abc")).hex(), "06b05ab6733a618578af5f94892f3950");
  EXPECT_EQ(Xxh3_128().update(bytes_of(std::string(1000, 'a'))).hex(), "b01da365eddaa29cb3e7af627147db7c");
}

TEST(Xxh3, PiecesGiveTheDigestOfTheWhole) {
  const std::string text(1000, 'a');
  for (const std::size_t piece : {1u, 7u, 64u, 999u}) {
    Xxh3_128 digest;
    Xxh3_64 short_digest;
    for (std::size_t i = 0; i < text.size(); i += piece) {
      digest.update(bytes_of(std::string_view(text).substr(i, piece)));
      short_digest.update(bytes_of(std::string_view(text).substr(i, piece)));
    }
    EXPECT_EQ(digest.hex(), "b01da365eddaa29cb3e7af627147db7c") << "pieces of " << piece;
    EXPECT_EQ(short_digest.value(), xxh3_64(bytes_of(text))) << "pieces of " << piece;
  }
}

TEST(Sha256, MatchesThePublishedDigests) {  // FIPS 180-2, appendix B; sha256sum
  EXPECT_EQ(Sha256().hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256().update("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256().update(std::string(1000, 'x')).hex(),
            "44f8354494a5ba03ba1792a8d3e9c534c47a9181980fde7a3f44b06ef2ae7c7f");
}

TEST(Sha256, ReadingTheDigestDoesNotEndIt) {
  Sha256 digest;
  digest.update("a");
  static_cast<void>(digest.hex());
  digest.update("bc");
  EXPECT_EQ(digest.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(HexText, KeepsLeadingZerosAndLowerCase) {
  EXPECT_EQ(hex_text(bytes_of(std::string("\x00\x0f\xab", 3))), "000fab");
}

}  // namespace
}  // namespace hpctrain
