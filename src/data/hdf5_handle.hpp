// Owned HDF5 identifiers and the check of every return value. Together with the other hdf5_… files the only place where
// hdf5.h enters; knows nothing of what shards contain.
#pragma once

#include <hdf5.h>

#include <string>
#include <utility>

#include "core/error.hpp"

namespace hpctrain::data {

/// An HDF5 identifier that closes itself. Where the result of closing matters, call close().
class Hid {
 public:
  using Closer = herr_t (*)(hid_t);

  Hid() = default;
  Hid(hid_t id, Closer closer) noexcept : id_(id), closer_(closer) {}
  Hid(Hid&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), closer_(other.closer_) {}
  Hid& operator=(Hid&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(closer_, other.closer_);
    return *this;
  }
  ~Hid() { close(); }

  hid_t get() const noexcept { return id_; }
  /// Negative when HDF5 could not close it.
  herr_t close() noexcept { return id_ >= 0 ? closer_(std::exchange(id_, H5I_INVALID_HID)) : 0; }

 private:
  hid_t id_ = H5I_INVALID_HID;
  Closer closer_ = nullptr;
};

/// Turns HDF5's return values into errors about one file: `fault`, "<file>: cannot <action>: <HDF5's reason>; <cure>".
class Hdf5Checks {
 public:
  /// Loads no plugins and keeps HDF5 from printing, in this thread.
  Hdf5Checks(std::string file, Fault fault, std::string cure);

  const std::string& file() const noexcept { return file_; }
  void ok(herr_t result, const std::string& action) const;
  Hid own(hid_t id, Hid::Closer closer, const std::string& action) const;
  /// For findings of our own: "<file>: <finding>; <cure>".
  void require_that(bool holds, const std::string& finding) const;
  [[noreturn]] void fail(const std::string& finding) const;

 private:
  std::string file_;
  Fault fault_;
  std::string cure_;
};

/// For an existing file: read-only without locking (it fails on some NFS and Lustre mounts), or read and write.
Hid open_hdf5_file(const Hdf5Checks& checks, const std::string& path, bool read_only);

}  // namespace hpctrain::data
