// Damages a packed data set again and again and tries each time to train on it, in a child of its own: first what the
// guarded index child does, then what a rank does. Prints one JSON object of counts for the fault tests.
//   damage_probe flips|mutants DATA_SET COUNT SEED
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>

#include "core/clock.hpp"
#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "data/layout_reader.hpp"
#include "data/loader.hpp"
#include "data/process_limits.hpp"

namespace hpctrain::data {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kChildBytes = 1ull << 30;
constexpr unsigned kMostSeconds = 10;
constexpr int kSame = 10, kRefused = 11, kSilent = 12;

enum Phase : int { in_index = 1, in_loader = 2 };

/// Of every byte that a run would get to see: what fields are, statistics, ids and rows of all splits in order.
std::string digest_of_delivery(const DatasetIndex& index) {
  DatasetIndex description = index;
  description.folder.clear();
  description.shards.clear();
  Xxh3_128 digest;
  digest.update(bytes_of(index_to_text(description)));
  for (const Split& split : index.splits) {
    LoaderPlan plan;
    plan.split = split.name;
    plan.batch = plan.micro_batch = std::max<std::uint64_t>(1, std::min<std::uint64_t>(split.num_samples, 64));
    plan.shuffled = false;
    plan.epochs = 1;
    Loader loader(index, plan, {}, {});
    while (const auto lease = loader.next()) {
      digest.update(std::as_bytes((*lease)->sample_ids));
      for (const auto rows : (*lease)->rows) digest.update(rows);
    }
  }
  return digest.hex();
}

std::string read_whole(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// In place: file systems flush a file that was cut to nothing and written anew, which costs more than all the rest.
void write_whole(const fs::path& path, const std::string& bytes) {
  std::fstream(path, std::ios::binary | std::ios::in | std::ios::out) << bytes;
  if (fs::file_size(path) != bytes.size()) fs::resize_file(path, bytes.size());
}

class Probe {
 public:
  Probe(fs::path folder, unsigned seed) : folder_(std::move(folder)), random_(seed) {
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file()) files_[entry.path()] = read_whole(entry.path());
    }
    phase_ = static_cast<int*>(::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    expected_ = digest_of_delivery(read_dataset_layout(folder_));
  }

  void run(const std::string& kind, int count) {
    for (int i = 0; i < count; ++i) {
      auto victim = std::next(files_.begin(), static_cast<std::ptrdiff_t>(below(files_.size())));
      write_whole(victim->first, kind == "flips" ? flipped(victim->second) : mutated(victim->second));
      attempt(victim->first);
      write_whole(victim->first, victim->second);
    }
    std::printf("%s\n",
                fmt::format(R"({{"same": {}, "refused": {}, "silent": {}, "index_crashed": {}, "loader_crashed": {}, )"
                            R"("hung": {}, "slowest_seconds": {:.3f}, "most_resident_kib": {}}})",
                            counts_["same"], counts_["refused"], counts_["silent"], counts_["index_crashed"],
                            counts_["loader_crashed"], counts_["hung"], slowest_, most_resident_kib())
                    .c_str());
  }

 private:
  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }

  std::string flipped(std::string bytes) {
    char& byte = bytes[below(bytes.size())];
    byte = static_cast<char>(byte ^ (1 << below(8)));
    return bytes;
  }

  /// Edits of bytes, a cut, blocks that change places, a block of zeros or of ones.
  std::string mutated(std::string bytes) {
    const std::size_t block = std::min<std::size_t>(bytes.size(), std::size_t{1} << below(10));
    const std::size_t from = below(bytes.size() - block + 1), to = below(bytes.size() - block + 1);
    const auto first = static_cast<std::ptrdiff_t>(std::min(from, to));
    const auto second = static_cast<std::ptrdiff_t>(std::max(from, to));
    const auto length = static_cast<std::ptrdiff_t>(block);
    switch (below(5)) {
      case 0:
      case 1:
        for (std::size_t edits = 1 + below(16); edits > 0; --edits) {
          bytes[below(bytes.size())] = static_cast<char>(below(256));
        }
        return bytes;
      case 2:
        bytes.resize(below(bytes.size()));
        return bytes;
      case 3:
        std::swap_ranges(bytes.begin() + first, bytes.begin() + first + std::min(length, second - first),
                         bytes.begin() + second);
        return bytes;
      default:
        bytes.replace(from, block, block, below(2) == 0 ? '\0' : '\xff');
        return bytes;
    }
  }

  [[noreturn]] void try_to_train() const {
    int code = kRefused;
    try {
      ::alarm(kMostSeconds);
      limit_this_process(kChildBytes, kMostSeconds);
      *phase_ = Phase::in_index;
      const DatasetIndex index = index_from_text(index_to_text(read_dataset_layout(folder_)));
      *phase_ = Phase::in_loader;
      code = digest_of_delivery(index) == expected_ ? kSame : kSilent;
    } catch (const std::exception&) {
      code = kRefused;
    }
    ::_exit(code);
  }

  void attempt(const fs::path& victim) {
    const Stopwatch watch;
    *phase_ = 0;
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) try_to_train();
    int status = 0;
    ::waitpid(child, &status, 0);
    slowest_ = std::max(slowest_, watch.seconds());
    const std::string outcome = name_of(status);
    ++counts_[outcome];
    if (outcome != "same" && outcome != "refused" && outcome != "index_crashed") {
      const fs::path kept = fs::temp_directory_path() / ("hpctrain-" + outcome + "-" + victim.filename().string());
      fs::copy_file(victim, kept, fs::copy_options::overwrite_existing);
      std::fprintf(stderr, "%s: %s\n", outcome.c_str(), kept.c_str());
    }
  }

  std::string name_of(int status) const {
    if (WIFSIGNALED(status)) {
      if (WTERMSIG(status) == SIGALRM || WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL) return "hung";
      return *phase_ == Phase::in_loader ? "loader_crashed" : "index_crashed";
    }
    switch (WEXITSTATUS(status)) {
      case kSame:
        return "same";
      case kRefused:
        return "refused";
      case kSilent:
        return "silent";
      default:
        return *phase_ == Phase::in_loader ? "loader_crashed" : "index_crashed";
    }
  }

  static long most_resident_kib() {
    rusage usage{};
    ::getrusage(RUSAGE_CHILDREN, &usage);
    return usage.ru_maxrss;
  }

  fs::path folder_;
  std::mt19937 random_;
  std::map<fs::path, std::string> files_;
  int* phase_ = nullptr;
  std::string expected_;
  std::map<std::string, int> counts_;
  double slowest_ = 0;
};

}  // namespace
}  // namespace hpctrain::data

int main(int argc, char** argv) {
  if (argc != 5) return 64;
  hpctrain::start_logging({.quiet = true});
  hpctrain::data::Probe(argv[2], static_cast<unsigned>(std::stoul(argv[4]))).run(argv[1], std::stoi(argv[3]));
  return 0;
}
