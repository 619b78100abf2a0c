// The simulated disk behind the file system's calls: counts, injects, refuses what POSIX refuses.
#include "core/simulated_file_system.hpp"

#include <cerrno>
#include <mutex>
#include <optional>

#include "core/simulated_disk.hpp"
#include "core/storage_error.hpp"

namespace hpctrain {

namespace fs = std::filesystem;
using Node = SimulatedNode;
using NodePtr = std::shared_ptr<SimulatedNode>;

class SimulatedFileSystem::State {
 public:
  SimulatedDisk disk;
  std::mutex mutex;
  std::vector<std::string> log;
  std::optional<std::uint64_t> crash_index;
  std::map<std::uint64_t, int> failures;
  std::optional<std::pair<std::uint64_t, int>> changes_fail_from;
  bool has_injected = false;

  enum class Kind { reads, changes };

  /// Counts an operation; its errno when it is to fail, 0 otherwise.
  int begin(Kind kind, std::string text) {
    const std::uint64_t index = log.size();
    if (crash_index && index >= *crash_index) {
      has_injected = true;
      throw SimulatedCrash();
    }
    log.push_back(std::move(text));
    int error_number = 0;
    if (const auto failure = failures.find(index); failure != failures.end()) error_number = failure->second;
    const bool is_full = kind == Kind::changes && changes_fail_from && index >= changes_fail_from->first;
    if (is_full) error_number = changes_fail_from->second;
    if (error_number != 0) has_injected = true;
    return error_number;
  }

  void begin_or_throw(Kind kind, const std::string& action, const fs::path& path) {
    const int error_number = begin(kind, action + " " + path.string());
    if (error_number != 0) throw storage_error(action, path, error_number);
  }

  NodePtr require_folder(const std::string& action, const fs::path& path, const fs::path& folder) const {
    const NodePtr node = disk.find(folder);
    if (!node) throw storage_error(action, path, ENOENT);
    if (!node->is_folder) throw storage_error(action, path, ENOTDIR);
    return node;
  }

  NodePtr require_file(const std::string& action, const fs::path& path) const {
    const NodePtr node = disk.find(path);
    if (!node) throw storage_error(action, path, ENOENT);
    if (node->is_folder) throw storage_error(action, path, EISDIR);
    return node;
  }

  void rename(const fs::path& from, const fs::path& to, bool replaces) {
    const std::string action = "rename " + from.string() + " to";
    begin_or_throw(Kind::changes, action, to);
    const NodePtr node = disk.find(from);
    if (!node) throw storage_error(action, to, ENOENT);
    const NodePtr source = require_folder(action, to, SimulatedDisk::parent_of(from));
    const NodePtr target = require_folder(action, to, SimulatedDisk::parent_of(to));
    if (const NodePtr old = disk.find(to)) {
      if (!replaces) throw storage_error(action, to, EEXIST);
      if (old == node) return;
      if (old->is_folder != node->is_folder) throw storage_error(action, to, old->is_folder ? EISDIR : ENOTDIR);
      if (!old->entries.empty()) throw storage_error(action, to, ENOTEMPTY);
    }
    source->entries.erase(SimulatedDisk::name_of(from));
    target->entries[SimulatedDisk::name_of(to)] = node;
  }
};

class SimulatedFileSystem::File final : public WritableFile {
 public:
  File(std::shared_ptr<State> state, NodePtr node, fs::path path)
      : state_(std::move(state)), node_(std::move(node)), path_(std::move(path)) {}

  void write(std::span<const std::byte> bytes) override {
    const std::lock_guard lock(state_->mutex);
    require_open();
    const int error_number =
        state_->begin(State::Kind::changes, "write " + path_.string() + " " + std::to_string(bytes.size()) + " bytes");
    const std::size_t count = error_number == 0 ? bytes.size() : bytes.size() / 2;
    node_->last_write_begin = node_->contents.size();
    node_->contents.append(reinterpret_cast<const char*>(bytes.data()), count);
    if (error_number != 0) throw storage_error("write", path_, error_number);
  }

  void sync() override {
    const std::lock_guard lock(state_->mutex);
    require_open();
    const int error_number = state_->begin(State::Kind::changes, "sync " + path_.string());
    if (error_number != 0) {
      node_->has_lost_bytes = node_->contents.size() > node_->synced_contents.size();
      throw storage_error("sync", path_, error_number);
    }
    if (!node_->has_lost_bytes) node_->synced_contents = node_->contents;
  }

  void close() override {
    const std::lock_guard lock(state_->mutex);
    require_open();
    is_open_ = false;
    state_->begin_or_throw(State::Kind::reads, "close", path_);
  }

 private:
  void require_open() const { require_invariant(is_open_, "a closed file was used"); }

