// Doctors' files as texts written by hand, and everything that can be wrong with them.
#include "pack/isbi2015_annotation.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "unit/data/support/packed_fixture.hpp"
#include "unit/pack/support/isbi_fixture.hpp"

namespace hpctrain::pack {
namespace {

using data::test::expect_error;
using test::annotation_lines;
using test::joined;

constexpr ImageSize kFilm{193, 240};

CephalometricPoints parse(const std::string& text) {
  return parse_annotation(text, "400_junior/007.txt", kFilm);
}

void expect_refused(const std::vector<std::string>& parts, const std::string& text) {
  std::vector<std::string> all{"400_junior/007.txt"};
  all.insert(all.end(), parts.begin(), parts.end());
  expect_error(Fault::data, all, [&] { parse(text); });
}

TEST(Isbi2015Annotation, ReadsNineteenPointsInOrderAndPassesOverLabels) {
  const CephalometricPoints points = parse(joined(annotation_lines()) + "1\n2\n1\n1\n3\n1\n1\n2\n");
  for (std::size_t l = 0; l < points.size(); ++l) {
    EXPECT_EQ(points[l], (FilmPoint{10.0 + 3.0 * static_cast<double>(l), 20.0 + 5.0 * static_cast<double>(l)}));
  }
}

TEST(Isbi2015Annotation, TakesBlanksCarriageReturnsFractionsAndNoLastNewline) {
  std::vector<std::string> lines = annotation_lines();
  lines[0] = " 10 ,\t20.25 ";
  std::string text = joined(lines, "\r\n");
  text.resize(text.size() - 2);
  EXPECT_EQ(parse(text)[0], (FilmPoint{10, 20.25}));
  EXPECT_EQ(parse(text)[18], (FilmPoint{64, 110}));
}

TEST(Isbi2015Annotation, CountsLandmarksOfAFileThatEndsEarly) {
  std::vector<std::string> lines = annotation_lines();
  lines.pop_back();
  expect_refused({"ends after 18 of 19 landmarks", "copy the file again"}, joined(lines));
  expect_refused({"ends after 18 of 19 landmarks"}, joined(lines) + "1\n1\n1\n");
  expect_refused({"007.txt:1", "\"10 20\" is not x,y"}, joined(std::vector<std::string>(19, "10 20")));
  expect_refused({"ends after 0 of 19 landmarks"}, "");
}

TEST(Isbi2015Annotation, NamesTheLineThatIsNoPoint) {
  for (const std::string line :
       {"12,", ",12", "1;2,3", "nan,3", "3,inf", "0x10,3", "10 20", "10;20", "1e999,3", "1,2,3"}) {
    std::vector<std::string> lines = annotation_lines();
    lines[4] = line;
    expect_refused({"007.txt:5", line, "is not x,y"}, joined(lines));
  }
}

TEST(Isbi2015Annotation, RefusesPointsOutsideTheFilm) {
  for (const std::string line : {"-1,50", "50,-0.5", "194,50", "50,241"}) {
    std::vector<std::string> lines = annotation_lines();
    lines[2] = line;
    expect_refused({"007.txt:3", line, "outside its film of 193 × 240 pixels"}, joined(lines));
  }
}

TEST(Isbi2015Annotation, RefusesAFileThatIsMissingOrFarTooLarge) {
  const hpctrain::test::TemporaryFolder folder;
  expect_error(Fault::data, {"none.txt", "cannot be opened"}, [&] { read_annotation_text(folder / "none.txt"); });
  ASSERT_EQ(::mkfifo((folder / "pipe.txt").c_str(), 0600), 0);
  expect_error(Fault::data, {"pipe.txt", "no regular file"}, [&] { read_annotation_text(folder / "pipe.txt"); });
  test::write_bytes(folder / "large.txt", std::string(65537, '1'));
  expect_error(Fault::data, {"large.txt", "holds 65537 bytes"}, [&] { read_annotation_text(folder / "large.txt"); });
  test::write_bytes(folder / "fine.txt", "1,2\n");
  EXPECT_EQ(read_annotation_text(folder / "fine.txt"), "1,2\n");
}

}  // namespace
}  // namespace hpctrain::pack
