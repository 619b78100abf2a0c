// The memory is an anonymous file of the node's leader.
#include "comm/heartbeat_table.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>

#include "comm/agree.hpp"
#include "comm/anonymous_file.hpp"
#include "core/owned_descriptor.hpp"

namespace hpctrain::comm {
namespace {

[[noreturn]] void refuse(const std::string& action) {
  throw Error(Fault::comm, "sharing memory between the ranks of this node: " + action + ": " + std::strerror(errno));
}

std::size_t bytes_for(std::size_t ranks) {
  return (ranks + 1) * sizeof(TableEntry);  // the last one holds the claim
}

/// What the others open.
std::string share_file(const OwnedDescriptor& file, std::size_t bytes) {
  if (!file.is_open()) refuse("memfd_create");
  if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) refuse("ftruncate");
  std::string description = describe_anonymous_file(file);
  if (description.empty()) refuse("fstat");
  return description;
}

TableEntry* map_table(const OwnedDescriptor& file, std::size_t ranks) {
  void* memory = ::mmap(nullptr, bytes_for(ranks), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (memory == MAP_FAILED) refuse("mmap");
  return static_cast<TableEntry*>(memory);
}

}  // namespace

HeartbeatTable::HeartbeatTable(Communicator& node, int world_rank)
    : size_(static_cast<std::size_t>(node.size())), own_(static_cast<std::size_t>(node.rank())) {
  if (node.is_leader()) file_ = make_anonymous_file("hpctrain-heartbeats");
  const std::string description = run_on_leader(node, [&] { return share_file(file_, bytes_for(size_)); });
  run_agreed(node, [&] {
    if (node.is_leader()) {
      entries_ = map_table(file_, size_);
      return;
    }
    const OwnedDescriptor leaders_file = open_anonymous_file(description);
    if (!leaders_file.is_open()) refuse("opening " + description);
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
