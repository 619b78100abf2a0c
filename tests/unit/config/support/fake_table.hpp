// Settings and a table that only tests know: one row of every kind. Must not grow into a copy of the real table.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/option_table.hpp"

namespace hpctrain::config {

enum class Shape { round, square, flat };

struct FakeSettings {
  double rate = 0.1;
  int count = 4;
  std::uint64_t seed = 7;
  std::int64_t offset = 0;
  bool is_quiet = false;
  std::string recipe = "crop(4, reflect)";
  std::filesystem::path folder = "/data/cats";
  std::optional<std::int64_t> limit;
  std::optional<std::filesystem::path> out;
  Shape shape = Shape::square;
  std::vector<int> sizes{3, 5};
  std::string network = "small";
  bool wants_json = false;
};

struct FakeTable {
  FakeSettings settings;
  OptionTable table{"hpctrain"};

  FakeTable() {
    table.add_section("oven", "how hot and how long");
    table.add_section("cake", "what comes out");
    table.add(flag_only(settings.wants_json, "json").help("machine-readable output"));
    table.add(option(settings.rate, "oven", "rate").alias("lr").above(0).sweepable().identity().help("heat per step"));
    table.add(option(settings.count, "oven", "cook-count").alias("cooks").between(1, 64).help("cooks at work"));
    table.add(option(settings.seed, "oven", "seed").sweepable().identity().help("seed of the yeast"));
    table.add(option(settings.offset, "oven", "offset").unit("seconds").help("start late"));
    table.add(option(settings.is_quiet, "oven", "quiet").help("no sound"));
    table.add(option(settings.recipe, "cake", "recipe").sweepable().help("steps of the recipe"));
    table.add(option(settings.folder, "cake", "folder").help("where the flour is"));
    table.add(option(settings.limit, "cake", "limit").at_least(1).help("most pieces"));
    table.add(option(settings.out, "cake", "out").alias("o").help("where the cake goes"));
    table.add(option(settings.shape, "cake", "shape")
                  .choices({{"round", Shape::round}, {"square", Shape::square}, {"flat", Shape::flat}})
                  .sweepable()
                  .identity()
                  .help("outline"));
    table.add(option(settings.sizes, "cake", "sizes").at_least(1).help("diameters"));
    table.add(option(settings.network, "cake", "network").one_of({"small", "resnet18"}).help("who bakes"));
  }
};

/// The message of the Error that `action` throws; the fault must be `fault`.
inline std::string message_of(Fault fault, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), fault) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

}  // namespace hpctrain::config
