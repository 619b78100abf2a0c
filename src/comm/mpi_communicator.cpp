// Everything goes through non-blocking calls and one polling wait: MPI's own blocking calls spin on a core.
#include "comm/mpi_communicator.hpp"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "comm/mpi_error.hpp"
#include "comm/mpi_session.hpp"
#include "comm/reduce.hpp"

namespace hpctrain::comm {

namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr microseconds kBusyTime{100};
constexpr microseconds kSleepTime{20};

/// MPI counts are int: longer spans travel in pieces of this many elements.
constexpr std::size_t kElementsPerCall = std::size_t{1} << 30;

/// Large reductions travel in pieces, so that one piece is added while the next is under way: Open MPI does not
/// divide a non-blocking all-reduce itself.
constexpr std::size_t kElementsPerReduction = std::size_t{1} << 18;

/// As many as every MPI has.
constexpr int kTags = 32768;

MPI_Datatype mpi_type(ElementType type) {
  switch (type) {
    case ElementType::u8:
      return MPI_UINT8_T;
    case ElementType::i32:
      return MPI_INT32_T;
    case ElementType::i64:
      return MPI_INT64_T;
    case ElementType::u32:
      return MPI_UINT32_T;
    case ElementType::u64:
      return MPI_UINT64_T;
    case ElementType::f32:
      return MPI_FLOAT;
    case ElementType::f64:
      return MPI_DOUBLE;
    case ElementType::f16:
    case ElementType::bf16:
      break;
  }
  throw Error(Fault::bug, "16-bit floats have no MPI type; they are widened before they are reduced");
}

MPI_Op mpi_op(ReduceOp op) {
  switch (op) {
    case ReduceOp::sum:
      return MPI_SUM;
    case ReduceOp::min:
      return MPI_MIN;
    case ReduceOp::max:
      return MPI_MAX;
    case ReduceOp::bit_or:
      return MPI_BOR;
  }
  throw Error(Fault::bug, "unknown reduction");
}

/// Starts one call per piece of at most `longest` elements: start(offset in elements, count) → request.
template <typename Start>
std::vector<MPI_Request> start_in_pieces(std::size_t count, std::size_t longest, const Start& start) {
  std::vector<MPI_Request> requests;
  for (std::size_t offset = 0; offset < count; offset += longest) {
    const auto piece = static_cast<int>(std::min(longest, count - offset));
    requests.push_back(start(offset, piece));
  }
  return requests;
}

bool test_all(std::span<MPI_Request> requests, std::string_view what) {
  int is_finished = 0;
  mpi_ok(MPI_Testall(static_cast<int>(requests.size()), requests.data(), &is_finished, MPI_STATUSES_IGNORE), what);
  return is_finished != 0;
}

class MpiAllReduce final : public PendingCollective {
 public:
  MpiAllReduce(MPI_Comm communicator, Span span, ReduceOp op) : span_(span) {
    const Span wide = span_.wide();
    const MPI_Datatype type = mpi_type(wide.type);
    const std::size_t element = element_bytes(wide.type);
    requests_ = start_in_pieces(wide.count, kElementsPerReduction, [&](std::size_t offset, int count) {
      MPI_Request request = MPI_REQUEST_NULL;
      auto* from = static_cast<std::byte*>(wide.data) + offset * element;
      mpi_ok(MPI_Iallreduce(MPI_IN_PLACE, from, count, type, mpi_op(op), communicator, &request), "all-reduce");
      return request;
    });
  }

  ~MpiAllReduce() override {
    if (!is_finished_) span_.abandon();
  }

  bool test() override {
    if (is_finished_) return true;
    if (test_all(requests_, "all-reduce")) finish();
    return is_finished_;
  }

  void wait() override {
    if (is_finished_) return;
    wait_polling(requests_, "all-reduce");
    finish();
  }

 private:
  void finish() {
    is_finished_ = true;
    span_.finish();
  }

  WideSpan span_;
  std::vector<MPI_Request> requests_;
  bool is_finished_ = false;
};

}  // namespace

void wait_polling(std::span<MPI_Request> requests, std::string_view what) {
  const auto busy_until = steady_clock::now() + kBusyTime;
  while (!test_all(requests, what)) {
    if (steady_clock::now() < busy_until) {
      sched_yield();
    } else {
      std::this_thread::sleep_for(kSleepTime);
    }
  }
}

MpiCommunicator::MpiCommunicator(MPI_Comm communicator) : communicator_(communicator) {
  mpi_ok(MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN), "setting up a communicator", Fault::comm);
  mpi_ok(MPI_Comm_rank(communicator_, &rank_), "setting up a communicator", Fault::comm);
  mpi_ok(MPI_Comm_size(communicator_, &size_), "setting up a communicator", Fault::comm);
}

MpiCommunicator::~MpiCommunicator() {
  int is_finalized = 0;
  MPI_Finalized(&is_finalized);
  // Freeing is local in practice but collective by the standard: on the way out of an exception peers may not follow,
  // and the job is about to end anyway.
  if (is_finalized == 0 && std::uncaught_exceptions() == 0) MPI_Comm_free(&communicator_);
}

