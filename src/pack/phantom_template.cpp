// Coordinates read off by eye from drawings of lateral cephalograms in textbooks, then fitted to the mean landmarks.
#include "pack/phantom_template.hpp"

#include <array>

#include "pack/phantom_head.hpp"

namespace hpctrain::pack {
namespace {

constexpr Follows kJaw = Follows::jaw;
constexpr Follows kBoth = Follows::both;

/// Landmark L1 … L19 as a point.
constexpr TemplatePoint mark(std::size_t number, Follows follows = Follows::skull) {
  return {kMeanLandmarks[number - 1].x, kMeanLandmarks[number - 1].y, follows};
}

// Forehead, nose, lips, chin, throat, then outside the film and round the back of the head.
constexpr std::array kProfile{TemplatePoint{96, 8},
                              TemplatePoint{122, 20},
                              TemplatePoint{140, 43},
                              TemplatePoint{149, 68},
                              TemplatePoint{150.5, 84},
                              TemplatePoint{147.5, 97},
                              TemplatePoint{154, 109},
                              TemplatePoint{163, 125},
                              TemplatePoint{170.5, 136},
                              TemplatePoint{169, 142.5},
                              TemplatePoint{159, 146.2},
                              mark(15),
                              TemplatePoint{151.3, 154.5},
                              mark(13),
                              TemplatePoint{153.6, 167},
                              TemplatePoint{148.2, 171.4, kBoth},
                              TemplatePoint{150.9, 176.2, kJaw},
                              mark(14, kJaw),
                              TemplatePoint{147, 188, kJaw},
                              TemplatePoint{142.8, 193.4, kJaw},
                              mark(16, kJaw),
                              TemplatePoint{142.5, 208.5, kJaw},
                              TemplatePoint{134, 214.5, kJaw},
                              TemplatePoint{121, 215.5, kJaw},
                              TemplatePoint{107, 214.5, kBoth},
                              TemplatePoint{99, 219},
                              TemplatePoint{95, 232},
                              TemplatePoint{94, 256},
                              TemplatePoint{60, 262},
                              TemplatePoint{20, 256},
                              TemplatePoint{24, 225},
                              TemplatePoint{24, 190},
                              TemplatePoint{19, 160},
                              TemplatePoint{13, 132},
                              TemplatePoint{9, 100},
                              TemplatePoint{13, 68},
                              TemplatePoint{26, 38},
                              TemplatePoint{48, 15},
                              TemplatePoint{72, 6}};

constexpr std::array kSkullOutside{mark(2),
                                   TemplatePoint{143.6, 88},
                                   TemplatePoint{143, 74},
                                   TemplatePoint{136, 49},
                                   TemplatePoint{119, 27},
                                   TemplatePoint{96, 15.5},
                                   TemplatePoint{72, 13.5},
                                   TemplatePoint{49, 22},
                                   TemplatePoint{30, 43},
                                   TemplatePoint{19, 71},
                                   TemplatePoint{16, 100},
                                   TemplatePoint{22, 126},
                                   TemplatePoint{34, 143},
                                   TemplatePoint{47, 149}};
constexpr std::array kSkullInside{TemplatePoint{133.5, 91}, TemplatePoint{136.5, 80}, TemplatePoint{129, 53},
                                  TemplatePoint{114, 34},   TemplatePoint{95, 23},    TemplatePoint{73, 21},
                                  TemplatePoint{53, 29},    TemplatePoint{36, 47},    TemplatePoint{26, 73},
                                  TemplatePoint{23.5, 100}, TemplatePoint{29, 122},   TemplatePoint{38, 136},
                                  TemplatePoint{49, 143}};
constexpr std::array kSkullWall{mark(2),
                                TemplatePoint{143.6, 88},
                                TemplatePoint{143, 74},
                                TemplatePoint{136, 49},
                                TemplatePoint{119, 27},
                                TemplatePoint{96, 15.5},
                                TemplatePoint{72, 13.5},
                                TemplatePoint{49, 22},
                                TemplatePoint{30, 43},
                                TemplatePoint{19, 71},
                                TemplatePoint{16, 100},
                                TemplatePoint{22, 126},
                                TemplatePoint{34, 143},
                                TemplatePoint{47, 149},
                                TemplatePoint{49, 143},
                                TemplatePoint{38, 136},
                                TemplatePoint{29, 122},
                                TemplatePoint{23.5, 100},
                                TemplatePoint{26, 73},
                                TemplatePoint{36, 47},
                                TemplatePoint{53, 29},
                                TemplatePoint{73, 21},
                                TemplatePoint{95, 23},
                                TemplatePoint{114, 34},
                                TemplatePoint{129, 53},
                                TemplatePoint{136.5, 80},
                                TemplatePoint{133.5, 91}};
// The floor of the brain: forehead, cribriform plate, the cup of the sella, clivus.
constexpr std::array kSkullFloor{
    TemplatePoint{133.5, 91},   TemplatePoint{126, 94.5},   TemplatePoint{112, 96},     TemplatePoint{99, 97.2},
    TemplatePoint{91.5, 98.5},  TemplatePoint{88, 98},      TemplatePoint{87.6, 103},   TemplatePoint{85.8, 107.7},
    TemplatePoint{81.6, 109.5}, TemplatePoint{77.3, 107.6}, TemplatePoint{75.6, 102.5}, TemplatePoint{76.2, 97.8},
    TemplatePoint{73.2, 98.2},  TemplatePoint{69.5, 106},   TemplatePoint{62, 122},     TemplatePoint{55, 137}};
constexpr std::array kSkullBase{
    TemplatePoint{133.5, 91},   TemplatePoint{112, 96},     TemplatePoint{99, 97.2},    TemplatePoint{88, 98},
    TemplatePoint{87.6, 103},   TemplatePoint{85.8, 107.7}, TemplatePoint{81.6, 109.5}, TemplatePoint{77.3, 107.6},
    TemplatePoint{75.6, 102.5}, TemplatePoint{76.2, 97.8},  TemplatePoint{73.2, 98.2},  TemplatePoint{62, 122},
    TemplatePoint{50, 145},     TemplatePoint{57, 142},     TemplatePoint{70, 131},     TemplatePoint{84, 122},
    TemplatePoint{92, 117},     TemplatePoint{99, 107},     TemplatePoint{116, 102},    TemplatePoint{131, 97}};
constexpr std::array kSellaHollow{TemplatePoint{86.6, 99.5},  TemplatePoint{86.4, 104.5}, TemplatePoint{84.4, 107.2},
                                  TemplatePoint{81.4, 108.2}, TemplatePoint{78.5, 106.8}, TemplatePoint{76.9, 103},
                                  TemplatePoint{77.4, 99},    TemplatePoint{82, 98.4}};
constexpr std::array kNasalBone{mark(2),
                                TemplatePoint{143.2, 103.6},
                                TemplatePoint{148.8, 112.5},
                                TemplatePoint{152, 118.5},
                                TemplatePoint{146.5, 112.5},
                                TemplatePoint{140.2, 105.5},
                                TemplatePoint{135.8, 100.5}};
constexpr std::array kNasalFront{mark(2), TemplatePoint{143.2, 103.6}, TemplatePoint{148.8, 112.5},
                                 TemplatePoint{152, 118.5}};
constexpr std::array kNasalSuture{mark(2), TemplatePoint{136.8, 98.2}, TemplatePoint{133, 99}};
constexpr std::array kFrontalSinus{TemplatePoint{139.8, 78}, TemplatePoint{140.6, 86}, TemplatePoint{137.6, 91},
                                   TemplatePoint{136.4, 85}};

constexpr std::array kOrbit{TemplatePoint{135.5, 101},   TemplatePoint{124, 100.5},   TemplatePoint{115.5, 105},
                            TemplatePoint{114.5, 112},   TemplatePoint{119.5, 118.2}, mark(3),
                            TemplatePoint{133.6, 118.4}, TemplatePoint{136.2, 110}};
constexpr std::array kOrbitRim{TemplatePoint{114.5, 112}, TemplatePoint{119.5, 118.2}, mark(3),
                               TemplatePoint{133.6, 118.4}, TemplatePoint{136.2, 110}};
constexpr std::array kOrbitLip{TemplatePoint{125, 120.7}, mark(3), TemplatePoint{132, 120}};
constexpr std::array kCheek{mark(3),
                            TemplatePoint{124.5, 128},
                            TemplatePoint{119.5, 138},
                            TemplatePoint{113, 141.5},
                            TemplatePoint{108.5, 134},
                            TemplatePoint{108, 122},
                            TemplatePoint{114.5, 113},
                            TemplatePoint{120, 119.5}};
constexpr std::array kCheekRidge{TemplatePoint{115.5, 122}, TemplatePoint{113.8, 132}, TemplatePoint{111.5, 140.5},
                                 TemplatePoint{108.5, 132}, TemplatePoint{106.5, 121}};
constexpr std::array kPterygoidFissure{TemplatePoint{99.5, 117}, TemplatePoint{102, 122},  TemplatePoint{100.5, 131},
                                       TemplatePoint{98.2, 138}, TemplatePoint{96.8, 130}, TemplatePoint{96.6, 121}};

constexpr std::array kEarRing{mark(4),
                              TemplatePoint{63.9, 122.8},
                              TemplatePoint{65.3, 126.2},
                              TemplatePoint{63.7, 129.8},
                              TemplatePoint{60.2, 131.2},
                              TemplatePoint{56.7, 129.7},
                              TemplatePoint{55.3, 126.2},
                              TemplatePoint{56.7, 122.7}};
constexpr std::array kMastoid{TemplatePoint{68, 119}, TemplatePoint{52, 117.5}, TemplatePoint{42, 124},
                              TemplatePoint{44, 138}, TemplatePoint{50, 150},   TemplatePoint{56, 145},
                              TemplatePoint{66, 133}};
// Crosses the back of the ramus at articulare.
constexpr std::array kTemporalEdge{TemplatePoint{84, 122}, TemplatePoint{76.5, 127.4}, mark(19),
                                   TemplatePoint{59.5, 138}, TemplatePoint{51, 143.5}};

constexpr std::array kMaxilla{mark(18),
                              mark(18),
                              TemplatePoint{138.9, 146.6},
                              TemplatePoint{138.6, 149.2},
                              mark(5),
                              TemplatePoint{140.9, 156.4},
                              TemplatePoint{142.6, 161.2},
                              TemplatePoint{138.2, 163},
                              TemplatePoint{133.6, 160},
                              TemplatePoint{128, 153.6},
                              TemplatePoint{119, 149.2},
                              TemplatePoint{108, 147},
                              mark(17),
                              mark(17),
                              TemplatePoint{106, 142.4},
                              TemplatePoint{120, 142.8},
                              TemplatePoint{134, 143.5}};
constexpr std::array kAlveolusUpper{TemplatePoint{138, 147},   TemplatePoint{141.6, 161}, TemplatePoint{133, 161},
                                    TemplatePoint{120, 159.4}, TemplatePoint{103, 155.5}, TemplatePoint{101, 147},
                                    TemplatePoint{118, 145}};
constexpr std::array kNasalFloor{mark(18), TemplatePoint{134, 143.5}, TemplatePoint{120, 142.8},
                                 TemplatePoint{106, 142.4}, mark(17)};
constexpr std::array kPalate{mark(17), TemplatePoint{108, 147}, TemplatePoint{119, 149.2}, TemplatePoint{128, 153.6},
                             TemplatePoint{133.6, 160}};
constexpr std::array kMaxillaFront{mark(18), TemplatePoint{138.9, 146.6}, TemplatePoint{138.6, 149.2},
                                   mark(5),  TemplatePoint{140.9, 156.4}, TemplatePoint{142.6, 161.2}};
constexpr std::array kMaxillarySinus{TemplatePoint{131, 126}, TemplatePoint{134, 136}, TemplatePoint{128, 143},
                                     TemplatePoint{114, 145}, TemplatePoint{105, 141}, TemplatePoint{104, 129},
                                     TemplatePoint{113, 122}};
constexpr std::array kPharynx{TemplatePoint{93, 132}, TemplatePoint{94, 145}, TemplatePoint{90, 160},
                              TemplatePoint{89, 178}, TemplatePoint{91, 200}, TemplatePoint{88, 226},
                              TemplatePoint{80, 250}, TemplatePoint{72, 250}, TemplatePoint{77, 224},
                              TemplatePoint{79, 200}, TemplatePoint{79, 178}, TemplatePoint{80, 158},
                              TemplatePoint{83, 143}, TemplatePoint{87, 133}};

constexpr std::array kUpperIncisor{mark(12),
                                   mark(12),
                                   TemplatePoint{145, 166},
                                   TemplatePoint{143.9, 160.6},
                                   TemplatePoint{140.2, 153.6},
                                   TemplatePoint{136.6, 148.2},
                                   TemplatePoint{135.6, 150.6},
                                   TemplatePoint{137.2, 156.6},
                                   TemplatePoint{138.6, 162},
                                   TemplatePoint{141.4, 166.6}};
constexpr std::array kUpperCrown{mark(12),
                                 mark(12),
                                 TemplatePoint{145, 166},
                                 TemplatePoint{143.9, 160.6},
                                 TemplatePoint{141, 160.4},
                                 TemplatePoint{138.6, 162},
                                 TemplatePoint{141.4, 166.6}};
constexpr std::array kUpperEdge{TemplatePoint{144.6, 165}, mark(12), TemplatePoint{142.2, 167.2}};
constexpr std::array kLowerIncisor{mark(11, kJaw),
                                   mark(11, kJaw),
                                   TemplatePoint{142.4, 173.4, kJaw},
                                   TemplatePoint{140.6, 178.6, kJaw},
                                   TemplatePoint{136.6, 185.6, kJaw},
                                   TemplatePoint{131.6, 191, kJaw},
                                   TemplatePoint{131.4, 187.6, kJaw},
                                   TemplatePoint{134, 182, kJaw},
                                   TemplatePoint{136, 176.6, kJaw},
                                   TemplatePoint{139.6, 172.4, kJaw}};
constexpr std::array kLowerCrown{mark(11, kJaw),
                                 mark(11, kJaw),
                                 TemplatePoint{142.4, 173.4, kJaw},
                                 TemplatePoint{140.6, 178.6, kJaw},
                                 TemplatePoint{138, 178, kJaw},
                                 TemplatePoint{136, 176.6, kJaw},
                                 TemplatePoint{139.6, 172.4, kJaw}};
constexpr std::array kLowerEdge{TemplatePoint{142.5, 173.4, kJaw}, mark(11, kJaw), TemplatePoint{140, 172.2, kJaw}};
constexpr std::array kMolarsUpper{TemplatePoint{136, 168.5}, TemplatePoint{137, 160},  TemplatePoint{131, 156},
                                  TemplatePoint{118, 153},   TemplatePoint{101, 152},  TemplatePoint{98, 160},
                                  TemplatePoint{108, 164},   TemplatePoint{121, 166.6}};
constexpr std::array kMolarsLower{TemplatePoint{136, 169.5, kBoth}, TemplatePoint{134, 178, kJaw},
                                  TemplatePoint{122, 180, kJaw},    TemplatePoint{106, 176, kJaw},
                                  TemplatePoint{97, 169, kJaw},     TemplatePoint{98, 162.5, kBoth},
                                  TemplatePoint{108, 165, kBoth},   TemplatePoint{121, 167.8, kBoth}};

constexpr std::array kMandible{mark(7, kJaw),
                               mark(9, kJaw),
                               mark(8, kJaw),
                               TemplatePoint{119, 203, kJaw},
                               TemplatePoint{106, 196, kJaw},
                               TemplatePoint{92, 188, kJaw},
                               TemplatePoint{80.5, 181.6, kJaw},
                               mark(10, kJaw),
                               TemplatePoint{69.6, 163.5, kJaw},
                               TemplatePoint{68.4, 148, kJaw},
                               mark(19, kJaw),
                               TemplatePoint{65.8, 127.4, kJaw},
                               TemplatePoint{69.2, 123.2, kJaw},
                               TemplatePoint{73.6, 125, kJaw},
                               TemplatePoint{74.6, 131, kJaw},
                               TemplatePoint{79.5, 138, kJaw},
                               TemplatePoint{87.5, 133.5, kJaw},
                               TemplatePoint{92.5, 140, kJaw},
                               TemplatePoint{93.5, 154, kJaw},
                               TemplatePoint{97, 166, kJaw},
                               TemplatePoint{108, 174, kJaw},
                               TemplatePoint{122, 178, kJaw},
                               TemplatePoint{133.5, 178.4, kJaw},
                               TemplatePoint{139.8, 177.6, kJaw},
                               TemplatePoint{138.2, 181.4, kJaw},
                               mark(6, kJaw),
                               TemplatePoint{134.6, 192, kJaw}};
constexpr std::array kChin{TemplatePoint{139.8, 177.6, kJaw},
                           TemplatePoint{138.2, 181.4, kJaw},
                           mark(6, kJaw),
                           TemplatePoint{134.6, 192, kJaw},
                           mark(7, kJaw),
                           mark(9, kJaw),
                           mark(8, kJaw),
                           TemplatePoint{119, 203, kJaw},
                           TemplatePoint{106, 196, kJaw},
                           TemplatePoint{92, 188, kJaw},
                           TemplatePoint{80.5, 181.6, kJaw}};
constexpr std::array kRamusBack{
    TemplatePoint{92, 188, kJaw},     TemplatePoint{80.5, 181.6, kJaw}, mark(10, kJaw),
    TemplatePoint{69.6, 163.5, kJaw}, TemplatePoint{68.4, 148, kJaw},   mark(19, kJaw),
    TemplatePoint{65.8, 127.4, kJaw}, TemplatePoint{69.2, 123.2, kJaw}, TemplatePoint{73.6, 125, kJaw},
    TemplatePoint{74.6, 131, kJaw}};
constexpr std::array kSymphysisBack{TemplatePoint{134, 182, kJaw}, TemplatePoint{128.4, 189, kJaw},
                                    TemplatePoint{124.4, 196, kJaw}, TemplatePoint{124.4, 201, kJaw}, mark(8, kJaw)};
constexpr std::array kNerveCanal{TemplatePoint{80, 148, kJaw}, TemplatePoint{84, 166, kJaw},
                                 TemplatePoint{97, 180, kJaw}, TemplatePoint{116, 188, kJaw}};

constexpr std::array kDens{TemplatePoint{55, 148}, TemplatePoint{59, 150}, TemplatePoint{62, 168},
                           TemplatePoint{60, 173}, TemplatePoint{47, 172}, TemplatePoint{48, 164}};
constexpr std::array kVertebra3{TemplatePoint{62, 177}, TemplatePoint{62.6, 188}, TemplatePoint{48.5, 187},
                                TemplatePoint{47.6, 176}};
constexpr std::array kVertebra4{TemplatePoint{63, 192}, TemplatePoint{63.2, 203}, TemplatePoint{49, 202.5},
                                TemplatePoint{48.6, 191}};
constexpr std::array kVertebra5{TemplatePoint{63, 207}, TemplatePoint{62, 218}, TemplatePoint{47.8, 217},
                                TemplatePoint{49, 206}};
constexpr std::array kVertebra6{TemplatePoint{61.5, 222}, TemplatePoint{60, 233}, TemplatePoint{46, 231.5},
                                TemplatePoint{47.4, 221}};
constexpr std::array kSpines{TemplatePoint{47, 172}, TemplatePoint{36, 178}, TemplatePoint{32, 190},
                             TemplatePoint{34, 210}, TemplatePoint{30, 236}, TemplatePoint{44, 236},
                             TemplatePoint{46, 212}, TemplatePoint{47, 190}};
constexpr std::array kHyoid{TemplatePoint{90, 207, kBoth}, TemplatePoint{97, 205.5, kBoth},
                            TemplatePoint{102.5, 208, kBoth}, TemplatePoint{99, 211, kBoth}};

constexpr auto kArea = Drawing::area;
constexpr auto kLine = Drawing::line;
constexpr std::array kShapes{
    TemplateShape{"skin", Tissue::soft, kArea, true, 0.20, 0.4, kProfile},
    TemplateShape{"flesh", Tissue::soft, kArea, true, 0.24, 7, kProfile},
    TemplateShape{"brain case", Tissue::bone, kArea, true, 0.16, 1.2, kSkullOutside},
    TemplateShape{"skull wall", Tissue::bone, kArea, true, 0.30, 0.5, kSkullWall},
    TemplateShape{"outer table", Tissue::bone, kLine, false, 0.34, 1.3, kSkullOutside},
    TemplateShape{"inner table", Tissue::bone, kLine, false, 0.30, 1.1, kSkullInside},
    TemplateShape{"skull base", Tissue::bone, kArea, true, 0.34, 1.0, kSkullBase},
    TemplateShape{"skull floor", Tissue::bone, kLine, false, 0.62, 1.3, kSkullFloor},
    TemplateShape{"sella", Tissue::cavity, kArea, true, -0.16, 0.6, kSellaHollow},
    TemplateShape{"nasal bone", Tissue::bone, kArea, true, 0.34, 0.4, kNasalBone},
    TemplateShape{"nasal front", Tissue::bone, kLine, false, 0.36, 1.0, kNasalFront},
    TemplateShape{"frontonasal suture", Tissue::cavity, kLine, false, -0.40, 0.9, kNasalSuture},
    TemplateShape{"frontal sinus", Tissue::cavity, kArea, true, -0.34, 0.8, kFrontalSinus},
    TemplateShape{"orbit", Tissue::cavity, kArea, true, -0.12, 0.8, kOrbit},
    TemplateShape{"orbital rim", Tissue::bone, kLine, false, 0.46, 1.2, kOrbitRim},
    TemplateShape{"orbitale", Tissue::bone, kLine, false, 0.42, 1.6, kOrbitLip},
    TemplateShape{"cheek bone", Tissue::bone, kArea, true, 0.24, 1.2, kCheek},
    TemplateShape{"cheek ridge", Tissue::bone, kLine, false, 0.34, 1.3, kCheekRidge},
    TemplateShape{"pterygoid fissure", Tissue::cavity, kArea, true, -0.20, 0.6, kPterygoidFissure},
    TemplateShape{"petrous bone", Tissue::bone, kArea, true, 0.40, 2.4, kMastoid},
    TemplateShape{"ear canal", Tissue::cavity, kArea, true, -0.42, 0.7, kEarRing},
    TemplateShape{"ear ring", Tissue::bone, kLine, true, 0.46, 1.2, kEarRing},
    TemplateShape{"temporal edge", Tissue::bone, kLine, false, 0.56, 1.3, kTemporalEdge},
    TemplateShape{"maxilla", Tissue::bone, kArea, true, 0.34, 0.4, kMaxilla},
    TemplateShape{"upper alveolus", Tissue::bone, kArea, true, 0.22, 1.5, kAlveolusUpper},
    TemplateShape{"nasal floor", Tissue::bone, kLine, false, 0.52, 1.1, kNasalFloor},
    TemplateShape{"palate", Tissue::bone, kLine, false, 0.34, 1.0, kPalate},
    TemplateShape{"maxilla front", Tissue::bone, kLine, false, 0.38, 0.9, kMaxillaFront},
    TemplateShape{"maxillary sinus", Tissue::cavity, kArea, true, -0.16, 1.6, kMaxillarySinus},
    TemplateShape{"pharynx", Tissue::cavity, kArea, true, -0.30, 1.2, kPharynx},
    TemplateShape{"upper incisor", Tissue::tooth, kArea, true, 0.42, 0.3, kUpperIncisor},
    TemplateShape{"upper crown", Tissue::tooth, kArea, true, 0.80, 0.3, kUpperCrown},
    TemplateShape{"upper edge", Tissue::tooth, kLine, false, 0.60, 0.9, kUpperEdge},
    TemplateShape{"lower incisor", Tissue::tooth, kArea, true, 0.42, 0.3, kLowerIncisor},
    TemplateShape{"lower crown", Tissue::tooth, kArea, true, 0.70, 0.3, kLowerCrown},
    TemplateShape{"lower edge", Tissue::tooth, kLine, false, 0.50, 0.9, kLowerEdge},
    TemplateShape{"upper molars", Tissue::tooth, kArea, true, 0.85, 0.6, kMolarsUpper},
    TemplateShape{"lower molars", Tissue::tooth, kArea, true, 0.85, 0.6, kMolarsLower},
    TemplateShape{"mandible", Tissue::bone, kArea, true, 0.42, 0.5, kMandible},
    TemplateShape{"chin", Tissue::bone, kLine, false, 0.50, 1.2, kChin},
    TemplateShape{"ramus", Tissue::bone, kLine, false, 0.50, 1.2, kRamusBack},
    TemplateShape{"symphysis", Tissue::bone, kLine, false, 0.36, 1.2, kSymphysisBack},
    TemplateShape{"nerve canal", Tissue::cavity, kLine, false, -0.12, 2.2, kNerveCanal},
    TemplateShape{"second vertebra", Tissue::bone, kArea, true, 0.42, 0.7, kDens},
    TemplateShape{"third vertebra", Tissue::bone, kArea, true, 0.40, 0.7, kVertebra3},
    TemplateShape{"fourth vertebra", Tissue::bone, kArea, true, 0.40, 0.7, kVertebra4},
    TemplateShape{"fifth vertebra", Tissue::bone, kArea, true, 0.40, 0.7, kVertebra5},
    TemplateShape{"sixth vertebra", Tissue::bone, kArea, true, 0.40, 0.7, kVertebra6},
    TemplateShape{"spinous processes", Tissue::bone, kArea, true, 0.22, 2.0, kSpines},
    TemplateShape{"hyoid", Tissue::bone, kArea, true, 0.40, 0.6, kHyoid},
};

}  // namespace

std::span<const TemplateShape> mean_head_shapes() {
  return kShapes;
}

}  // namespace hpctrain::pack
