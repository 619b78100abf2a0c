// Short texts between ranks outside collectives, from any rank at any moment: what a coordinator serves. Must not know
// what the texts say.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace hpctrain::comm {

struct Letter {
  int from = 0;
  std::string text;
};

/// One rank's mailbox. Two threads of a rank may use it at once if they receive at different ports.
class Mailbox {
 public:
  virtual ~Mailbox() = default;
  virtual void send(int to, int port, const std::string& text) = 0;
  /// The next letter at `port`.
  ///   returns  false when there is none now; never blocks
  virtual bool try_receive(int port, Letter& letter) = 0;
  /// Blocks until a letter comes, asleep between polls: the longer it waits, the longer it sleeps, 1 ms at most.
  Letter receive(int port);
};

/// Mailboxes of all ranks of MPI_COMM_WORLD, on messages that meet no others.
///   collective  all ranks
std::unique_ptr<Mailbox> make_mpi_mailbox();

/// Mailboxes of ranks that are threads.
std::vector<std::unique_ptr<Mailbox>> make_thread_mailboxes(int ranks);

}  // namespace hpctrain::comm
