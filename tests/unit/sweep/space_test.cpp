#include "sweep/space.hpp"

#include <gtest/gtest.h>

#include "config/option_table.hpp"
#include "support/expect_error.hpp"

namespace hpctrain::sweep {
namespace {

class SpaceTest : public testing::Test {
 protected:
  SpaceTest() : table("hpctrain") {
    table.add_section("optim", "Optimizer");
    table.add(config::option(lr, "optim", "lr").above(0).sweepable().help("rate"));
    table.add(config::option(batch, "optim", "batch").at_least(1).at_most(64).sweepable().help("batch"));
    table.add(config::option(name, "optim", "name").help("name"));
  }

  config::Axis axis(const std::string& option, const std::string& text) {
    return config::make_axis({&table.at(option), text, "--" + option});
  }

  double lr = 0.1;
  std::int64_t batch = 8;
  std::string name = "sgd";
  config::OptionTable table;
};

TEST_F(SpaceTest, AGridHoldsEveryCombinationTheLastAxisFastest) {
  const auto points = plan_grid({{axis("optim.lr", "0.1, 0.03"), axis("optim.batch", "8,16,32")}, {}});
  ASSERT_EQ(points.size(), 6u);
  EXPECT_EQ(describe_parameters(points[0]), "optim.lr=0.1 optim.batch=8");
  EXPECT_EQ(describe_parameters(points[1]), "optim.lr=0.1 optim.batch=16");
  EXPECT_EQ(describe_parameters(points[5]), "optim.lr=0.03 optim.batch=32");
}

TEST_F(SpaceTest, PairedAxesMoveTogether) {
  const Space space{{axis("optim.lr", "0.1,0.03"), axis("optim.batch", "8,16")}, {"optim.lr", "optim.batch"}};
  const auto points = plan_grid(space);
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(describe_parameters(points[1]), "optim.lr=0.03 optim.batch=16");
}

TEST_F(SpaceTest, PairedAxesOfUnequalLengthAreRefused) {
  const Space space{{axis("optim.lr", "0.1,0.03"), axis("optim.batch", "8,16,32")}, {"optim.lr", "optim.batch"}};
  test::expect_error(Fault::usage, {"optim.batch has 3 values"}, [&] { require_sound(space); });
}

TEST_F(SpaceTest, ARangeGivesPointsInsideItAndNoGrid) {
  const Space space{{axis("optim.lr", "log(1e-4, 1e-1)"), axis("optim.batch", "int(1, 3)")}, {}};
  test::expect_error(Fault::usage, {"--sweep.method random"}, [&] { plan_grid(space); });
  int small = 0;
  for (std::uint64_t number = 0; number < 300; ++number) {
    const auto point = draw_random(space, 1, number);
    const double rate = std::stod(point[0].second);
    EXPECT_GE(rate, 1e-4);
    EXPECT_LE(rate, 1e-1);
    EXPECT_LE(std::stoi(point[1].second), 3);
    EXPECT_GE(std::stoi(point[1].second), 1);
    small += rate < 1e-3 ? 1 : 0;
  }
  // A third of the decades; 300 draws stay within five standard deviations.
  EXPECT_NEAR(small, 100, 41);
}

TEST_F(SpaceTest, AValueOutsideWhatItsOptionTakesIsRefusedBeforeAnyTrial) {
  test::expect_error(Fault::usage, {"optim.batch", "128"}, [&] { axis("optim.batch", "8,128"); });
  test::expect_error(Fault::usage, {"optim.batch", "128"}, [&] { axis("optim.batch", "int(8, 128)"); });
  test::expect_error(Fault::usage, {"empty range"}, [&] { axis("optim.lr", "uniform(2, 1)"); });
  test::expect_error(Fault::usage, {"at or below 0"}, [&] { axis("optim.lr", "log(0, 1)"); });
  test::expect_error(Fault::usage, {"cannot be swept"}, [&] { axis("optim.name", "sgd,adam"); });
}

}  // namespace
}  // namespace hpctrain::sweep
