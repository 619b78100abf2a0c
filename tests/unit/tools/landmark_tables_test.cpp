#include "tools/landmark_tables.hpp"

#include <gtest/gtest.h>

namespace hpctrain::tools {
namespace {

tasks::LandmarkPrediction two_points() {
  tasks::LandmarkPrediction prediction{.sample_id = 4, .scale = 0.5, .offset_x = 10, .offset_y = 20};
  prediction.points.push_back({.x_px = 100.25,
                               .y_px = 50,
                               .confidence = 0.9,
                               .truth_x_px = 103.25,
                               .truth_y_px = 54,
                               .error_px = 5,
                               .error_mm = 0.5});
  prediction.points.push_back({.x_px = 1, .y_px = 2, .confidence = 0.5});
  return prediction;
}

TEST(LandmarkTables, LeaveCellsEmptyWhereTheTruthIsNotKnown) {
  EXPECT_EQ(landmark_csv_lines("a,b.png", two_points(), {"sella", "\"odd\""}),
            "\"a,b.png\",1,sella,100.2500,50.0000,0.9000,103.2500,54.0000,5.0000,0.5000\n"
            "\"a,b.png\",2,\"\"\"odd\"\"\",1.0000,2.0000,0.5000,,,,\n");
}

TEST(LandmarkTables, PlaceMarksInTheOriginalOrTheStoredPicture) {
  const auto original = landmark_marks(two_points(), OverlayFrame::original);
  EXPECT_EQ(original[0].prediction.x, 100.25);
  EXPECT_EQ(original[0].label, "L1 0.5 mm");
  EXPECT_EQ(original[1].label, "L2");
  EXPECT_FALSE(original[1].truth.has_value());
  const auto stored = landmark_marks(two_points(), OverlayFrame::stored);
  EXPECT_EQ(stored[0].prediction.x, 60.125);
  EXPECT_EQ(stored[0].truth->x, 61.625);
  EXPECT_EQ(stored[0].truth->y, 47);
}

}  // namespace
}  // namespace hpctrain::tools
