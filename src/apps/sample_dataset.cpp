#include "apps/sample_dataset.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/storage_error.hpp"

namespace hpctrain::apps {
namespace {

constexpr const char* kClassNames = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot";
constexpr const char* kSourceFolder = "/usr/share/datasets/fashion-mnist";

/// Two jobs of one user that start together pack once: the second waits for the lock and finds the manifest.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& path)
      : descriptor_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    // Where the file system has no locks (some network mounts) the packer's own rename decides who wins.
    if (descriptor_ >= 0) flock(descriptor_, LOCK_EX);
  }
  ~FolderLock() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

Fault fault_of_exit_code(int code) {
  for (const Fault fault : {Fault::data, Fault::storage, Fault::usage}) {
    if (code == exit_code(fault)) return fault;
  }
  return Fault::bug;
}

void run_packer(const std::filesystem::path& folder) {
  const std::string program = packer_program().string();
  const std::string out = folder.string();
  std::array<const char*, 8> arguments = {program.c_str(), "idx",           kSourceFolder, "-o",
                                          out.c_str(),     "--class-names", kClassNames,   nullptr};
  pid_t child = 0;
  // What this program prints may be read by another one.
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  const int failure =
      posix_spawn(&child, program.c_str(), &actions, nullptr, const_cast<char* const*>(arguments.data()), environ);
  posix_spawn_file_actions_destroy(&actions);
  require(failure == 0, Fault::data, "cannot start " + program + "; install hpctrain-pack beside hpctrain");
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  require(code == 0, fault_of_exit_code(code),
          "packing the sample data set into " + out + " failed; its message stands above");
}

/// Empty where the user has no cache folder.
std::optional<std::filesystem::path> find_sample_dataset_folder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  std::filesystem::path base;
  if (cache != nullptr && *cache == '/') {
    base = cache;
  } else if (home != nullptr && *home != '\0') {
    base = std::filesystem::path(home) / ".cache";
  } else {
    return std::nullopt;
  }
  return base / "hpctrain" / "sample" / "fashion-mnist-v1";
}

}  // namespace

std::filesystem::path sample_dataset_folder() {
  const auto folder = find_sample_dataset_folder();
  require(folder.has_value(), Fault::usage,
          "the sample data set needs a cache folder, but neither XDG_CACHE_HOME nor HOME is set; set one, or give "
          "--data DIR");
  return *folder;
}

bool is_sample_dataset(const std::filesystem::path& folder) {
  return folder == find_sample_dataset_folder();
}

void make_sample_dataset(const std::filesystem::path& folder) {
  const auto manifest = folder / "manifest.h5";
  if (std::filesystem::exists(manifest)) return;
  require(std::filesystem::exists(std::filesystem::path(kSourceFolder) / "train-images-idx3-ubyte.gz"), Fault::data,
          std::string(kSourceFolder) +
              ": the sample data set's files are missing; run `apt-get install dataset-fashion-mnist`, or give "
              "--data DIR with a data set packed by hpctrain-pack");
  std::error_code error;
  std::filesystem::create_directories(folder.parent_path(), error);
  if (error) throw storage_error("create", folder.parent_path(), error.value());
  const FolderLock lock(folder.parent_path() / "fashion-mnist-v1.lock");
  if (std::filesystem::exists(manifest)) return;
  log_info("packing the sample data set (Fashion-MNIST) into {}", folder.string());
  run_packer(folder);
}

std::filesystem::path packer_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path("hpctrain-pack") : self.parent_path() / "hpctrain-pack";
}

}  // namespace hpctrain::apps