void MpiCommunicator::barrier() {
  MPI_Request request = MPI_REQUEST_NULL;
  mpi_ok(MPI_Ibarrier(communicator_, &request), "barrier");
  wait_polling({&request, 1}, "barrier");
}

void MpiCommunicator::broadcast(Span span, int root) {
  auto* bytes = static_cast<std::byte*>(span.data);
  auto requests = start_in_pieces(span.bytes(), kElementsPerCall, [&](std::size_t offset, int count) {
    MPI_Request request = MPI_REQUEST_NULL;
    mpi_ok(MPI_Ibcast(bytes + offset, count, MPI_BYTE, root, communicator_, &request), "broadcast");
    return request;
  });
  wait_polling(requests, "broadcast");
}

void MpiCommunicator::all_reduce(Span span, ReduceOp op) {
  start_all_reduce(span, op)->wait();
}

std::unique_ptr<PendingCollective> MpiCommunicator::start_all_reduce(Span span, ReduceOp op) {
  require_reducible(span.type, op);
  return std::make_unique<MpiAllReduce>(communicator_, span, op);
}

void MpiCommunicator::all_gather(std::span<const std::byte> mine, std::span<std::byte> all) {
  require_invariant(all.size() == mine.size() * static_cast<std::size_t>(size_), "all_gather: wrong size of result");
  const auto own = all.subspan(mine.size() * static_cast<std::size_t>(rank_), mine.size());
  const bool is_in_place = own.data() == mine.data();
  if (mine.size() > kElementsPerCall) {
    // One block does not fit an int count, and pieces of an all-gather would not land in rank order.
    const std::size_t block = mine.size();
    if (!is_in_place) std::copy(mine.begin(), mine.end(), own.begin());
    for (int root = 0; root < size_; ++root) {
      broadcast({all.data() + block * static_cast<std::size_t>(root), block, ElementType::u8}, root);
    }
    return;
  }
  MPI_Request request = MPI_REQUEST_NULL;
  const auto count = static_cast<int>(mine.size());
  // MPI forbids a block to send that overlaps the result; what it has instead is a sign that it lies there already.
  const void* from = is_in_place ? MPI_IN_PLACE : mine.data();
  mpi_ok(MPI_Iallgather(from, count, MPI_BYTE, all.data(), count, MPI_BYTE, communicator_, &request), "all-gather");
  wait_polling({&request, 1}, "all-gather");
}

void MpiCommunicator::send(std::span<const std::byte> bytes, int to, int tag) {
  auto requests = start_in_pieces(bytes.size(), kElementsPerCall, [&](std::size_t offset, int count) {
    MPI_Request request = MPI_REQUEST_NULL;
    mpi_ok(MPI_Isend(bytes.data() + offset, count, MPI_BYTE, to, tag, communicator_, &request), "send");
    return request;
  });
  wait_polling(requests, "send");
}

void MpiCommunicator::receive(std::span<std::byte> bytes, int from, int tag) {
  auto requests = start_in_pieces(bytes.size(), kElementsPerCall, [&](std::size_t offset, int count) {
    MPI_Request request = MPI_REQUEST_NULL;
    mpi_ok(MPI_Irecv(bytes.data() + offset, count, MPI_BYTE, from, tag, communicator_, &request), "receive");
    return request;
  });
  wait_polling(requests, "receive");
}

std::unique_ptr<Communicator> MpiCommunicator::split(int colour, int key) {
  require_invariant(colour >= 0, "split: a colour is zero or more");
  MPI_Comm part = MPI_COMM_NULL;
  mpi_ok(MPI_Comm_split(communicator_, colour, key, &part), "splitting a communicator", Fault::comm);
  return std::make_unique<MpiCommunicator>(part);
}

std::unique_ptr<Communicator> MpiCommunicator::create_team(const std::vector<int>& ranks, int tag) {
  MPI_Group all = MPI_GROUP_NULL;
  MPI_Group members = MPI_GROUP_NULL;
  MPI_Comm team = MPI_COMM_NULL;
  mpi_ok(MPI_Comm_group(communicator_, &all), "choosing the ranks of a team", Fault::comm);
  mpi_ok(MPI_Group_incl(all, static_cast<int>(ranks.size()), ranks.data(), &members), "choosing the ranks of a team",
         Fault::comm);
  mpi_ok(MPI_Comm_create_group(communicator_, members, tag % kTags, &team), "making a team's communicator",
         Fault::comm);
  MPI_Group_free(&members);
  MPI_Group_free(&all);
  require_invariant(team != MPI_COMM_NULL, "create_team: this rank is a member");
  return std::make_unique<MpiCommunicator>(team);
}

std::unique_ptr<MpiCommunicator> make_mpi_world() {
  mpi_ok(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "setting up MPI_COMM_WORLD", Fault::comm);
  MPI_Comm copy = MPI_COMM_NULL;
  mpi_ok(MPI_Comm_dup(MPI_COMM_WORLD, &copy), "copying MPI_COMM_WORLD", Fault::comm);
  return std::make_unique<MpiCommunicator>(copy);
}

std::unique_ptr<Communicator> make_world_communicator() {
  return make_mpi_world();
}

}  // namespace hpctrain::comm
