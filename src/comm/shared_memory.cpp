#include "comm/shared_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "comm/anonymous_file.hpp"
#include "comm/host_name.hpp"
#include "core/integer_division.hpp"

namespace hpctrain::comm {

namespace {

constexpr std::size_t kPageBytes = 4096;

std::size_t whole_pages(std::size_t bytes) {
  return round_up(bytes, kPageBytes);
}

/// A lock of this open file on one byte: the kernel lets go of it when the process ends, however it ends.
struct flock lock_of(int rank) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = rank;
  lock.l_len = 1;
  return lock;
}

/// 0, or the errno of the failure: a signal is none.
int reserve(const OwnedDescriptor& file, std::size_t first, std::size_t bytes) {
  for (;;) {
    const int error = posix_fallocate(file.get(), static_cast<off_t>(first), static_cast<off_t>(bytes));
    if (error != EINTR) return error;
  }
}

}  // namespace

SharedMemory::SharedMemory(OwnedDescriptor file, std::byte* start, std::size_t head_bytes, std::size_t bytes_per_rank,
                           int ranks)
    : file_(std::move(file)),
      start_(start),
      head_bytes_(head_bytes),
      bytes_per_rank_(bytes_per_rank),
      total_bytes_(head_bytes + bytes_per_rank * static_cast<std::size_t>(ranks)) {}

SharedMemory::~SharedMemory() {
  munmap(start_, total_bytes_);
}

std::byte* SharedMemory::part(int rank) const noexcept {
  return start_ + head_bytes_ + bytes_per_rank_ * static_cast<std::size_t>(rank);
}

bool SharedMemory::is_held_by(int rank) const noexcept {
  struct flock lock = lock_of(rank);
  return fcntl(file_.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

/// This rank's part of the file, mapped with all others; null where there is not so much memory.
std::unique_ptr<SharedMemory> SharedMemory::take(Communicator& group, OwnedDescriptor file, std::size_t head_bytes,
                                                 std::size_t bytes_per_rank) {
  if (!file.is_open()) return nullptr;
  // Each rank asks for its own part: on a machine with several memory nodes it then lies near that rank. Without this
  // a lack of memory would show as SIGBUS in the middle of a step.
  const std::size_t first =
      group.is_leader() ? 0 : head_bytes + bytes_per_rank * static_cast<std::size_t>(group.rank());
  const std::size_t length = bytes_per_rank + (group.is_leader() ? head_bytes : 0);
  if (reserve(file, first, length) != 0) return nullptr;
  struct flock lock = lock_of(group.rank());
  if (fcntl(file.get(), F_OFD_SETLK, &lock) != 0) return nullptr;
  const std::size_t total = head_bytes + bytes_per_rank * static_cast<std::size_t>(group.size());
  void* start = mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (start == MAP_FAILED) return nullptr;
  return std::unique_ptr<SharedMemory>(
      new SharedMemory(std::move(file), static_cast<std::byte*>(start), head_bytes, bytes_per_rank, group.size()));
}

std::unique_ptr<SharedMemory> SharedMemory::make(Communicator& group, std::size_t head_bytes,
                                                 std::size_t bytes_per_rank) {
  const std::string host = broadcast_text(group, host_name(), 0);
  OwnedDescriptor file;
  if (group.is_leader()) file = make_anonymous_file("hpctrain-gradients");
  const std::string description =
      broadcast_text(group, file.is_open() ? describe_anonymous_file(file) : std::string(), 0);
  if (!group.is_leader() && host == host_name()) file = open_anonymous_file(description);
  auto memory = take(group, std::move(file), whole_pages(head_bytes), whole_pages(bytes_per_rank));
  // Until all have opened it the leader keeps it.
  std::int32_t is_shared = memory ? 1 : 0;
  group.all_reduce({&is_shared, 1, ElementType::i32}, ReduceOp::min);
  if (is_shared == 0) memory.reset();
  return memory;
}

}  // namespace hpctrain::comm
