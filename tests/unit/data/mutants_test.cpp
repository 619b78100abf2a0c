// The index's text damaged at random: an index or one data error.
#include "support/mutants.hpp"

#include "data/dataset_index.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

TEST(Mutants, OfAnIndexTextAreRefusedOrRead) {
  hpctrain::test::expect_survives_mutants(index_to_text(test::shared_fixture().index), 5'000, {Fault::data},
                                          [](const std::string& text) { index_from_text(text); });
}

}  // namespace
}  // namespace hpctrain::data
