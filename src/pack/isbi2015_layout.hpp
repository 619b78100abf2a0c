// Names in the folder of the ISBI 2015 cephalometric challenge. Names only.
#pragma once

#include <array>
#include <string_view>

namespace hpctrain::pack {

inline constexpr std::string_view kIsbiImages = "RawImage";
inline constexpr std::string_view kIsbiAnnotations = "AnnotationsByMD";
inline constexpr std::string_view kIsbiJunior = "400_junior";
inline constexpr std::string_view kIsbiSenior = "400_senior";
/// In a folder whose films are phantoms.
inline constexpr std::string_view kPhantomNotice = "PHANTOM.txt";
/// Written last: phantoms without it are not all there.
inline constexpr std::string_view kPhantomTruth = "truth.csv";
/// In a folder while phantoms are drawn there.
inline constexpr std::string_view kPhantomMarker = ".hpctrain-drawing";
inline constexpr std::string_view kUnfinishedPhantoms =
    "holds an unfinished set of phantoms; delete the folder, or draw into another";

struct IsbiImagePart {
  std::string_view folder;
  std::string_view split;
};

inline constexpr std::array<IsbiImagePart, 3> kIsbiImageParts{
    {{"TrainingData", "train"}, {"Test1Data", "test1"}, {"Test2Data", "test2"}}};

}  // namespace hpctrain::pack
