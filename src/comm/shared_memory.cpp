#include "comm/shared_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

#include "comm/host_name.hpp"
#include "core/integer_division.hpp"
#include "core/run_identifier.hpp"

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

std::unique_ptr<SharedMemory> SharedMemory::open(Communicator& group, const std::string& name, std::size_t head_bytes,
                                                 std::size_t bytes_per_rank) {
  OwnedDescriptor file(shm_open(name.c_str(), O_RDWR | (group.is_leader() ? O_CREAT | O_EXCL : 0), S_IRUSR | S_IWUSR));
  if (file.get() < 0) return nullptr;
  // Each rank asks for its own part: on a machine with several memory nodes it then lies near that rank. Without this
  // a full /dev/shm would show as SIGBUS in the middle of a step.
  const std::size_t first =
      group.is_leader() ? 0 : head_bytes + bytes_per_rank * static_cast<std::size_t>(group.rank());
  const std::size_t length = bytes_per_rank + (group.is_leader() ? head_bytes : 0);
  if (posix_fallocate(file.get(), static_cast<off_t>(first), static_cast<off_t>(length)) != 0) return nullptr;
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
  const std::string name = broadcast_text(group, group.is_leader() ? "/hpctrain-" + random_hex(16) : std::string(), 0);
  const std::string host = broadcast_text(group, host_name(), 0);
  std::unique_ptr<SharedMemory> memory;
  if (group.is_leader()) memory = open(group, name, whole_pages(head_bytes), whole_pages(bytes_per_rank));
  group.barrier();  // the file is there, or never will be
  if (!group.is_leader() && host == host_name()) {
    memory = open(group, name, whole_pages(head_bytes), whole_pages(bytes_per_rank));
  }
  std::int32_t is_shared = memory ? 1 : 0;
  group.all_reduce({&is_shared, 1, ElementType::i32}, ReduceOp::min);
  if (group.is_leader()) shm_unlink(name.c_str());
  if (is_shared == 0) memory.reset();
  return memory;
}

}  // namespace hpctrain::comm
