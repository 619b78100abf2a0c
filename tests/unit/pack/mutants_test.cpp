// Doctors' files damaged at random: points inside the film or one data error.
#include "support/mutants.hpp"

#include "pack/isbi2015_annotation.hpp"
#include "unit/pack/support/isbi_fixture.hpp"

namespace hpctrain::pack {
namespace {

TEST(Mutants, OfAnAnnotationAreRefusedOrRead) {
  const std::string sound = test::joined(test::annotation_lines());
  hpctrain::test::expect_survives_mutants(sound, 20'000, {Fault::data}, [](const std::string& text) {
    parse_annotation(text, "mutant.txt", ImageSize{193, 240});
  });
}

}  // namespace
}  // namespace hpctrain::pack