  std::shared_ptr<State> state_;
  NodePtr node_;
  fs::path path_;
  bool is_open_ = true;
};

SimulatedFileSystem::SimulatedFileSystem() : state_(std::make_shared<State>()) {}
SimulatedFileSystem::SimulatedFileSystem(std::shared_ptr<State> state) : state_(std::move(state)) {}
SimulatedFileSystem::~SimulatedFileSystem() = default;
SimulatedFileSystem::SimulatedFileSystem(SimulatedFileSystem&&) noexcept = default;
SimulatedFileSystem& SimulatedFileSystem::operator=(SimulatedFileSystem&&) noexcept = default;

std::unique_ptr<WritableFile> SimulatedFileSystem::create_file(const fs::path& path) {
  const std::lock_guard lock(state_->mutex);
  state_->begin_or_throw(State::Kind::changes, "create", path);
  const NodePtr folder = state_->require_folder("create", path, SimulatedDisk::parent_of(path));
  NodePtr& entry = folder->entries[SimulatedDisk::name_of(path)];
  if (entry) throw storage_error("create", path, EEXIST);
  entry = std::make_shared<Node>();
  return std::make_unique<File>(state_, entry, path);
}

std::string SimulatedFileSystem::read_file(const fs::path& path) {
  const std::lock_guard lock(state_->mutex);
  state_->begin_or_throw(State::Kind::reads, "read", path);
  return state_->require_file("read", path)->contents;
}

bool SimulatedFileSystem::exists(const fs::path& path) {
  const std::lock_guard lock(state_->mutex);
  state_->begin_or_throw(State::Kind::reads, "look at", path);
  return state_->disk.find(path) != nullptr;
}

std::uint64_t SimulatedFileSystem::file_bytes(const fs::path& path) {
  const std::lock_guard lock(state_->mutex);
  state_->begin_or_throw(State::Kind::reads, "measure", path);
  return state_->require_file("measure", path)->contents.size();
}

std::vector<std::string> SimulatedFileSystem::list_folder(const fs::path& folder) {
  const std::lock_guard lock(state_->mutex);
  state_->begin_or_throw(State::Kind::reads, "list", folder);
  std::vector<std::string> names;
  for (const auto& [name, node] : state_->require_folder("list", folder, folder)->entries) names.push_back(name);
  return names;
}

void SimulatedFileSystem::create_folders(const fs::path& folder) {
  const std::lock_guard lock(state_->mutex);
  state_->begin_or_throw(State::Kind::changes, "create folder", folder);
  if (!state_->disk.make_folders(folder)) throw storage_error("create folder", folder, ENOTDIR);
}

void SimulatedFileSystem::rename_replacing(const fs::path& from, const fs::path& to) {
  const std::lock_guard lock(state_->mutex);
  state_->rename(from, to, true);
}

void SimulatedFileSystem::rename_no_replace(const fs::path& from, const fs::path& to) {
  const std::lock_guard lock(state_->mutex);
  state_->rename(from, to, false);
}

void SimulatedFileSystem::remove_all(const fs::path& path) {
  const std::lock_guard lock(state_->mutex);
  // Removing needs no space, so a full disk (fail_changes_from) still allows it.
  state_->begin_or_throw(State::Kind::reads, "remove", path);
  const NodePtr folder = state_->disk.find(SimulatedDisk::parent_of(path));
  if (folder) folder->entries.erase(SimulatedDisk::name_of(path));
}

void SimulatedFileSystem::sync_folder(const fs::path& folder) {
  const std::lock_guard lock(state_->mutex);
  state_->begin_or_throw(State::Kind::changes, "sync folder", folder);
  const NodePtr node = state_->require_folder("sync folder", folder, folder);
  node->synced_entries = node->entries;
}

std::uint64_t SimulatedFileSystem::operations() const {
  const std::lock_guard lock(state_->mutex);
  return state_->log.size();
}

std::vector<std::string> SimulatedFileSystem::operation_log() const {
  const std::lock_guard lock(state_->mutex);
  return state_->log;
}

void SimulatedFileSystem::crash_at(std::uint64_t index) {
  const std::lock_guard lock(state_->mutex);
  state_->crash_index = index;
}

void SimulatedFileSystem::fail_at(std::uint64_t index, int error_number) {
  const std::lock_guard lock(state_->mutex);
  state_->failures[index] = error_number;
}

void SimulatedFileSystem::fail_changes_from(std::uint64_t index, int error_number) {
  const std::lock_guard lock(state_->mutex);
  state_->changes_fail_from = {index, error_number};
}

bool SimulatedFileSystem::has_injected() const {
  const std::lock_guard lock(state_->mutex);
  return state_->has_injected;
}

SimulatedFileSystem SimulatedFileSystem::after_power_loss(const PowerLoss& loss) const {
  const std::lock_guard lock(state_->mutex);
  auto state = std::make_shared<State>();
  state->disk = state_->disk.after_power_loss(loss);
  return SimulatedFileSystem(std::move(state));
}

}  // namespace hpctrain
