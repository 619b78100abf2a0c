// Checkpoint files that somebody damaged at random: refused, never a crash, never a wrong tensor.
#include "support/mutants.hpp"
#include "checkpoint/defect.hpp"
#include "support/sample_run.hpp"

namespace hpctrain::checkpoint {
namespace {

std::string sound_file(const char* name) {
  SimulatedFileSystem disk = make_disk();
  Start(disk).save(1);
  return disk.read_file(step_folder(1) / name);
}

TEST(Mutants, OfSafetensorsAreRefusedOrRead) {
  test::expect_survives_mutants(sound_file(kModelFile), 20'000, {Fault::data},
                                [](const std::string& bytes) { read_safetensors(bytes, "mutant"); });
}

TEST(Mutants, OfAManifestAreRefused) {
  const std::string sound = sound_file(kManifestFile);
  test::expect_survives_mutants(sound, 10'000, {Fault::no_checkpoint, Fault::usage}, [&](const std::string& text) {
    const Manifest manifest = parse_manifest(text);
    EXPECT_EQ(format_manifest(manifest), format_manifest(parse_manifest(sound))) << text;
  });
}

}  // namespace
}  // namespace hpctrain::checkpoint
