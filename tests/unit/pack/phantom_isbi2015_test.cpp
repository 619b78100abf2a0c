// Phantoms on disk: what is where, that films follow from seed and number alone, and that nothing half-made stays.
#include "pack/phantom_isbi2015.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/file_system.hpp"
#include "pack/bmp_file.hpp"
#include "pack/phantom_anatomy.hpp"
#include "pack/phantom_film.hpp"
#include "unit/data/support/packed_fixture.hpp"
#include "unit/pack/support/bmp_fixture.hpp"

namespace hpctrain::pack {
namespace {

using data::test::expect_error;

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  return posix_file_system().list_folder(folder);
}

TEST(PhantomIsbi2015, WritesTheChallengesLayoutAndSaysThatItIsNone) {
  const hpctrain::test::TemporaryFolder folder;
  write_phantoms({folder / "films", 3, 5});
  const std::filesystem::path films = folder / "films";
  EXPECT_EQ(names_in(films), (std::vector<std::string>{"AnnotationsByMD", "PHANTOM.txt", "RawImage", "truth.csv"}));
  EXPECT_EQ(names_in(films / "RawImage" / "TrainingData"), (std::vector<std::string>{"001.bmp", "002.bmp"}));
  EXPECT_EQ(names_in(films / "RawImage" / "Test1Data"), (std::vector<std::string>{"151.bmp"}));
  for (const char* doctor : {"400_junior", "400_senior"}) {
    EXPECT_EQ(names_in(films / "AnnotationsByMD" / doctor),
              (std::vector<std::string>{"001.txt", "002.txt", "151.txt"}));
  }
  EXPECT_NE(posix_file_system().read_file(films / "PHANTOM.txt").find("show no patient"), std::string::npos);
  EXPECT_EQ(read_bmp_header(films / "RawImage" / "Test1Data" / "151.bmp"), (Image{{1935, 2400}, 1, {}}));
}

TEST(PhantomIsbi2015, AFilmFollowsFromSeedAndNumberAlone) {
  const hpctrain::test::TemporaryFolder folder;
  write_phantoms({folder / "films", 1, 5});
  const Image film = read_bmp_file(folder / "films" / "RawImage" / "TrainingData" / "001.bmp");
  EXPECT_EQ(make_phantom_film(draw_head(5, 1), 5, 1), film);
  EXPECT_NE(make_phantom_film(draw_head(6, 1), 6, 1), film);
}

TEST(PhantomIsbi2015, BoneIsBrightAndAirIsDark) {
  const Image film = make_phantom_film({{}, kMeanLandmarks}, 1, 1);
  const auto mean_around = [&](double x_mm, double y_mm) {
    double sum = 0;
    for (int dy = -5; dy <= 5; ++dy) {
      for (int dx = -5; dx <= 5; ++dx) {
        const double place = (std::floor(y_mm * 10) + dy) * 1935 + std::floor(x_mm * 10) + dx;
        sum += std::to_integer<int>(film.pixels[static_cast<std::size_t>(place)]) / 121.0;
      }
    }
    return sum;
  };
  const double air = mean_around(180, 100), soft = mean_around(163, 133), bone = mean_around(76, 155);
  const double tooth = mean_around(143.6, 165);
  EXPECT_LT(air, 40);
  EXPECT_GT(soft, air + 15);
  EXPECT_GT(bone, soft + 25);
  EXPECT_GT(tooth, bone + 25);
}

TEST(PhantomAnatomy, EveryLandmarkButSellaIsAPointOfSomeStructure) {
  const PhantomHead head = draw_head(11, 4);
  const std::vector<AnatomyShape> shapes = make_anatomy(head);
  for (std::size_t l = 1; l < head.landmarks.size(); ++l) {
    double nearest = 1e9;
    for (const AnatomyShape& shape : shapes) {
      for (const FilmPoint& point : shape.points) {
        nearest = std::min(nearest, std::hypot(point.x - head.landmarks[l].x, point.y - head.landmarks[l].y));
      }
    }
    EXPECT_LT(nearest, 1e-6) << "L" << l + 1;
  }
}

TEST(PhantomAnatomy, SellaIsTheMiddleOfItsHollow) {
  const PhantomHead head = draw_head(11, 4);
  for (const AnatomyShape& shape : make_anatomy(head)) {
    if (shape.name != "sella") continue;
    FilmPoint low{1e9, 1e9}, high{-1e9, -1e9};
    for (const FilmPoint& point : shape.points) {
      low = {std::min(low.x, point.x), std::min(low.y, point.y)};
      high = {std::max(high.x, point.x), std::max(high.y, point.y)};
    }
    EXPECT_NEAR((low.x + high.x) / 2, head.landmarks[0].x, 0.8);
    EXPECT_NEAR((low.y + high.y) / 2, head.landmarks[0].y, 1.2);
    return;
  }
  ADD_FAILURE() << "no shape is named sella";
}

TEST(PhantomIsbi2015, RefusesCountsThatTheLayoutHasNoRoomFor) {
  const hpctrain::test::TemporaryFolder folder;
  for (const std::uint64_t count : {0ull, 401ull, 1ull << 63}) {
    expect_error(Fault::usage, {"--count", "1 to 400"}, [&] { write_phantoms({folder / "films", count, 0}); });
  }
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{});
}

