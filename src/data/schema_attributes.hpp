// A field's schema as attributes of /fields/<name>, the same in the manifest and in every shard.
#pragma once

#include "data/hdf5_read.hpp"
#include "data/hdf5_write.hpp"

namespace hpctrain::data {

void write_schema(const Hdf5Checks& checks, hid_t field_group, const FieldSchema& field);

/// errors  Fault::data when an attribute is missing, of a wrong type, or contradicts another
FieldSchema read_schema(const Hdf5Input& input, hid_t field_group, const std::string& name);

}  // namespace hpctrain::data
