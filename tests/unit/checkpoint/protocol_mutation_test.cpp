// Proof that the crash tests can fail: each mutation leaves one thing of the commit out, or does it too early, and must
// be caught by crashes and power losses somewhere.
#include <cstdio>
#include <functional>
#include <memory>
#include <utility>

#include "checkpoint/manifest.hpp"
#include "core/digest.hpp"
#include "support/forwarding_file_system.hpp"
#include "support/sample_run.hpp"

namespace hpctrain::checkpoint {
namespace {

using Path = std::filesystem::path;

constexpr PowerLoss kPowerLosses[] = {
    {},
    {.keeps_data = true},
    {.keeps_entries = true},
    {.keeps_data = true, .keeps_entries = true},
    {.keeps_entries = true, .tears_last_write = true},
};

/// A file whose sync does nothing, or comes only with `is_late` set: then its name was changed before its bytes were
/// safe.
class UnsyncedFile final : public WritableFile {
 public:
  explicit UnsyncedFile(std::shared_ptr<WritableFile> inner) : inner_(std::move(inner)) {}
  void write(std::span<const std::byte> bytes) override { inner_->write(bytes); }
  void sync() override {}
  void close() override {}

 private:
  std::shared_ptr<WritableFile> inner_;
};

/// Does not sync files of this name.
class WithoutSyncOf final : public ForwardingFileSystem {
 public:
  WithoutSyncOf(FileSystem& inner, std::string name) : ForwardingFileSystem(inner), name_(std::move(name)) {}
  std::unique_ptr<WritableFile> create_file(const Path& path) override {
    auto file = ForwardingFileSystem::create_file(path);
    if (path.filename() != name_) return file;
    return std::make_unique<UnsyncedFile>(std::move(file));
  }

 private:
  std::string name_;
};

/// Does not sync folders whose name begins so.
class WithoutSyncOfFolder final : public ForwardingFileSystem {
 public:
  WithoutSyncOfFolder(FileSystem& inner, std::string prefix)
      : ForwardingFileSystem(inner), prefix_(std::move(prefix)) {}
  void sync_folder(const Path& folder) override {
    if (!folder.filename().string().starts_with(prefix_)) ForwardingFileSystem::sync_folder(folder);
  }

 private:
  std::string prefix_;
};

/// Syncs the files of a checkpoint only after its folder has its final name.
class RenamesBeforeSync final : public ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;
  std::unique_ptr<WritableFile> create_file(const Path& path) override {
    const std::shared_ptr<WritableFile> file = ForwardingFileSystem::create_file(path);
    late_.push_back(file);
    return std::make_unique<UnsyncedFile>(file);
  }
  void rename_no_replace(const Path& from, const Path& to) override {
    ForwardingFileSystem::rename_no_replace(from, to);
    for (const auto& file : late_) file->sync();
    late_.clear();
  }

 private:
  std::vector<std::shared_ptr<WritableFile>> late_;
};

/// Writes the checkpoint under its final name from the start.
class WithoutTemporary final : public ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;
  std::unique_ptr<WritableFile> create_file(const Path& path) override {
    return ForwardingFileSystem::create_file(final_name(path));
  }
  void create_folders(const Path& folder) override { ForwardingFileSystem::create_folders(final_name(folder)); }
  void sync_folder(const Path& folder) override { ForwardingFileSystem::sync_folder(final_name(folder)); }
  void rename_no_replace(const Path& from, const Path& to) override {
    if (final_name(from) != to) ForwardingFileSystem::rename_no_replace(from, to);
  }

 private:
  static Path final_name(const Path& path) {
    const Path temporary = checkpoints_folder(kRun) / ".tmp-step-0000000003-1";
    const std::string text = path.string();
    return text.starts_with(temporary.string()) ? Path(step_folder(3).string() + text.substr(temporary.string().size()))
                                                : path;
  }
};

/// Deletes the checkpoint before when the new one gets its name, before that name is safe.
class DeletesTheOldTooEarly final : public ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;
  void rename_no_replace(const Path& from, const Path& to) override {
    if (to == step_folder(3)) {
      ForwardingFileSystem::remove_all(step_folder(2));
      ForwardingFileSystem::sync_folder(checkpoints_folder(kRun));
    }
    ForwardingFileSystem::rename_no_replace(from, to);
  }
};

/// Points LATEST at the checkpoint before it is there.
class AdvancesLatestEarly final : public ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;
  void rename_no_replace(const Path& from, const Path& to) override {
    if (to == step_folder(3)) write_file_durably(inner_, kRun / "LATEST", "ckpt/" + step_folder_name(3) + "\n");
    ForwardingFileSystem::rename_no_replace(from, to);
  }
};

