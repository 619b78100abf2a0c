// Stands between a program and its disk (LD_PRELOAD) and makes the disk slow, for tests that plant causes:
//   SLOW_DISK_PATH     part of the path of slow files
//   SLOW_DISK_SECONDS  how long each read or sync of one of them takes longer
//   SLOW_DISK_RANK     only on this rank; unset: on all
#include <dlfcn.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

bool is_slow(int descriptor) {
  const std::string_view part = variable("SLOW_DISK_PATH"), rank = variable("SLOW_DISK_RANK");
  if (part.empty() || (!rank.empty() && rank != variable("OMPI_COMM_WORLD_RANK"))) return false;
  char target[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = ::readlink(link.c_str(), target, sizeof target);
  return length > 0 && std::string_view(target, static_cast<std::size_t>(length)).find(part) != std::string_view::npos;
}

void wait_if_slow(int descriptor) {
  if (!is_slow(descriptor)) return;
  std::this_thread::sleep_for(std::chrono::duration<double>(std::atof(variable("SLOW_DISK_SECONDS").data())));
}

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t preadv(int descriptor, const iovec* pieces, int count, off_t offset) {
  wait_if_slow(descriptor);
  return real<decltype(preadv)>("preadv")(descriptor, pieces, count, offset);
}

int fsync(int descriptor) {
  wait_if_slow(descriptor);
  return real<decltype(fsync)>("fsync")(descriptor);
}

}  // extern "C"
