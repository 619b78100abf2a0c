// A ledger damaged at random: its records are read as far as they are whole, or refused with one data error.
#include "support/mutants.hpp"

#include "core/simulated_file_system.hpp"
#include "sweep/ledger.hpp"

namespace hpctrain::sweep {
namespace {

constexpr const char* kFolder = "/sweep/ledger";

/// Three trials, two of them ended; the name of the file they stand in.
std::filesystem::path write_ledger(FileSystem& files) {
  Ledger ledger(files, kFolder, "one");
  for (const char* rate : {"0.1", "0.2", "0.3"}) {
    const Parameters parameters = {{"optim.lr", rate}};
    ledger.add_lease({digest_parameters(parameters), parameters});
    if (std::string(rate) == "0.3") continue;
    ledger.add_score(digest_parameters(parameters), {{.epoch = 1, .metric = 0.25, .steps = 10}, false});
    TrialOutcome outcome{TrialState::done};
    outcome.metric = 0.5;
    ledger.add_outcome(digest_parameters(parameters), outcome);
  }
  ledger.commit();
  return std::filesystem::path(kFolder) / files.list_folder(kFolder).front();
}

TEST(Mutants, OfALedgerAreRefusedOrRead) {
  SimulatedFileSystem sound_files;
  const std::filesystem::path segment = write_ledger(sound_files);
  hpctrain::test::expect_survives_mutants(sound_files.read_file(segment), 3'000, {Fault::data, Fault::usage},
                                          [&](const std::string& bytes) {
                                            SimulatedFileSystem files = sound_files.after_kill();
                                            files.remove_all(segment);
                                            files.create_file(segment)->write(std::as_bytes(std::span(bytes)));
                                            const Ledger ledger(files, kFolder, "one");
                                            EXPECT_LE(ledger.entries().size(), 3u);
                                            for (const LedgerEntry& entry : ledger.entries()) {
                                              EXPECT_EQ(entry.trial.digest, digest_parameters(entry.trial.parameters));
                                            }
                                          });
}

}  // namespace
}  // namespace hpctrain::sweep
