// INI files damaged at random: entries or one usage error.
#include "support/mutants.hpp"

#include "config/ini_file.hpp"

namespace hpctrain::config {
namespace {

TEST(Mutants, OfAnIniFileAreRefusedOrRead) {
  const std::string sound =
      "# a run\n[train]\nepochs = 5\nbatch = \"128\" # global\nlr = 0.1, 0.03\n\n[data]\ndir = /data/set one\n";
  test::expect_survives_mutants(sound, 50'000, {Fault::usage},
                                [](const std::string& text) { parse_ini(text, "mutant.ini"); });
}

}  // namespace
}  // namespace hpctrain::config
