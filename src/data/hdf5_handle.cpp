// HDF5's error stack as one line, and how its files are opened.
#include "data/hdf5_handle.hpp"

#include <fmt/format.h>

#include "data/shard_format.hpp"

namespace hpctrain::data {
namespace {

/// The innermost entry of the stack names the cause; the outer ones only repeat which calls led there.
herr_t keep_innermost(unsigned, const H5E_error2_t* entry, void* text) {
  if (entry->desc != nullptr) *static_cast<std::string*>(text) = entry->desc;
  return 0;
}

std::string hdf5_reason() {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, keep_innermost, &reason);
  return reason.empty() ? "unknown reason" : reason;
}

}  // namespace

Hdf5Checks::Hdf5Checks(std::string file, Fault fault, std::string cure)
    : file_(std::move(file)), fault_(fault), cure_(std::move(cure)) {
  // A file may name a filter; without this, HDF5 would load and run any library it finds for it.
  require_invariant(H5PLset_loading_state(0) >= 0, "HDF5 lets plugins be switched off");
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

void Hdf5Checks::ok(herr_t result, const std::string& action) const {
  if (result < 0) fail(fmt::format("cannot {}: {}", action, hdf5_reason()));
}

Hid Hdf5Checks::own(hid_t id, Hid::Closer closer, const std::string& action) const {
  if (id < 0) fail(fmt::format("cannot {}: {}", action, hdf5_reason()));
  return {id, closer};
}

void Hdf5Checks::require_that(bool holds, const std::string& finding) const {
  if (!holds) fail(finding);
}

void Hdf5Checks::fail(const std::string& finding) const {
  throw Error(fault_, fmt::format("{}: {}; {}", file_, finding, cure_));
}

Hid open_hdf5_file(const Hdf5Checks& checks, const std::string& path, bool read_only) {
  const Hid access = checks.own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "prepare opening");
  checks.ok(H5Pset_file_locking(access.get(), false, true), "switch file locking off");
  checks.ok(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V110, H5F_LIBVER_V110), "choose the format version");
  checks.ok(H5Pset_alignment(access.get(), kDatasetAlignment, kDatasetAlignment), "choose the alignment");
  return checks.own(H5Fopen(path.c_str(), read_only ? H5F_ACC_RDONLY : H5F_ACC_RDWR, access.get()), H5Fclose,
                    "open it as HDF5");
}

}  // namespace hpctrain::data
