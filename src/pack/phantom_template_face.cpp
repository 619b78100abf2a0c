// The face: nose, orbit, cheek, both jaws and their teeth.
// Coordinates read off by eye from drawings of lateral cephalograms in textbooks, then fitted to the mean landmarks.
#include "pack/phantom_template.hpp"

#include <array>

namespace hpctrain::pack {
namespace {

/// A tooth by the middle of its biting surface, its widths and lengths in mm; `down` is 1 for lower teeth, -1 for
/// upper.
constexpr std::array<TemplatePoint, 8> tooth(FilmPoint bite, double width, double crown, double root, double down,
                                             Follows crown_follows, Follows root_follows) {
  const double half = width / 2, neck = bite.y + down * crown, apex = neck + down * root;
  return {TemplatePoint{bite.x - half, bite.y + down * 0.8, crown_follows},
          TemplatePoint{bite.x, bite.y, crown_follows},
          TemplatePoint{bite.x + half, bite.y + down * 0.8, crown_follows},
          TemplatePoint{bite.x + 0.84 * half, neck, crown_follows},
          TemplatePoint{bite.x + 0.4 * half, apex - down * 0.6, root_follows},
          TemplatePoint{bite.x - 0.1 * half, apex, root_follows},
          TemplatePoint{bite.x - 0.55 * half, apex - down * 1.2, root_follows},
          TemplatePoint{bite.x - 0.84 * half, neck, crown_follows}};
}

constexpr std::array kNasalBone{mark(2),
                                skull(143.2, 103.6),
                                skull(148.8, 112.5),
                                skull(152, 118.5),
                                skull(146.5, 112.5),
                                skull(140.2, 105.5),
                                skull(135.8, 100.5)};
constexpr std::array kNasalFront{mark(2), skull(143.2, 103.6), skull(148.8, 112.5), skull(152, 118.5)};
constexpr std::array kNasalSuture{mark(2), skull(136.8, 98.2), skull(133, 99)};
constexpr std::array kFrontalSinus{skull(139.8, 78), skull(140.6, 86), skull(137.6, 91), skull(136.4, 85)};
constexpr std::array kOrbit{skull(135.5, 101),   skull(124, 100.5), skull(115.5, 105),   skull(114.5, 112),
                            skull(119.5, 118.2), mark(3),           skull(133.6, 118.4), skull(136.2, 110)};
constexpr std::array kOrbitRim{skull(114.5, 112), skull(119.5, 118.2), mark(3), skull(133.6, 118.4), skull(136.2, 110)};
constexpr std::array kOrbitLip{skull(125, 120.7), mark(3), skull(132, 120)};
constexpr std::array kCheek{mark(3),           skull(124.5, 128), skull(119.5, 138), skull(113, 141.5),
                            skull(108.5, 134), skull(108, 122),   skull(114.5, 113), skull(120, 119.5)};
constexpr std::array kCheekRidge{skull(115.5, 122), skull(113.8, 132), skull(111.5, 140.5), skull(108.5, 132),
                                 skull(106.5, 121)};
constexpr std::array kPterygoidFissure{skull(99.5, 117), skull(102, 122),  skull(100.5, 131),
                                       skull(98.2, 138), skull(96.8, 130), skull(96.6, 121)};
constexpr std::array kMaxilla{mark(18),
                              mark(18),
                              skull(138.9, 146.6),
                              skull(138.6, 149.2),
                              mark(5),
                              skull(140.9, 156.4),
                              skull(142.6, 161.2),
                              skull(138.2, 163),
                              skull(133.6, 160),
                              skull(128, 153.6),
                              skull(119, 149.2),
                              skull(108, 147),
                              mark(17),
                              mark(17),
                              skull(106, 142.4),
                              skull(120, 142.8),
                              skull(134, 143.5)};
constexpr std::array kAlveolusUpper{skull(138, 147),   skull(141.6, 161), skull(133, 161), skull(120, 159.4),
                                    skull(103, 155.5), skull(101, 147),   skull(118, 145)};
constexpr std::array kNasalFloor{mark(18), skull(134, 143.5), skull(120, 142.8), skull(106, 142.4), mark(17)};
constexpr std::array kPalate{mark(17), skull(108, 147), skull(119, 149.2), skull(128, 153.6), skull(133.6, 160)};
constexpr std::array kMaxillaFront{mark(18), skull(138.9, 146.6), skull(138.6, 149.2),
                                   mark(5),  skull(140.9, 156.4), skull(142.6, 161.2)};
constexpr std::array kMaxillarySinus{skull(131, 126), skull(134, 136), skull(128, 143), skull(114, 145),
                                     skull(105, 141), skull(104, 129), skull(113, 122)};
constexpr std::array kUpperIncisor{mark(12),
                                   mark(12),
                                   skull(145, 166),
                                   skull(143.9, 160.6),
                                   skull(140.2, 153.6),
                                   skull(136.6, 148.2),
                                   skull(135.6, 150.6),
                                   skull(137.2, 156.6),
                                   skull(138.6, 162),
                                   skull(141.4, 166.6)};
constexpr std::array kUpperCrown{mark(12),          mark(12),          skull(145, 166),    skull(143.9, 160.6),
                                 skull(141, 160.4), skull(138.6, 162), skull(141.4, 166.6)};
constexpr std::array kUpperEdge{skull(144.6, 165), mark(12), skull(142.2, 167.2)};
constexpr std::array kLowerIncisor{mark(11, Follows::jaw), mark(11, Follows::jaw), jaw(142.4, 173.4), jaw(140.6, 178.6),
                                   jaw(136.6, 185.6),      jaw(131.6, 191),        jaw(131.4, 187.6), jaw(134, 182),
                                   jaw(136, 176.6),        jaw(139.6, 172.4)};
constexpr std::array kLowerCrown{mark(11, Follows::jaw), mark(11, Follows::jaw), jaw(142.4, 173.4), jaw(140.6, 178.6),
                                 jaw(138, 178),          jaw(136, 176.6),        jaw(139.6, 172.4)};
constexpr std::array kLowerEdge{jaw(142.5, 173.4), mark(11, Follows::jaw), jaw(140, 172.2)};
constexpr std::array kMandible{
    mark(7, Follows::jaw),  mark(9, Follows::jaw), mark(8, Follows::jaw),  jaw(119, 203),     jaw(106, 196),
    jaw(92, 188),           jaw(80.5, 181.6),      mark(10, Follows::jaw), jaw(69.6, 163.5),  jaw(68.4, 148),
    mark(19, Follows::jaw), jaw(65.8, 127.4),      jaw(69.2, 123.2),       jaw(73.6, 125),    jaw(74.6, 131),
    jaw(79.5, 138),         jaw(87.5, 133.5),      jaw(92.5, 140),         jaw(93.5, 154),    jaw(97, 166),
    jaw(108, 174),          jaw(122, 178),         jaw(133.5, 178.4),      jaw(139.8, 177.6), jaw(138.2, 181.4),
    mark(6, Follows::jaw),  jaw(134.6, 192)};
constexpr std::array kChin{jaw(139.8, 177.6),     jaw(138.2, 181.4),     mark(6, Follows::jaw), jaw(134.6, 192),
                           mark(7, Follows::jaw), mark(9, Follows::jaw), mark(8, Follows::jaw), jaw(119, 203),
                           jaw(106, 196),         jaw(92, 188),          jaw(80.5, 181.6)};
constexpr std::array kRamusBack{jaw(80.5, 181.6), mark(10, Follows::jaw), jaw(69.6, 163.5),
                                jaw(68.4, 148),   mark(19, Follows::jaw), jaw(65.8, 127.4),
                                jaw(69.2, 123.2), jaw(73.6, 125),         jaw(74.6, 131)};
constexpr std::array kSymphysisBack{jaw(134, 182), jaw(128.4, 189), jaw(124.4, 196), jaw(124.4, 201),
                                    mark(8, Follows::jaw)};
constexpr std::array kNerveCanal{jaw(80, 148), jaw(84, 166), jaw(97, 180), jaw(116, 188)};
constexpr std::array kNasalCavity{skull(143.5, 110), skull(147, 124),   skull(146, 137),
                                  skull(138, 141.5), skull(122, 140.5), skull(106, 139.5),
                                  skull(107, 131),   skull(124, 126),   skull(137, 120)};
constexpr std::array kOrbitRoof{skull(112, 108), skull(116, 101.5), skull(125, 98.6), skull(135, 99.5)};
constexpr std::array kUpperCanine = tooth({134.6, 167.8}, 6.4, 8.4, 12, -1, Follows::skull, Follows::skull);
constexpr std::array kUpperFirstPremolar = tooth({128.2, 166.5}, 6.0, 7.4, 10, -1, Follows::skull, Follows::skull);
constexpr std::array kUpperSecondPremolar = tooth({122.0, 165.2}, 6.0, 7.0, 10, -1, Follows::skull, Follows::skull);
constexpr std::array kUpperFirstMolar = tooth({114.0, 163.5}, 9.4, 6.6, 9.5, -1, Follows::skull, Follows::skull);
constexpr std::array kUpperSecondMolar = tooth({104.2, 161.5}, 9.2, 6.4, 8.5, -1, Follows::skull, Follows::skull);
constexpr std::array kLowerCanine = tooth({131.6, 168.4}, 6.0, 8.6, 12, 1, Follows::both, Follows::jaw);
constexpr std::array kLowerFirstPremolar = tooth({125.4, 167.1}, 6.0, 7.4, 11, 1, Follows::both, Follows::jaw);
constexpr std::array kLowerSecondPremolar = tooth({119.1, 165.8}, 6.2, 7.0, 11, 1, Follows::both, Follows::jaw);
constexpr std::array kLowerFirstMolar = tooth({110.5, 164.0}, 10.4, 6.6, 10, 1, Follows::both, Follows::jaw);
constexpr std::array kLowerSecondMolar = tooth({100.2, 161.8}, 9.6, 6.2, 9, 1, Follows::both, Follows::jaw);

constexpr auto kArea = Drawing::area;
constexpr auto kLine = Drawing::line;
constexpr std::array kShapes{
    TemplateShape{"nasal bone", Tissue::bone, kArea, true, 0.34, 0.4, kNasalBone},
    TemplateShape{"nasal front", Tissue::bone, kLine, false, 0.36, 1.0, kNasalFront},
    TemplateShape{"frontonasal suture", Tissue::cavity, kLine, false, -0.40, 0.9, kNasalSuture},
    TemplateShape{"frontal sinus", Tissue::cavity, kArea, true, -0.34, 0.8, kFrontalSinus},
    TemplateShape{"orbit", Tissue::cavity, kArea, true, -0.12, 0.8, kOrbit},
    TemplateShape{"orbital rim", Tissue::bone, kLine, false, 0.42, 1.2, kOrbitRim},
    TemplateShape{"orbitale", Tissue::bone, kLine, false, 0.42, 1.6, kOrbitLip},
    TemplateShape{"cheek bone", Tissue::bone, kArea, true, 0.24, 1.2, kCheek},
    TemplateShape{"cheek ridge", Tissue::bone, kLine, false, 0.2, 2.2, kCheekRidge},
    TemplateShape{"pterygoid fissure", Tissue::cavity, kArea, true, -0.20, 0.6, kPterygoidFissure},
    TemplateShape{"maxilla", Tissue::bone, kArea, true, 0.34, 0.4, kMaxilla},
    TemplateShape{"upper alveolus", Tissue::bone, kArea, true, 0.22, 1.5, kAlveolusUpper},
    TemplateShape{"nasal floor", Tissue::bone, kLine, false, 0.52, 1.1, kNasalFloor},
    TemplateShape{"palate", Tissue::bone, kLine, false, 0.34, 1.0, kPalate},
    TemplateShape{"maxilla front", Tissue::bone, kLine, false, 0.38, 0.9, kMaxillaFront},
    TemplateShape{"maxillary sinus", Tissue::cavity, kArea, true, -0.16, 1.6, kMaxillarySinus},
    TemplateShape{"upper incisor", Tissue::tooth, kArea, true, 0.42, 0.3, kUpperIncisor},
    TemplateShape{"upper crown", Tissue::tooth, kArea, true, 0.80, 0.3, kUpperCrown},
    TemplateShape{"upper edge", Tissue::tooth, kLine, false, 0.60, 0.9, kUpperEdge},
    TemplateShape{"lower incisor", Tissue::tooth, kArea, true, 0.42, 0.3, kLowerIncisor},
    TemplateShape{"lower crown", Tissue::tooth, kArea, true, 0.70, 0.3, kLowerCrown},
    TemplateShape{"lower edge", Tissue::tooth, kLine, false, 0.50, 0.9, kLowerEdge},
    TemplateShape{"mandible", Tissue::bone, kArea, true, 0.42, 0.5, kMandible},
    TemplateShape{"chin", Tissue::bone, kLine, false, 0.50, 1.2, kChin},
    TemplateShape{"ramus", Tissue::bone, kLine, false, 0.50, 1.2, kRamusBack},
    TemplateShape{"symphysis", Tissue::bone, kLine, false, 0.36, 1.2, kSymphysisBack},
    TemplateShape{"nerve canal", Tissue::cavity, kLine, false, -0.12, 2.2, kNerveCanal},
    TemplateShape{"nasal cavity", Tissue::cavity, kArea, true, -0.10, 2.2, kNasalCavity},
    TemplateShape{"orbital roof", Tissue::bone, kLine, false, 0.24, 1.5, kOrbitRoof},
    TemplateShape{"upper canine", Tissue::tooth, kArea, true, 0.62, 0.4, kUpperCanine},
    TemplateShape{"upper first premolar", Tissue::tooth, kArea, true, 0.62, 0.4, kUpperFirstPremolar},
    TemplateShape{"upper second premolar", Tissue::tooth, kArea, true, 0.62, 0.4, kUpperSecondPremolar},
    TemplateShape{"upper first molar", Tissue::tooth, kArea, true, 0.62, 0.4, kUpperFirstMolar},
    TemplateShape{"upper second molar", Tissue::tooth, kArea, true, 0.62, 0.4, kUpperSecondMolar},
    TemplateShape{"lower canine", Tissue::tooth, kArea, true, 0.62, 0.4, kLowerCanine},
    TemplateShape{"lower first premolar", Tissue::tooth, kArea, true, 0.62, 0.4, kLowerFirstPremolar},
    TemplateShape{"lower second premolar", Tissue::tooth, kArea, true, 0.62, 0.4, kLowerSecondPremolar},
    TemplateShape{"lower first molar", Tissue::tooth, kArea, true, 0.62, 0.4, kLowerFirstMolar},
    TemplateShape{"lower second molar", Tissue::tooth, kArea, true, 0.62, 0.4, kLowerSecondMolar},
};

}  // namespace

std::span<const TemplateShape> face_shapes() {
  return kShapes;
}

}  // namespace hpctrain::pack
