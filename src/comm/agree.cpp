// Agreement by all-reduce; errors travel as text from the lowest failing rank.
#include "comm/agree.hpp"

#include <array>

#include "comm/host_name.hpp"

namespace hpctrain::comm {

namespace {

/// What one rank's work came to.
struct Outcome {
  std::optional<Error> error;

  static Outcome of(const std::function<void()>& work) {
    try {
      work();
      return {};
    } catch (const Error& error) {
      return {error};
    } catch (const std::exception& error) {
      return {Error(Fault::bug, error.what())};
    } catch (...) {
      return {Error(Fault::bug, "an exception of unknown type")};
    }
  }
};

/// Every rank throws the error that `speaker` holds (collective).
[[noreturn]] void throw_error_of(Communicator& group, int speaker, const Outcome& outcome, bool name_speaker) {
  std::int32_t code = 0;
  std::string message;
  if (group.rank() == speaker) {
    code = exit_code(outcome.error->fault());
    message = outcome.error->what();
    if (name_speaker) message = "rank " + std::to_string(speaker) + " on " + host_name() + ": " + message;
  }
  group.broadcast({&code, 1, ElementType::i32}, speaker);
  message = broadcast_text(group, message, speaker);
  throw Error(static_cast<Fault>(code), message).as_agreed();
}

}  // namespace

Agreement::Agreement(Communicator& group) : group_(group), words_(std::make_unique<Words>()) {}

Agreement::~Agreement() {
  if (!pending_) return;
  // The reduction is still under way and may write its result later: its memory outlives this object on purpose.
  static_cast<void>(words_.release());
}

void Agreement::start(std::uint32_t bits, std::uint32_t signature) {
  require_invariant(!pending_, "Agreement::start called twice without wait");
  static_assert(sizeof(Words) == 3 * sizeof(std::uint32_t));
  *words_ = {bits, signature, ~signature};
  pending_ = group_.start_all_reduce({words_.get(), 3, ElementType::u32}, ReduceOp::bit_or);
}

std::uint32_t Agreement::wait() {
  require_invariant(pending_ != nullptr, "Agreement::wait called without start");
  pending_->wait();
  pending_.reset();
  // A bit that is one on some rank and zero on another is set in both.
  is_unanimous_ = (words_->ones & words_->zeros) == 0;
  return words_->bits;
}

void run_agreed(Communicator& group, const std::function<void()>& work) {
  const Outcome outcome = Outcome::of(work);
  const bool has_failed = outcome.error.has_value();
  // One reduction answers both questions: who is the lowest failing rank, and did every rank fail.
  std::array<std::int32_t, 2> verdict = {has_failed ? group.rank() : group.size(), has_failed ? 1 : 0};
  group.all_reduce({verdict.data(), verdict.size(), ElementType::i32}, ReduceOp::min);
  const int speaker = verdict[0];
  if (speaker == group.size()) return;
  const bool all_failed = verdict[1] == 1;
  throw_error_of(group, speaker, outcome, !all_failed);
}

std::string run_on_leader(Communicator& group, const std::function<std::string()>& work) {
  std::string text;
  Outcome outcome;
  if (group.is_leader()) outcome = Outcome::of([&] { text = work(); });
  std::int32_t has_failed = outcome.error ? 1 : 0;
  group.broadcast({&has_failed, 1, ElementType::i32}, 0);
  if (has_failed != 0) throw_error_of(group, 0, outcome, false);
  return broadcast_text(group, text, 0);
}

}  // namespace hpctrain::comm
