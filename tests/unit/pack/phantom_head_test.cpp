// Phantom heads and doctors as populations: the figures are those published for the challenge's films.
#include "pack/phantom_head.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "pack/phantom_doctors.hpp"

namespace hpctrain::pack {
namespace {

struct Phantom {
  PhantomHead head;
  DoctorsMarks marks;
};

/// Over several seeds and many films, drawn once.
const std::vector<Phantom>& population() {
  static const std::vector<Phantom> kPhantoms = [] {
    std::vector<Phantom> phantoms;
    for (std::uint64_t film = 0; film < 4000; ++film) {
      const PhantomHead head = draw_head(film % 7, film);
      phantoms.push_back({head, draw_doctors_marks(head.landmarks, film % 7, film)});
    }
    return phantoms;
  }();
  return kPhantoms;
}

struct Moments {
  double mean = 0, deviation = 0;
};

template <class Value>
Moments moments_of(Value value) {
  double sum = 0, squares = 0;
  for (const Phantom& phantom : population()) {
    const double v = value(phantom);
    sum += v;
    squares += v * v;
  }
  const auto count = static_cast<double>(population().size());
  return {sum / count, std::sqrt(squares / count - sum / count * sum / count)};
}

double distance(FilmPoint a, FilmPoint b) {
  return std::hypot(a.x - b.x, a.y - b.y);
}

TEST(PhantomHead, LandmarksLieAroundThePublishedMeans) {
  const FilmPoint published[19] = {{81.4, 103.9},  {139.8, 96.9},  {129.2, 121.6}, {60.3, 121.2},  {139.3, 151.8},
                                   {135.5, 186.2}, {134.7, 199.1}, {128.7, 204.7}, {132.8, 203.0}, {73.0, 173.5},
                                   {142.5, 169.7}, {144.4, 170.9}, {155.9, 160.7}, {152.9, 182.2}, {150.4, 149.5},
                                   {144.8, 200.7}, {98.3, 143.3},  {141.1, 144.8}, {67.7, 132.8}};
  for (std::size_t l = 0; l < 19; ++l) {
    const Moments x = moments_of([l](const Phantom& p) { return p.head.landmarks[l].x; });
    const Moments y = moments_of([l](const Phantom& p) { return p.head.landmarks[l].y; });
    EXPECT_NEAR(x.mean, published[l].x, 1) << "L" << l + 1;
    EXPECT_NEAR(y.mean, published[l].y, 1) << "L" << l + 1;
    for (const double deviation : {x.deviation, y.deviation}) {
      EXPECT_GT(deviation, 4.0 * 0.8) << "L" << l + 1;
      EXPECT_LT(deviation, 10.2 * 1.2) << "L" << l + 1;
    }
  }
}

TEST(PhantomHead, TheChinVariesMost) {
  const auto deviation = [](std::size_t number) {
    return moments_of([number](const Phantom& p) { return p.head.landmarks[number - 1].y; }).deviation;
  };
  EXPECT_GT(deviation(8), 8.0);
  EXPECT_GT(deviation(8), 1.4 * deviation(1));
}

TEST(PhantomHead, FollowsSeedAndFilmAndNothingElse) {
  EXPECT_EQ(draw_head(3, 12).landmarks, draw_head(3, 12).landmarks);
  EXPECT_NE(draw_head(3, 12).landmarks, draw_head(4, 12).landmarks);
  EXPECT_NE(draw_head(3, 12).landmarks, draw_head(3, 13).landmarks);
}

TEST(PhantomHead, AHeadWithoutFactorsIsTheMeanHead) {
  const PhantomHead head{};
  EXPECT_EQ(head.place({100, 150}, {1, 1}), (FilmPoint{100, 150}));
}

TEST(PhantomHead, TurnsAboutItsPivotByTheAngle) {
  PhantomHead head{};
  head.factors.turn = 0.1;
  const FilmPoint placed = head.place({178, 112});
  EXPECT_NEAR(placed.x, 78 + 100 * std::cos(0.1), 1e-3);
  EXPECT_NEAR(placed.y, 112 + 100 * std::sin(0.1), 1e-3);
}

TEST(PhantomDoctors, DifferAsThePublishedOnesDo) {
  double sum = 0;
  for (std::size_t l = 0; l < 19; ++l) {
    const double apart =
        moments_of([l](const Phantom& p) { return 0.1 * distance(p.marks.junior[l], p.marks.senior[l]); }).mean;
    if (l == 15) {
      EXPECT_NEAR(apart, 6.6, 0.4);
    } else {
      EXPECT_LT(apart, 3.0) << "L" << l + 1;
    }
    sum += apart / 19;
  }
  EXPECT_NEAR(sum, 2.1, 0.2);
}

TEST(PhantomDoctors, AreRightOnAverage) {
  for (std::size_t l = 0; l < 19; ++l) {
    const auto error = [l](const Phantom& p) {
      return 0.1 * (p.marks.junior[l].x + p.marks.senior[l].x) / 2 - p.head.landmarks[l].x;
    };
    EXPECT_NEAR(moments_of(error).mean, 0, 0.1) << "L" << l + 1;
  }
}

TEST(PhantomDoctors, MarkWholePixelsInsideTheFilm) {
  CephalometricPoints landmarks = kMeanLandmarks;
  landmarks[0] = {-30, 300};
  const DoctorsMarks marks = draw_doctors_marks(landmarks, 1, 1);
  EXPECT_EQ(marks.junior[0], (FilmPoint{0, 2399}));
  for (const FilmPoint& mark : marks.senior) EXPECT_EQ(mark.x, std::floor(mark.x));
}

TEST(PhantomDoctors, WriteTheChallengesText) {
  CephalometricPoints marks{};
  marks[0] = {835, 996};
  marks[18] = {647, 1340};
  const std::string text = annotation_text(marks);
  EXPECT_EQ(text.substr(0, 12), "835,996\n0,0\n");
  EXPECT_EQ(text.substr(text.size() - 25), "647,1340\n1\n1\n1\n1\n1\n1\n1\n1\n");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 27);
}

}  // namespace
}  // namespace hpctrain::pack
