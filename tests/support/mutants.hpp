// Damaged copies of a sound text or file: seeded, so that a failure can be had again. A parser must answer each with a
// value or with one Error of the right fault; anything else is a defect.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <random>
#include <set>
#include <string>

#include "core/error.hpp"

namespace hpctrain::test {

/// One to four changes: flipped bits, bytes that parsers look at, cuts, doubled and swapped parts.
inline std::string make_mutant(std::string text, std::mt19937_64& random) {
  static const std::string kTelling("\0\xff{}[]\":,=#;\n\r-+.eE0919\\/", 25);
  const auto below = [&](std::size_t limit) {
    return static_cast<std::size_t>(random() % std::max<std::size_t>(limit, 1));
  };
  for (std::size_t change = 0, changes = 1 + below(4); change < changes && !text.empty(); ++change) {
    const std::size_t at = below(text.size());
    const std::size_t length = 1 + below(std::min<std::size_t>(text.size() - at, 40));
    switch (below(6)) {
      case 0:
        text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 1:
        text[at] = kTelling[below(kTelling.size())];
        break;
      case 2:
        text.erase(at, length);
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), length));
        break;
      case 4:
        text.resize(at);
        break;
      default:
        text.insert(at, std::string(length, kTelling[below(kTelling.size())]));
    }
  }
  return text;
}

/// Hands `rounds` mutants to `parse`; HPCTRAIN_FUZZ_FACTOR makes it so many times more.
///   allowed  faults a damaged text may be answered with
inline void expect_survives_mutants(const std::string& sound, std::size_t rounds, const std::set<Fault>& allowed,
                                    const std::function<void(const std::string&)>& parse) {
  const char* factor = std::getenv("HPCTRAIN_FUZZ_FACTOR");
  rounds *= factor != nullptr ? std::strtoull(factor, nullptr, 10) : 1;
  const std::uint64_t seed = factor != nullptr ? std::random_device{}() : 20261124;
  std::mt19937_64 random(seed);
  std::size_t refused = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    const std::string mutant = make_mutant(sound, random);
    try {
      parse(mutant);
    } catch (const Error& error) {
      ++refused;
      ASSERT_TRUE(allowed.contains(error.fault())) << "seed " << seed << ", round " << round << ": " << error.what();
    } catch (const std::exception& error) {
      FAIL() << "seed " << seed << ", round " << round << ": " << error.what();
    }
  }
  EXPECT_GT(refused, rounds / 10) << "the mutants were too tame to prove anything";
}

}  // namespace hpctrain::test
