// Polls with sleeps in both twins: MPI's own blocking probe spins on a core that a training rank needs.
#include "comm/mailbox.hpp"

#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "comm/mpi_communicator.hpp"
#include "comm/mpi_error.hpp"

namespace hpctrain::comm {
namespace {

using std::chrono::microseconds;

constexpr microseconds kFirstSleep{50};
constexpr microseconds kLongestSleep{1000};

class MpiMailbox final : public Mailbox {
 public:
  explicit MpiMailbox(MPI_Comm communicator) : communicator_(communicator) {}

  void send(int to, int port, const std::string& text) override {
    MPI_Request request = MPI_REQUEST_NULL;
    mpi_ok(MPI_Isend(text.data(), static_cast<int>(text.size()), MPI_BYTE, to, port, communicator_, &request), "send");
    wait_polling({&request, 1}, "send");
  }

  bool try_receive(int port, Letter& letter) override {
    int is_there = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status;
    mpi_ok(MPI_Improbe(MPI_ANY_SOURCE, port, communicator_, &is_there, &message, &status), "looking for a letter");
    if (is_there == 0) return false;
    int bytes = 0;
    mpi_ok(MPI_Get_count(&status, MPI_BYTE, &bytes), "measuring a letter");
    letter.from = status.MPI_SOURCE;
    letter.text.resize(static_cast<std::size_t>(bytes));
    MPI_Request request = MPI_REQUEST_NULL;
    mpi_ok(MPI_Imrecv(letter.text.data(), bytes, MPI_BYTE, &message, &request), "receive");
    wait_polling({&request, 1}, "receive");
    return true;
  }

 private:
  MPI_Comm communicator_;  // freed by MPI_Finalize: destructors never communicate
};

/// What the mailboxes of one world share.
struct ThreadOffice {
  std::mutex mutex;
  std::map<std::pair<int, int>, std::deque<Letter>> letters;  ///< by (to, port)
};

class ThreadMailbox final : public Mailbox {
 public:
  ThreadMailbox(std::shared_ptr<ThreadOffice> office, int rank) : office_(std::move(office)), rank_(rank) {}

  void send(int to, int port, const std::string& text) override {
    const std::lock_guard guard(office_->mutex);
    office_->letters[{to, port}].push_back({rank_, text});
  }

  bool try_receive(int port, Letter& letter) override {
    const std::lock_guard guard(office_->mutex);
    auto& waiting = office_->letters[{rank_, port}];
    if (waiting.empty()) return false;
    letter = std::move(waiting.front());
    waiting.pop_front();
    return true;
  }

 private:
  std::shared_ptr<ThreadOffice> office_;
  int rank_;
};

}  // namespace

Letter Mailbox::receive(int port) {
  Letter letter;
  for (microseconds sleep = kFirstSleep; !try_receive(port, letter); sleep = std::min(2 * sleep, kLongestSleep)) {
    std::this_thread::sleep_for(sleep);
  }
  return letter;
}

std::unique_ptr<Mailbox> make_mpi_mailbox() {
  MPI_Comm copy = MPI_COMM_NULL;
  mpi_ok(MPI_Comm_dup(MPI_COMM_WORLD, &copy), "copying MPI_COMM_WORLD");
  return std::make_unique<MpiMailbox>(copy);
}

std::vector<std::unique_ptr<Mailbox>> make_thread_mailboxes(int ranks) {
  const auto office = std::make_shared<ThreadOffice>();
  std::vector<std::unique_ptr<Mailbox>> mailboxes;
  for (int rank = 0; rank < ranks; ++rank) mailboxes.push_back(std::make_unique<ThreadMailbox>(office, rank));
  return mailboxes;
}

}  // namespace hpctrain::comm
