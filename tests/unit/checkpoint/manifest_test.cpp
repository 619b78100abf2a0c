// The manifest's text: back and forth, and what is refused.
#include "checkpoint/manifest.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "checkpoint/defect.hpp"
#include "core/digest.hpp"

namespace hpctrain::checkpoint {
namespace {

Manifest make_manifest() {
  Manifest manifest;
  manifest.run_id = "0123abcd";
  manifest.fence = 3;
  manifest.step = 1200;
  manifest.created_unix = 1'790'000'000;
  manifest.world_size = 8;
  manifest.is_finite = true;
  manifest.metric = 0.1;
  manifest.config_digest = "c0ffee";
  manifest.versions = {{"hpctrain", "0.1.0"}};
  manifest.files = {{"model.safetensors", {136, std::string(32, 'a')}}};
  manifest.tensors = {{"conv.weight", TensorGroup::parameter, "model.safetensors", "F32", {2, 3}},
                      {"n", TensorGroup::buffer, "model.safetensors", "I64", {}}};
  manifest.steering = {{"cursor", 17}, {"nested", {{"list", {1, 2.5, nullptr, "x"}}}}};
  return manifest;
}

/// Replaces a piece of the text and seals it again, as an attacker or a bug would.
std::string forged(const std::string& from, const std::string& to) {
  std::string text = format_manifest(make_manifest());
  text.replace(text.find(from), from.size(), to);
  const std::size_t digits = text.size() - 32 - 4;
  text.erase(digits, 32);
  return text.insert(digits, Xxh3_128().update(hpctrain::bytes_of(text)).hex());
}

std::string slug_for(const std::string& text) {
  try {
    parse_manifest(text);
  } catch (const CheckpointDefect& defect) {
    EXPECT_EQ(defect.fault(), Fault::no_checkpoint);
    return defect.slug();
  }
  return "accepted";
}

TEST(Manifest, ComesBackAsItWas) {
  const Manifest manifest = make_manifest();
  EXPECT_EQ(parse_manifest(format_manifest(manifest)), manifest);
  EXPECT_EQ(parse_manifest(forged("c0ffee", "c0ffef")).config_digest, "c0ffef");
}

TEST(Manifest, TurnsAMetricThatIsNoNumberIntoNone) {
  Manifest manifest = make_manifest();
  manifest.metric = std::nan("");
  EXPECT_EQ(parse_manifest(format_manifest(manifest)).metric, std::nullopt);
}

TEST(Manifest, NoticesEveryChangedByteAndEveryTruncation) {
  const std::string text = format_manifest(make_manifest());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 0x20);
    EXPECT_EQ(slug_for(changed), "manifest-digest") << "byte " << i;
    EXPECT_EQ(slug_for(text.substr(0, i)), "manifest-digest") << "cut at " << i;
  }
}

TEST(Manifest, RefusesWhatIsWellSealedButWrong) {
  const std::pair<std::string, std::string> forgeries[] = {
      {"\"hpctrain-checkpoint\"", "\"something-else\""},
      {"\"step\": 1200", "\"step\": -1"},
      {"\"step\": 1200", "\"step\": 1.5"},
      {"\"step\": 1200", "\"step\": 18446744073709551615"},
      {"\"step\": 1200", "\"stop\": 1200"},
      {"\"finite\": true", "\"finite\": 1"},
      {"\"metric\": 0.1", "\"metric\": \"high\""},
      {"\"model.safetensors\": {", "\"../model.safetensors\": {"},
      {"\"model.safetensors\": {", "\"/etc/passwd\": {"},
      {"\"bytes\": 136", "\"bytes\": \"136\""},
      {std::string(32, 'a'), "short"},
      {"\"file\": \"model.safetensors\"", "\"file\": \"other.safetensors\""},
      {"\"group\": \"buffer\"", "\"group\": \"gradient\""},
      {"\"name\": \"n\"", "\"name\": \"conv.weight\""},
      {"\"fence\": 3", "\"fence\": 3, \"fence\": 4"},
      {"\"versions\": {", "\"versions\": {\"x\": 1, "},
      {"\"run_id\": \"0123abcd\",", ""},
  };
  for (const auto& [from, to] : forgeries) EXPECT_EQ(slug_for(forged(from, to)), "manifest-format") << to;
}

TEST(Manifest, OfANewerFormatIsNotCalledDamaged) {
  try {
    parse_manifest(forged("\"format_version\": 1", "\"format_version\": 2"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
  }
}

TEST(Manifest, AllowsOnlyPlainFileNames) {
  EXPECT_TRUE(is_safe_file_name("model.safetensors"));
  EXPECT_TRUE(is_safe_file_name(std::string(128, 'x')));
  for (const char* name : {"", ".", "..", "a/b", "a b", "a\n", "\xc3\xa4", "a\\b"}) {
    EXPECT_FALSE(is_safe_file_name(name)) << name;
  }
  EXPECT_FALSE(is_safe_file_name(std::string(129, 'x')));
}

}  // namespace
}  // namespace hpctrain::checkpoint
