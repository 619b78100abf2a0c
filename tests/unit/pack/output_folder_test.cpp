// Who may write into a folder when several begin at once.
#include "pack/output_folder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "core/error.hpp"
#include "support/temporary_folder.hpp"

namespace hpctrain::pack {
namespace {

OutputContents contents() {
  const auto nothing = [](const std::filesystem::path&) {};
  return {"last", ".marker", "set", nothing, nothing};
}

/// True when this call wrote the set.
bool write_set(const std::filesystem::path& path) {
  try {
    OutputFolder folder(path, contents());
    std::ofstream(path / "last") << "whole";
    folder.keep();
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage) << error.what();
    return false;
  }
}

TEST(OutputFolder, OfManyWhoBeginAtOnceOneWritesAndNoMarkerStays) {
  const hpctrain::test::TemporaryFolder temporary;
  for (int round = 0; round < 40; ++round) {
    const std::filesystem::path path = temporary / std::to_string(round);
    std::filesystem::create_directories(path);
    std::atomic<int> winners = 0, ready = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (++ready; ready < 4;) std::this_thread::yield();
        if (write_set(path)) ++winners;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(winners, 1);
    EXPECT_FALSE(std::filesystem::exists(path / ".marker"));
  }
}

}  // namespace
}  // namespace hpctrain::pack
