// A record is one line: XXH3-64 of the JSON text in 16 hexadecimal digits, a blank, the text. A line whose digest is
// wrong counts as torn when it ends its file; every start writes a file of its own, so nothing follows a torn line.
#include "sweep/ledger.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "sweep/trial_json.hpp"

namespace hpctrain::sweep {
namespace {

using nlohmann::json;

constexpr std::size_t kDigestLetters = 16;
constexpr std::string_view kSegmentSuffix = ".ledger";

std::string checksum(std::string_view text) {
  const std::uint64_t value = xxh3_64(bytes_of(text));
  std::array<std::byte, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(value >> (56 - 8 * i));
  return hex_text(bytes);
}

std::string segment_name(std::uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(8 - std::min<std::size_t>(8, digits.size()), '0') + digits + std::string(kSegmentSuffix);
}

bool is_sound_line(std::string_view line) {
  return line.size() > kDigestLetters && line[kDigestLetters] == ' ' &&
         line.substr(0, kDigestLetters) == checksum(line.substr(kDigestLetters + 1));
}

}  // namespace

const JudgedScore* find_score(const LedgerEntry& entry, std::uint64_t epoch) {
  const auto found = std::find_if(entry.scores.begin(), entry.scores.end(),
                                  [&](const JudgedScore& judged) { return judged.score.epoch == epoch; });
  return found == entry.scores.end() ? nullptr : &*found;
}

Ledger::Ledger(FileSystem& files, const std::filesystem::path& folder, const std::string& sweep_digest, Unopened)
    : files_(files), folder_(folder), sweep_digest_(sweep_digest) {}

Ledger::Ledger(FileSystem& files, const std::filesystem::path& folder, const std::string& sweep_digest)
    : Ledger(files, folder, sweep_digest, Unopened{}) {
  files_.create_folders(folder_);
  // A synced file in a folder that its parent forgets is lost all the same; the sweep's folder may be new too.
  files_.sync_folder(folder_.parent_path());
  files_.sync_folder(folder_.parent_path().parent_path());
  load();
  open_segment();
}

Ledger::~Ledger() = default;

std::vector<LedgerEntry> Ledger::read(FileSystem& files, const std::filesystem::path& folder,
                                      const std::string& sweep_digest) {
  Ledger ledger(files, folder, sweep_digest, Unopened{});
  ledger.load();
  return ledger.entries();
}

void Ledger::load() {
  for (const std::string& name : files_.list_folder(folder_)) {
    if (!name.ends_with(kSegmentSuffix)) continue;
    load_segment(name);
    segment_ =
        std::max<std::uint64_t>(segment_, std::stoull("0" + name.substr(0, name.find_first_not_of("0123456789"))));
  }
}

void Ledger::load_segment(const std::string& name) {
  const std::string text = files_.read_file(folder_ / name);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    // A power cut may leave a tail of any length that was never synced, zeros among it: it ends the file.
    const std::string_view line = std::string_view(text).substr(begin, end == std::string::npos ? end : end - begin);
    if (end == std::string::npos || !is_sound_line(line)) {
      const std::string_view rest = std::string_view(text).substr(begin);
      for (std::size_t next = rest.find('\n'); next != std::string_view::npos; next = rest.find('\n', next + 1)) {
        const std::string_view later = rest.substr(next + 1, rest.find('\n', next + 1) - next - 1);
        require(!is_sound_line(later), Fault::data,
                (folder_ / name).string() +
                    ": a record is damaged and sound ones follow it; restore the file from a "
                    "copy, or start the sweep in a new --out");
      }
      return;
    }
    apply(json::parse(line.substr(kDigestLetters + 1)), (folder_ / name).string());
    begin = end + 1;
  }
}

void Ledger::apply(const json& record, const std::string& where) {
  try {
    const auto kind = record.at("record").get<std::string>();
    if (kind == "sweep") {
      require(
          record.at("digest") == sweep_digest_, Fault::usage,
          where +
              " belongs to another sweep (other data, task, metric, length or way of scoring); give another --out, or "
              "the same settings");
      return;
    }
    const auto digest = record.at("trial").get<std::string>();
    auto& entry = entries_[digest];
    if (kind == "lease") {
      if (entry.trial.digest.empty()) order_.push_back(digest);
      entry.trial = {digest, record.at("parameters").get<Parameters>()};
      const auto step = record.value("step", std::uint64_t{0});
      entry.attempts = step > entry.leased_step ? 1 : entry.attempts + 1;
      entry.leased_step = std::max(entry.leased_step, step);
      ++entry.leases;
    } else if (kind == "score") {
      const Score score = score_from_json(record);
      if (find_score(entry, score.epoch) == nullptr) entry.scores.push_back({score, record.at("stops").get<bool>()});
    } else if (!is_final(entry.outcome.state)) {
      entry.outcome = outcome_from_json(record);
      entry.attempts = 0;
    }
  } catch (const json::exception& error) {
    throw Error(Fault::data, where + ": a record cannot be understood (" + error.what() +
                                 "); it was written by another version of hpctrain, or start in a new --out");
  }
}

void Ledger::open_segment() {
  ++segment_;
  file_ = files_.create_file(folder_ / segment_name(segment_));
  append({{"record", "sweep"}, {"version", 1}, {"digest", sweep_digest_}});
  file_->sync();
  files_.sync_folder(folder_);
}

void Ledger::require_own() const {
  require(!files_.exists(folder_ / segment_name(segment_ + 1)), Fault::fenced,
          folder_.string() + ": a later start of this sweep took over; let that one work");
}

/// Readers take the first outcome of a trial, and a later start fences the trials of this one: how they end here is no
/// news of them.
void Ledger::add(const json& record) {
  require_own();
  append(record);
  apply(record, "ledger");
}

void Ledger::append(const json& record) {
  const std::string text = record.dump(-1, ' ', false, json::error_handler_t::replace);
  file_->write(bytes_of(checksum(text) + " " + text + "\n"));
}

std::vector<LedgerEntry> Ledger::entries() const {
  std::vector<LedgerEntry> all;
  for (const auto& digest : order_) all.push_back(entries_.at(digest));
  return all;
}

const LedgerEntry* Ledger::find(const std::string& digest) const {
  const auto found = entries_.find(digest);
  return found == entries_.end() ? nullptr : &found->second;
}

void Ledger::add_lease(const Trial& trial, std::uint64_t step) {
  add({{"record", "lease"}, {"trial", trial.digest}, {"parameters", trial.parameters}, {"step", step}});
}

void Ledger::add_score(const std::string& digest, const JudgedScore& judged) {
  const LedgerEntry* entry = find(digest);
  require_invariant(entry != nullptr && find_score(*entry, judged.score.epoch) == nullptr,
                    "ledger: a trial is judged once at an epoch, after its lease");
  json record = score_to_json(judged.score);
  record.update({{"record", "score"}, {"trial", digest}, {"stops", judged.stops}});
  add(record);
  has_unsynced_ = true;
}

void Ledger::add_outcome(const std::string& digest, const TrialOutcome& outcome) {
  const LedgerEntry* entry = find(digest);
  require_invariant(entry != nullptr && !is_final(entry->outcome.state), "ledger: a trial ends once, after its lease");
  json record = outcome_to_json(outcome);
  record.update({{"record", "outcome"}, {"trial", digest}});
  add(record);
  has_unsynced_ = true;
  if (watch_) watch_(digest, outcome);
}

void Ledger::commit() {
  if (!has_unsynced_) return;
  require_own();
  file_->sync();
  has_unsynced_ = false;
}

}  // namespace hpctrain::sweep