TEST(PhantomIsbi2015, LeavesFoldersOfOthersAlone) {
  const hpctrain::test::TemporaryFolder folder;
  test::write_bytes(folder / "letter.txt", "dear");
  expect_error(Fault::usage, {"is not empty"}, [&] { write_phantoms({folder.path(), 1, 0}); });
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"letter.txt"}));
  write_phantoms({folder / "films", 1, 0});
  expect_error(Fault::usage, {"holds a set of phantoms already"}, [&] { write_phantoms({folder / "films", 1, 0}); });
}

TEST(PhantomIsbi2015, AnErrorHalfwayLeavesNothing) {
  const hpctrain::test::TemporaryFolder folder;
  const auto fail_at_second = [](std::uint64_t done, std::uint64_t) { require(done < 1, Fault::storage, "disk full"); };
  expect_error(Fault::storage, {"disk full"}, [&] { write_phantoms({folder / "films", 2, 0}, fail_at_second); });
  EXPECT_EQ(names_in(folder.path()), std::vector<std::string>{});
}

TEST(PhantomIsbi2015, AnErrorHalfwayLeavesFilesOfOthers) {
  const hpctrain::test::TemporaryFolder folder;
  const std::filesystem::path films = folder / "films", training = films / "RawImage" / "TrainingData";
  const auto unpack_and_fail = [&](std::uint64_t done, std::uint64_t) {
    if (done == 0) return;
    test::write_bytes(training / "090.bmp", "patient");
    throw Error(Fault::storage, "disk full");
  };
  expect_error(Fault::storage, {"disk full"}, [&] { write_phantoms({films, 2, 0}, unpack_and_fail); });
  EXPECT_EQ(names_in(training), (std::vector<std::string>{"090.bmp"}));
  EXPECT_EQ(names_in(films), (std::vector<std::string>{"RawImage"}));
}

TEST(PhantomIsbi2015, KeepsFilmsAndMarksWhereAKilledOneStopped) {
  for (const char* name : {"RawImage/TrainingData/090.bmp", "AnnotationsByMD/400_junior/090.txt", "001.bmp"}) {
    const hpctrain::test::TemporaryFolder folder;
    std::filesystem::create_directories((folder / name).parent_path());
    test::write_bytes(folder / ".hpctrain-drawing", "");
    test::write_bytes(folder / name, "patient");
    expect_error(Fault::usage, {folder.path().string(), "unfinished set of phantoms", "delete the folder"}, [&] {
      write_phantoms({folder.path(), 1, 0});
    });
    EXPECT_EQ(posix_file_system().read_file(folder / name), "patient");
    EXPECT_TRUE(std::filesystem::exists(folder / ".hpctrain-drawing"));
  }
}

TEST(PhantomIsbi2015, StartsOverWhereAKilledOneDrewNothing) {
  const hpctrain::test::TemporaryFolder folder;
  const std::filesystem::path films = folder / "films", training = films / "RawImage" / "TrainingData";
  std::filesystem::create_directories(training);
  test::write_bytes(films / ".hpctrain-drawing", "");
  test::write_bytes(films / "PHANTOM.txt", "half");
  write_phantoms({films, 1, 0});
  EXPECT_EQ(names_in(training), (std::vector<std::string>{"001.bmp"}));
  EXPECT_FALSE(std::filesystem::exists(films / ".hpctrain-drawing"));
}

}  // namespace
}  // namespace hpctrain::pack
