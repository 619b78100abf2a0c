// Damaged copies of a sound text or file: seeded, so that a failure can be had again. A parser must answer each with a
// value or with one Error of the right fault; anything else is a defect.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

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

/// How many mutants a test tries, and from which seed: `rounds` with a fixed one, or with a fresh one as many as fit
/// into HPCTRAIN_FUZZ_SECONDS.
class MutantBudget {
 public:
  explicit MutantBudget(std::size_t rounds) : rounds_(rounds) {
    const char* seconds = std::getenv("HPCTRAIN_FUZZ_SECONDS");
    if (seconds == nullptr) return;
    deadline_ =
        Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::atof(seconds)));
    seed_ = std::random_device{}();
  }

  std::uint64_t seed() const { return seed_; }
  bool allows(std::size_t round) const { return deadline_ ? Clock::now() < *deadline_ : round < rounds_; }

 private:
  using Clock = std::chrono::steady_clock;
  std::size_t rounds_;
  std::uint64_t seed_ = 20261124;
  std::optional<Clock::time_point> deadline_;
};

/// Hands mutants of each of `sounds` in turn to `parse`, with the place of the sound one; `rounds` of them or for as
/// long as MutantBudget says.
///   allowed  faults a damaged text may be answered with
inline void expect_survives_mutants(const std::vector<std::string>& sounds, std::size_t rounds,
                                    const std::set<Fault>& allowed,
                                    const std::function<void(const std::string&, std::size_t)>& parse) {
  const MutantBudget budget(rounds);
  std::mt19937_64 random(budget.seed());
  std::vector<std::size_t> refused(sounds.size());
  std::size_t round = 0;
  for (; budget.allows(round); ++round) {
    const std::size_t which = round % sounds.size();
    const std::string mutant = make_mutant(sounds[which], random);
    try {
      parse(mutant, which);
    } catch (const Error& error) {
      ++refused[which];
      ASSERT_TRUE(allowed.contains(error.fault()))
          << "seed " << budget.seed() << ", round " << round << ": " << error.what();
    } catch (const std::exception& error) {
      FAIL() << "seed " << budget.seed() << ", round " << round << ": " << error.what();
    }
  }
  std::printf("  seed %llu: %zu mutants\n", static_cast<unsigned long long>(budget.seed()), round);
  for (std::size_t which = 0; which < sounds.size(); ++which) {
    EXPECT_GT(refused[which], round / sounds.size() / 10)
        << "the mutants of " << which << " were too tame to prove anything";
  }
}

inline void expect_survives_mutants(const std::string& sound, std::size_t rounds, const std::set<Fault>& allowed,
                                    const std::function<void(const std::string&)>& parse) {
  expect_survives_mutants(std::vector{sound}, rounds, allowed,
                          [&](const std::string& mutant, std::size_t) { parse(mutant); });
}

}  // namespace hpctrain::test
