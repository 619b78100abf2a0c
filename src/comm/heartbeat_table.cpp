// The memory is an anonymous file of the node's leader; the others open it through the leader's entry in /proc.
#include "comm/heartbeat_table.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>

#include "comm/agree.hpp"
#include "core/owned_descriptor.hpp"

namespace hpctrain::comm {
namespace {

[[noreturn]] void refuse(const std::string& action) {
  throw Error(Fault::comm, "sharing memory between the ranks of this node: " + action + ": " + std::strerror(errno));
}

std::size_t bytes_for(std::size_t ranks) {
  return (ranks + 1) * sizeof(TableEntry);  // the last one holds the claim
}

/// Process and descriptor, as the others find them in /proc.
std::string share_file(const OwnedDescriptor& file, std::size_t bytes) {
  if (!file.is_open()) refuse("memfd_create");
  if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) refuse("ftruncate");
  return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(file.get());
}

TableEntry* map_table(const OwnedDescriptor& file, std::size_t ranks) {
  void* memory = ::mmap(nullptr, bytes_for(ranks), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) refuse("mmap");
  return static_cast<TableEntry*>(memory);
}

}  // namespace

HeartbeatTable::HeartbeatTable(Communicator& node, int world_rank)
    : size_(static_cast<std::size_t>(node.size())), own_(static_cast<std::size_t>(node.rank())) {
  if (node.is_leader()) file_ = OwnedDescriptor(::memfd_create("hpctrain-heartbeats", MFD_CLOEXEC));
  const std::string path = run_on_leader(node, [&] { return share_file(file_, bytes_for(size_)); });
  run_agreed(node, [&] {
    if (node.is_leader()) {
      entries_ = map_table(file_, size_);
      return;
    }
    const OwnedDescriptor leaders_file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!leaders_file.is_open()) refuse("opening " + path);
    entries_ = map_table(leaders_file, size_);
  });
  // Each rank makes its own entry; a page of an anonymous file begins as zeros, which readers take for "not there yet".
  TableEntry* entry = new (&entries_[own_]) TableEntry();
  entry->heartbeat.progress_seconds = steady_seconds();
  entry->heartbeat.alive_seconds = steady_seconds();
  entry->process = ::getpid();
  entry->rank = world_rank;
  node.barrier();  // before it no entry of another rank means anything
}

HeartbeatTable::~HeartbeatTable() {
  if (entries_ != nullptr) ::munmap(entries_, bytes_for(size_));
}

std::atomic<std::uint32_t>& HeartbeatTable::claim() const noexcept {
  return entries_[size_].heartbeat.phase;
}

}  // namespace hpctrain::comm
