// Communicator over MPI. Included by this room's MPI files only; everyone else sees Communicator.
// Must not know who initialised MPI.
#pragma once

#include <mpi.h>

#include <memory>
#include <span>

#include "comm/communicator.hpp"

namespace hpctrain::comm {

/// Waits for every request, polling: for a short while without sleep, since gradients of small networks arrive within
/// that time, then with sleeps, since ranks may have one core each and a spinning one starves its peer.
///   errors  Fault::stopped
void wait_polling(std::span<MPI_Request> requests, std::string_view what);

class MpiCommunicator final : public Communicator {
 public:
  /// Takes ownership of `communicator`.
  explicit MpiCommunicator(MPI_Comm communicator);
  ~MpiCommunicator() override;
  MpiCommunicator(const MpiCommunicator&) = delete;
  MpiCommunicator& operator=(const MpiCommunicator&) = delete;

  int rank() const noexcept override { return rank_; }
  int size() const noexcept override { return size_; }

  void barrier() override;
  void broadcast(Span span, int root) override;
  void all_reduce(Span span, ReduceOp op) override;
  std::unique_ptr<PendingCollective> start_all_reduce(Span span, ReduceOp op) override;
  void all_gather(std::span<const std::byte> mine, std::span<std::byte> all) override;
  void send(std::span<const std::byte> bytes, int to, int tag) override;
  void receive(std::span<std::byte> bytes, int from, int tag) override;
  std::unique_ptr<Communicator> split(int colour, int key) override;
  std::unique_ptr<Communicator> create_team(const std::vector<int>& ranks, int tag) override;

 private:
  MPI_Comm communicator_;
  int rank_ = 0;
  int size_ = 1;
};

/// A private copy of MPI_COMM_WORLD whose errors are returned, not fatal (collective).
std::unique_ptr<MpiCommunicator> make_mpi_world();

}  // namespace hpctrain::comm
