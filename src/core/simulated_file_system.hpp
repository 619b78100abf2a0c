// The file system's twin for tests: in memory, counts operations, can crash before any of them, fail any of them, and
// shows what a power loss leaves. As strict as POSIX allows: nothing survives that was not synced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "core/file_system.hpp"

namespace hpctrain {

/// Thrown at the chosen operation and by every later one: a dead process touches nothing any more. Not an Error, so
/// that code which tidies up after errors cannot mistake it for one.
class SimulatedCrash : public std::exception {
 public:
  const char* what() const noexcept override { return "simulated crash"; }
};

/// What the disk kept of that which was never synced.
struct PowerLoss {
  bool keeps_data = false;     ///< bytes written but not synced
  bool keeps_entries = false;  ///< creations, renames and removals in folders that were not synced
  bool tears_last_write =
      false;  ///< of the unsynced bytes of each file, the last write keeps its first half; zeros follow
};

class SimulatedFileSystem final : public FileSystem {
 public:
  SimulatedFileSystem();
  ~SimulatedFileSystem() override;
  SimulatedFileSystem(SimulatedFileSystem&&) noexcept;
  SimulatedFileSystem& operator=(SimulatedFileSystem&&) noexcept;

  std::unique_ptr<WritableFile> create_file(const std::filesystem::path& path) override;
  std::string read_file(const std::filesystem::path& path) override;
  bool exists(const std::filesystem::path& path) override;
  std::uint64_t file_bytes(const std::filesystem::path& path) override;
  std::vector<std::string> list_folder(const std::filesystem::path& folder) override;
  void create_folders(const std::filesystem::path& folder) override;
  void rename_replacing(const std::filesystem::path& from, const std::filesystem::path& to) override;
  void rename_no_replace(const std::filesystem::path& from, const std::filesystem::path& to) override;
  void remove_all(const std::filesystem::path& path) override;
  void sync_folder(const std::filesystem::path& folder) override;

  /// Operations so far: every call above and every write, sync and close of a file, failed ones included.
  std::uint64_t operations() const;
  /// What each of them was, "write /run/a.tmp 12 bytes", for the message of a failing test.
  std::vector<std::string> operation_log() const;

  /// Crashes instead of carrying out operation `index` (the first ever is 0).
  void crash_at(std::uint64_t index);
  /// Fails operation `index` with this errno. A failing write writes half; a failing sync loses the unsynced bytes for
  /// good, although a second sync of the file reports success.
  void fail_at(std::uint64_t index, int error_number);
  /// Fails every create, write, sync, rename and new folder from operation `index` on: a disk that stays full.
  void fail_changes_from(std::uint64_t index, int error_number);
  /// Whether a crash or failure was injected; a fault test that injected none proves nothing.
  bool has_injected() const;

  /// A fresh file system with what a machine finds when it comes back. Works after a crash and without one.
  SimulatedFileSystem after_power_loss(const PowerLoss& loss = {}) const;
  /// The same for a killed process: the kernel still has everything but what a failed sync lost.
  SimulatedFileSystem after_kill() const { return after_power_loss({.keeps_data = true, .keeps_entries = true}); }

 private:
  class State;
  class File;
  explicit SimulatedFileSystem(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace hpctrain
