// The head without its face: profile, brain case, ear, throat and neck.
// Coordinates read off by eye from drawings of lateral cephalograms in textbooks, then fitted to the mean landmarks.
#include "pack/phantom_template.hpp"

#include <array>

namespace hpctrain::pack {
namespace {

// Forehead, nose, lips, chin, throat, then outside the film and round the back of the head.
constexpr std::array kProfile{
    skull(96, 8),           skull(122, 20),    skull(140, 43),         skull(149, 68),    skull(150.5, 84),
    skull(147.5, 97),       skull(154, 109),   skull(163, 125),        skull(170.5, 136), skull(169, 142.5),
    skull(159, 146.2),      mark(15),          skull(151.3, 154.5),    mark(13),          skull(153.6, 167),
    between(148.2, 171.4),  jaw(150.9, 176.2), mark(14, Follows::jaw), jaw(147, 188),     jaw(142.8, 193.4),
    mark(16, Follows::jaw), jaw(142.5, 208.5), jaw(134, 214.5),        jaw(121, 215.5),   between(107, 214.5),
    skull(99, 219),         skull(95, 232),    skull(94, 256),         skull(60, 262),    skull(20, 256),
    skull(24, 225),         skull(24, 190),    skull(19, 160),         skull(13, 132),    skull(9, 100),
    skull(13, 68),          skull(26, 38),     skull(48, 15),          skull(72, 6)};
constexpr std::array kSkullOutside{mark(2),         skull(143.6, 88), skull(143, 74), skull(136, 49), skull(119, 27),
                                   skull(96, 15.5), skull(72, 13.5),  skull(49, 22),  skull(30, 43),  skull(19, 71),
                                   skull(16, 100),  skull(22, 126),   skull(34, 143), skull(47, 149)};
constexpr std::array kSkullInside{skull(133.5, 91), skull(136.5, 80), skull(129, 53), skull(114, 34), skull(95, 23),
                                  skull(73, 21),    skull(53, 29),    skull(36, 47),  skull(26, 73),  skull(23.5, 100),
                                  skull(29, 122),   skull(38, 136),   skull(49, 143)};
constexpr std::array kSkullWall{mark(2),          skull(143.6, 88), skull(143, 74),   skull(136, 49), skull(119, 27),
                                skull(96, 15.5),  skull(72, 13.5),  skull(49, 22),    skull(30, 43),  skull(19, 71),
                                skull(16, 100),   skull(22, 126),   skull(34, 143),   skull(47, 149), skull(49, 143),
                                skull(38, 136),   skull(29, 122),   skull(23.5, 100), skull(26, 73),  skull(36, 47),
                                skull(53, 29),    skull(73, 21),    skull(95, 23),    skull(114, 34), skull(129, 53),
                                skull(136.5, 80), skull(133.5, 91)};
// The floor of the brain: forehead, cribriform plate, the cup of the sella, clivus.
constexpr std::array kSkullFloor{skull(133.5, 91),   skull(126, 94.5),   skull(112, 96),     skull(99, 97.2),
                                 skull(91.5, 98.5),  skull(88, 98),      skull(87.6, 103),   skull(85.8, 107.7),
                                 skull(81.6, 109.5), skull(77.3, 107.6), skull(75.6, 102.5), skull(76.2, 97.8),
                                 skull(73.2, 98.2),  skull(69.5, 106),   skull(62, 122),     skull(55, 137)};
constexpr std::array kSkullBase{skull(133.5, 91),   skull(112, 96),     skull(99, 97.2),    skull(88, 98),
                                skull(87.6, 103),   skull(85.8, 107.7), skull(81.6, 109.5), skull(77.3, 107.6),
                                skull(75.6, 102.5), skull(76.2, 97.8),  skull(73.2, 98.2),  skull(62, 122),
                                skull(50, 145),     skull(57, 142),     skull(70, 131),     skull(84, 122),
                                skull(92, 117),     skull(99, 107),     skull(116, 102),    skull(131, 97)};
constexpr std::array kSellaHollow{skull(86.6, 99.5),  skull(86.4, 104.5), skull(84.4, 107.2), skull(81.4, 108.2),
                                  skull(78.5, 106.8), skull(76.9, 103),   skull(77.4, 99),    skull(82, 98.4)};
constexpr std::array kEarRing{mark(4),
                              skull(63.9, 122.8),
                              skull(65.3, 126.2),
                              skull(63.7, 129.8),
                              skull(60.2, 131.2),
                              skull(56.7, 129.7),
                              skull(55.3, 126.2),
                              skull(56.7, 122.7)};
constexpr std::array kMastoid{skull(68, 119), skull(52, 117.5), skull(42, 124), skull(44, 138),
                              skull(50, 150), skull(56, 145),   skull(66, 133)};
// Crosses the back of the ramus at articulare.
constexpr std::array kTemporalEdge{skull(84, 122), skull(76.5, 127.4), mark(19), skull(59.5, 138), skull(51, 143.5)};
constexpr std::array kDens{skull(55, 148), skull(59, 150), skull(62, 168),
                           skull(60, 173), skull(47, 172), skull(48, 164)};
constexpr std::array kVertebra3{skull(62, 177), skull(62.6, 188), skull(48.5, 187), skull(47.6, 176)};
constexpr std::array kVertebra4{skull(63, 192), skull(63.2, 203), skull(49, 202.5), skull(48.6, 191)};
constexpr std::array kVertebra5{skull(63, 207), skull(62, 218), skull(47.8, 217), skull(49, 206)};
constexpr std::array kVertebra6{skull(61.5, 222), skull(60, 233), skull(46, 231.5), skull(47.4, 221)};
constexpr std::array kSpines{skull(47, 172), skull(36, 178), skull(32, 190), skull(34, 210),
                             skull(30, 236), skull(44, 236), skull(46, 212), skull(47, 190)};
constexpr std::array kHyoid{between(90, 207), between(97, 205.5), between(102.5, 208), between(99, 211)};
constexpr std::array kPharynx{skull(93, 132), skull(94, 145), skull(90, 160), skull(89, 178), skull(91, 200),
                              skull(88, 226), skull(80, 250), skull(72, 250), skull(77, 224), skull(79, 200),
                              skull(79, 178), skull(80, 158), skull(83, 143), skull(87, 133)};
constexpr std::array kSphenoidSinus{skull(88.5, 108), skull(94, 103.5), skull(98.5, 107),
                                    skull(96, 115),   skull(88, 118),   skull(84, 114)};
// Grooves of vessels and the coronal suture.
constexpr std::array kVesselFront{skull(98, 92), skull(103, 74), skull(112, 58), skull(116, 42)};
constexpr std::array kVesselBack{skull(92, 90), skull(82, 72), skull(66, 58), skull(52, 50)};
constexpr std::array kCoronalSuture{skull(107, 21), skull(104.5, 31), skull(106.5, 41), skull(103, 52), skull(104, 64)};
constexpr std::array kSoftPalate{skull(99, 142),   skull(101, 147),  skull(96, 153.5), skull(91.5, 162),
                                 skull(88.6, 163), skull(89.6, 154), skull(94, 146.5)};

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
    TemplateShape{"petrous bone", Tissue::bone, kArea, true, 0.40, 2.4, kMastoid},
    TemplateShape{"ear canal", Tissue::cavity, kArea, true, -0.42, 0.7, kEarRing},
    TemplateShape{"ear ring", Tissue::bone, kLine, true, 0.46, 1.2, kEarRing},
    TemplateShape{"temporal edge", Tissue::bone, kLine, false, 0.56, 1.3, kTemporalEdge},
    TemplateShape{"pharynx", Tissue::cavity, kArea, true, -0.30, 1.2, kPharynx},
    TemplateShape{"second vertebra", Tissue::bone, kArea, true, 0.42, 0.7, kDens},
    TemplateShape{"third vertebra", Tissue::bone, kArea, true, 0.40, 0.7, kVertebra3},
    TemplateShape{"fourth vertebra", Tissue::bone, kArea, true, 0.40, 0.7, kVertebra4},
    TemplateShape{"fifth vertebra", Tissue::bone, kArea, true, 0.40, 0.7, kVertebra5},
    TemplateShape{"sixth vertebra", Tissue::bone, kArea, true, 0.40, 0.7, kVertebra6},
    TemplateShape{"spinous processes", Tissue::bone, kArea, true, 0.22, 2.0, kSpines},
    TemplateShape{"hyoid", Tissue::bone, kArea, true, 0.40, 0.6, kHyoid},
    TemplateShape{"sphenoid sinus", Tissue::cavity, kArea, true, -0.14, 0.9, kSphenoidSinus},
    TemplateShape{"front vessel", Tissue::cavity, kLine, false, -0.05, 1.6, kVesselFront},
    TemplateShape{"back vessel", Tissue::cavity, kLine, false, -0.05, 1.6, kVesselBack},
    TemplateShape{"coronal suture", Tissue::cavity, kLine, false, -0.09, 1.1, kCoronalSuture},
    TemplateShape{"soft palate", Tissue::soft, kArea, true, 0.2, 0.7, kSoftPalate},
};

}  // namespace

std::span<const TemplateShape> head_shapes() {
  return kShapes;
}

}  // namespace hpctrain::pack
