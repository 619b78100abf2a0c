#include "sweep/tpe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <optional>
#include <set>

#include "config/option_table.hpp"

namespace hpctrain::sweep {
namespace {

using Function = std::function<double(double, double)>;

/// The least of `trials` values, points chosen with or without knowledge of the ones before.
double best_of(const Space& space, const Function& function, std::uint64_t seed, bool learns) {
  std::vector<Observation> history;
  double best = std::numeric_limits<double>::infinity();
  for (std::uint64_t number = 0; number < 60; ++number) {
    Parameters point = learns ? propose_tpe(space, history, seed, number) : draw_random(space, seed, number);
    const double value = function(std::stod(point[0].second), std::stod(point[1].second));
    best = std::min(best, value);
    history.push_back({std::move(point), value});
  }
  return best;
}

double mean_best(const Space& space, const Function& function, bool learns) {
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) sum += best_of(space, function, seed, learns);
  return sum / 20;
}

double branin(double x, double y) {
  constexpr double kPi = std::numbers::pi;
  const double bent = y - 5.1 / (4 * kPi * kPi) * x * x + 5 / kPi * x - 6;
  return bent * bent + 10 * (1 - 1 / (8 * kPi)) * std::cos(x) + 10;
}

double rosenbrock(double x, double y) {
  return 100 * (y - x * x) * (y - x * x) + (1 - x) * (1 - x);
}

double sphere(double x, double y) {
  return (x - 2) * (x - 2) + (y - 3) * (y - 3);
}

TEST(Tpe, FindsBetterPointsThanRandomDrawsOnThreeStandardFunctions) {
  double x = 0;
  double y = 0;
  config::OptionTable table("hpctrain");
  table.add_section("f", "Function");
  table.add(config::option(x, "f", "x").sweepable().help("x"));
  table.add(config::option(y, "f", "y").sweepable().help("y"));
  const auto space_of = [&](const std::string& x_text, const std::string& y_text) {
    return Space{
        {config::make_axis({&table.at("f.x"), x_text, "x"}), config::make_axis({&table.at("f.y"), y_text, "y"})}, {}};
  };
  const Space branin_space = space_of("uniform(-5, 10)", "uniform(0, 15)");
  const Space wide = space_of("uniform(-5, 10)", "uniform(-5, 10)");
  EXPECT_LT(mean_best(branin_space, branin, true), mean_best(branin_space, branin, false));
  EXPECT_LT(mean_best(wide, rosenbrock, true), mean_best(wide, rosenbrock, false));
  EXPECT_LT(mean_best(wide, sphere, true), mean_best(wide, sphere, false));
}

/// Twelve trials, the better the lower the first value stands.
std::vector<Observation> observe(const std::vector<Parameters>& points) {
  std::vector<Observation> observations;
  for (std::size_t i = 0; i < 12; ++i) observations.push_back({points[i % points.size()], static_cast<double>(i)});
  return observations;
}

class TpeAxes : public testing::Test {
 protected:
  TpeAxes() {
    table_.add_section("f", "Function");
    table_.add(config::option(x_, "f", "x").sweepable().help("x"));
    table_.add(config::option(y_, "f", "y").sweepable().help("y"));
  }
  config::Axis axis(const std::string& name, const std::string& text) {
    return config::make_axis({&table_.at("f." + name), text, name});
  }

  double x_ = 0;
  std::optional<double> y_;
  config::OptionTable table_{"hpctrain"};
};

TEST_F(TpeAxes, PairedAxesStayPaired) {
  const Space space{{axis("x", "1,2,3,4,5,6"), axis("y", "10,20,30,40,50,60")}, {"f.x", "f.y"}};
  std::vector<Parameters> points;
  for (int i = 1; i <= 6; ++i) points.push_back({{"f.x", std::to_string(i)}, {"f.y", std::to_string(10 * i)}});
  for (std::uint64_t number = 12; number < 60; ++number) {
    const Parameters point = propose_tpe(space, observe(points), 1, number);
    EXPECT_EQ(std::stod(point[1].second), 10 * std::stod(point[0].second)) << "point " << number;
  }
}

TEST_F(TpeAxes, TrialsOutsideANarrowedAxisSayNothing) {
  const Space narrow{{axis("x", "log(0.01, 0.1)"), axis("y", "log(0.1, 10)")}, {}};
  std::vector<Parameters> outside, inside;
  for (const char* x : {"1e-06", "1", "0.05"}) outside.push_back({{"f.x", x}, {"f.y", "none"}});
  for (const char* x : {"0.02", "0.05", "0.08"}) inside.push_back({{"f.x", x}, {"f.y", "1"}});
  std::vector<Observation> all = observe(inside);
  const Parameters known = propose_tpe(narrow, all, 1, 30);
  for (const Observation& other : observe(outside)) all.push_back(other);
  std::set<std::string> proposed;
  for (std::uint64_t number = 30; number < 50; ++number) {
    proposed.insert(propose_tpe(narrow, all, 1, number)[0].second);
  }
  EXPECT_EQ(propose_tpe(narrow, all, 1, 30), known) << "those that cannot be compared are left out";
  EXPECT_GT(proposed.size(), 15u) << "points differ";
}

}  // namespace
}  // namespace hpctrain::sweep