/// Shows every manifest with the digests that its files have now, so that comparing them proves nothing.
class SkipsFileDigests final : public ForwardingFileSystem {
 public:
  using ForwardingFileSystem::ForwardingFileSystem;
  std::string read_file(const Path& path) override {
    const std::string text = ForwardingFileSystem::read_file(path);
    if (path.filename() != kManifestFile) return text;
    Manifest manifest = parse_manifest(text);
    for (auto& [name, seal] : manifest.files) {
      const std::string bytes = ForwardingFileSystem::read_file(path.parent_path() / name);
      seal = {bytes.size(), Xxh3_128().update(bytes_of(bytes)).hex()};
    }
    return format_manifest(manifest);
  }
};

using Mutation = std::function<std::unique_ptr<FileSystem>(FileSystem&)>;

template <typename Kind, typename... Arguments>
Mutation mutation(Arguments... arguments) {
  return [=](FileSystem& inner) { return std::make_unique<Kind>(inner, arguments...); };
}

/// What a start finds, without expectations of its own.
bool is_sound(FileSystem& files, std::uint64_t oldest) {
  try {
    const Path hint = kRun / "LATEST";
    if (files.exists(hint) && !files.exists(kRun / Path(files.read_file(hint).substr(0, 20)))) return false;
    Start start(files);
    TrainingState state = make_state(0);
    const auto restored = start.store().restore_newest(state);
    // A crash alone damages nothing: whatever has a final name is whole.
    return restored && restored->warnings.empty() && restored->step >= oldest && restored->step <= 3 &&
           state_digest(state) == state_digest(make_state(restored->step));
  } catch (const Error&) {
    return false;
  }
}

/// Crashes the third save at each operation; how many of the disks found afterwards hold neither old nor new, or lack
/// what a returned save promised.
std::size_t count_violations(const Mutation& mutate) {
  std::size_t violations = 0;
  for (std::uint64_t k = 0;; ++k) {
    SimulatedFileSystem disk = make_disk();
    const auto files = mutate(disk);
    Start start(*files, 1);
    start.save(2);
    disk.crash_at(disk.operations() + k);
    bool has_returned = false;
    try {
      start.save(3);
      has_returned = true;
    } catch (const std::exception&) {
    }
    for (const PowerLoss& loss : kPowerLosses) {
      SimulatedFileSystem revived = disk.after_power_loss(loss);
      if (!is_sound(revived, has_returned ? 3 : 2)) ++violations;
    }
    if (!disk.has_injected()) return violations;
  }
}

TEST(ProtocolMutation, NoneBreaksNothing) {
  EXPECT_EQ(count_violations(mutation<ForwardingFileSystem>()), 0U);
}

TEST(ProtocolMutation, OfAnyKindIsCaught) {
  const std::pair<const char*, Mutation> mutations[] = {
      {"model.safetensors is not synced", mutation<WithoutSyncOf>(std::string(kModelFile))},
      {"optimizer.safetensors is not synced", mutation<WithoutSyncOf>(std::string(kOptimizerFile))},
      {"MANIFEST.json is not synced", mutation<WithoutSyncOf>(std::string(kManifestFile))},
      {"the temporary folder is not synced", mutation<WithoutSyncOfFolder>(std::string(".tmp-"))},
      {"ckpt/ is not synced after the rename", mutation<WithoutSyncOfFolder>(std::string("ckpt"))},
      {"the folder is renamed before its files are synced", mutation<RenamesBeforeSync>()},
      {"files are written under their final name", mutation<WithoutTemporary>()},
      {"the old checkpoint is deleted before the commit", mutation<DeletesTheOldTooEarly>()},
      {"LATEST is advanced before the commit", mutation<AdvancesLatestEarly>()},
  };
  for (const auto& [name, mutate] : mutations) {
    const std::size_t violations = count_violations(mutate);
    std::printf("  %-52s %4zu disks broken\n", name, violations);
    EXPECT_GT(violations, 0U) << name;
  }
}

/// Flips a bit in each byte of the newest weights; how many of the flips a start takes for a sound checkpoint.
std::size_t count_trusted_flips(const Mutation& mutate) {
  SimulatedFileSystem disk = make_disk();
  Start(disk).save(1);
  const auto weights = step_folder(1) / kModelFile;
  const std::string sound = disk.read_file(weights);
  std::size_t trusted = 0;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    std::string flipped = sound;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    overwrite(disk, weights, flipped);
    try {
      load_checkpoint(*mutate(disk), step_folder(1));
      ++trusted;
    } catch (const Error&) {
    }
  }
  return trusted;
}

TEST(ProtocolMutation, SkippingTheDigestsTrustsDamagedWeights) {
  EXPECT_EQ(count_trusted_flips(mutation<ForwardingFileSystem>()), 0U);
  EXPECT_GT(count_trusted_flips(mutation<SkipsFileDigests>()), 0U);
}

}  // namespace
}  // namespace hpctrain::checkpoint
