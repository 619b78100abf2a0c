// Threads that read the records of a source ahead of whoever writes them, in order and in bounded memory. Knows nothing
// of shards.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "data/dataset_index.hpp"
#include "pack/source.hpp"
#include "pack/statistics.hpp"

namespace hpctrain::pack {

/// What waits to be written takes no more than this, or than two records where these are larger.
inline constexpr std::uint64_t kMostWaitingBytes = 64ull << 20;

struct ReadRecord {
  std::uint64_t record = 0;
  std::vector<std::vector<std::byte>> rows;                ///< one per field
  std::vector<data::ImageDims> dims;                       ///< one per field
  std::vector<std::vector<ChannelStatistics>> statistics;  ///< one per field; empty where the record does not count
};

/// Which records are read, and which of them count for the statistics.
struct ReadingOrder {
  std::vector<std::uint64_t> records;
  std::uint64_t counted = 0;  ///< the first ones
};

class RecordReaders {
 public:
  /// `source` must outlive this. One record takes about `record_bytes`.
  RecordReaders(const Source& source, std::vector<data::FieldSchema> fields, ReadingOrder order,
                std::uint64_t record_bytes, std::size_t threads);
  /// Reads no further, and waits for the threads.
  ~RecordReaders();
  RecordReaders(const RecordReaders&) = delete;
  RecordReaders& operator=(const RecordReaders&) = delete;

  /// The next record in order, valid until the next call.
  ///   blocks  until it was read
  ///   errors  those of the source: of the first record that fails in that order, whichever fails first in time
  const ReadRecord& next();

 private:
  struct Slot {
    ReadRecord read;
    std::exception_ptr error;
    std::uint64_t bytes = 0;
    bool is_ready = false;
  };

  void run_reader();
  bool may_start() const;
  void read(std::uint64_t position, Slot& slot) const;
  void release(Slot& slot);

  const Source& source_;
  const std::vector<data::FieldSchema> fields_;
  const ReadingOrder order_;
  std::vector<Slot> slots_;  // of position p: p modulo their number
  std::mutex mutex_;
  std::condition_variable has_room_;
  std::condition_variable has_record_;
  std::uint64_t started_ = 0;    // positions that were given to a thread
  std::uint64_t delivered_ = 0;  // positions that next() returned
  std::uint64_t waiting_bytes_ = 0;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;  // last: they use all the above
};

}  // namespace hpctrain::pack
