// Hostile and damaged files, planted with HDF5 itself: each is refused with the file's name, none is followed.
#include "data/layout_reader.hpp"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <functional>

#include "data/schema_attributes.hpp"
#include "data/shard_header.hpp"
#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::data {
namespace {

using test::expect_error;
using test::PackedFixture;

const Hdf5Checks& checks() {
  static const Hdf5Checks instance("planted file", Fault::bug, "mend the test");
  return instance;
}

void edit(const std::filesystem::path& path, const std::function<void(hid_t)>& change) {
  Hid file = open_hdf5_file(checks(), path.string(), false);
  change(file.get());
  close_hdf5_file(checks(), file);
}

void remove_link(hid_t file, const std::string& name) {
  checks().ok(H5Ldelete(file, name.c_str(), H5P_DEFAULT), name);
}

template <class T>
void replace_attribute(hid_t object, const std::string& name, ElementType type, T value) {
  checks().ok(H5Adelete(object, name.c_str()), name);
  write_attribute(checks(), object, name, type, {}, &value);
}

/// A dataset in place of /fields/label/data of shard 0 (40 rows), with a creation list that the test fills in.
void replace_labels(hid_t file, hid_t type, std::vector<hsize_t> shape, const std::function<void(hid_t)>& prepare) {
  remove_link(file, "/fields/label/data");
  const Hid space =
      checks().own(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr), H5Sclose, "s");
  const Hid creation = checks().own(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "p");
  prepare(creation.get());
  checks().own(H5Dcreate2(file, "/fields/label/data", type, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT),
               H5Dclose, "d");
}

struct PlantedCase {
  std::string name;
  std::function<void(hid_t)> change;
  std::string expected;
};

void PrintTo(const PlantedCase& planted, std::ostream* out) {
  *out << planted.name;
}

const std::vector<PlantedCase>& planted_shards() {
  const auto nothing = [](hid_t) {};
  static const std::vector<PlantedCase> cases{
      {"Chunked",
       [](hid_t f) {
         replace_labels(f, H5T_STD_I64LE, {40}, [](hid_t p) {
           const hsize_t chunk = 8;
           H5Pset_chunk(p, 1, &chunk);
         });
       },
       "not stored in one piece"},
      {"Deflated",
       [](hid_t f) {
         replace_labels(f, H5T_STD_I64LE, {40}, [](hid_t p) {
           const hsize_t chunk = 8;
           H5Pset_chunk(p, 1, &chunk);
           H5Pset_deflate(p, 1);
         });
       },
       "not stored in one piece"},
      {"Compact",
       [](hid_t f) { replace_labels(f, H5T_STD_I64LE, {40}, [](hid_t p) { H5Pset_layout(p, H5D_COMPACT); }); },
       "not stored in one piece"},
      {"StoredInAnotherFile",
       [](hid_t f) {
         replace_labels(f, H5T_STD_I64LE, {40}, [](hid_t p) { H5Pset_external(p, "/etc/passwd", 0, 320); });
       },
       "stored in another file"},
      {"NeverAllocated", [nothing](hid_t f) { replace_labels(f, H5T_STD_I64LE, {40}, nothing); },
       "has no place in the file"},
      {"BigEndian", [nothing](hid_t f) { replace_labels(f, H5T_STD_I64BE, {40}, nothing); }, "is not of type i64"},
      {"Narrow", [nothing](hid_t f) { replace_labels(f, H5T_STD_I32LE, {40}, nothing); }, "is not of type i64"},
      {"TooFewRows", [nothing](hid_t f) { replace_labels(f, H5T_STD_I64LE, {39}, nothing); },
       "has shape [39], not [40]"},
      {"AnotherAxis",
       [nothing](hid_t f) {
         replace_labels(f, H5T_STD_I64LE, {40, 1}, nothing);
       },
       "has shape [40,1]"},
      {"MissingDataset", [](hid_t f) { remove_link(f, "/fields/label/data"); }, "has no \"data\""},
      {"MissingField", [](hid_t f) { remove_link(f, "/fields/label"); }, "has no \"label\""},
      {"MissingIds", [](hid_t f) { remove_link(f, "/sample_id"); }, "has no \"sample_id\""},
      {"MissingDigests", [](hid_t f) { remove_link(f, "/integrity/image/block_xxh3"); }, "has no \"block_xxh3\""},
      {"SoftLink",
       [](hid_t f) {
         remove_link(f, "/fields/label");
         H5Lcreate_soft("/fields/image", f, "/fields/label", H5P_DEFAULT, H5P_DEFAULT);
       },
       "\"label\" is a link"},
      {"ExternalLink",
       [](hid_t f) {
         remove_link(f, "/sample_id");
         H5Lcreate_external("shard-000001.h5", "/sample_id", f, "/sample_id", H5P_DEFAULT, H5P_DEFAULT);
       },
       "\"sample_id\" is a link"},
      {"DatasetInPlaceOfAGroup",
       [](hid_t f) {
         remove_link(f, "/fields/label");
         const std::uint64_t one = 1;
         create_dataset(checks(), f, "/fields/label", ElementType::u8, {&one, 1});
       },
       "\"label\" is not a group"},
      {"NewerVersion",
       [](hid_t f) {
         checks().ok(H5Adelete(f, "format_version"), "delete");
         const std::uint64_t two = 2;
         const std::uint32_t version[2] = {2, 0};
         write_attribute(checks(), f, "format_version", ElementType::u32, {&two, 1}, version);
       },
       "format version 2.0, this program reads version 1"},
      {"Unfinished", [](hid_t f) { replace_attribute<std::uint8_t>(f, "complete", ElementType::u8, 0); },
       "was never finished"},
      {"AnotherShard", [](hid_t f) { replace_attribute<std::uint64_t>(f, "shard_index", ElementType::u64, 1); },
       "is another shard"},
      {"AnotherCount",
       [](hid_t f) { replace_attribute<std::uint64_t>(f, "num_samples", ElementType::u64, 1ull << 60); },
       "another number of samples"},
      {"AnotherSchema", [](hid_t f) { replace_attribute<std::uint64_t>(f, "schema_xxh3", ElementType::u64, 1); },
       "has another schema"},
      {"AnotherDataSet",
       [](hid_t f) {
         checks().ok(H5Adelete(f, "dataset_uuid"), "delete");
         const std::uint64_t count = 16;
         const std::uint8_t uuid[16] = {};
         write_attribute(checks(), f, "dataset_uuid", ElementType::u8, {&count, 1}, uuid);
       },
       "belongs to another data set"},
      {"AttributeOfAnotherType",
       [](hid_t f) { replace_attribute<std::uint32_t>(f, "num_samples", ElementType::u32, 40); },
       "\"num_samples\" is not of type u64"},
      {"MissingAttribute", [](hid_t f) { H5Adelete(f, "first_sample"); }, "\"first_sample\" is missing"},
      {"TextOfVariableLength",
       [](hid_t f) {
         checks().ok(H5Adelete(f, "creator"), "delete");
         const Hid type = checks().own(H5Tcopy(H5T_C_S1), H5Tclose, "t");
         H5Tset_size(type.get(), H5T_VARIABLE);
         const Hid space = checks().own(H5Screate(H5S_SCALAR), H5Sclose, "s");
         const Hid attribute =
             checks().own(H5Acreate2(f, "creator", type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose, "a");
         const char* text = "someone";
         H5Awrite(attribute.get(), type.get(), &text);
       },
       "\"creator\" is not a text of fixed length"},
      {"ContradictingSchema",
       [](hid_t f) {
         const Hid group = checks().own(H5Gopen2(f, "/fields/image", H5P_DEFAULT), H5Gclose, "g");
         replace_attribute<std::uint64_t>(group.get(), "row_bytes", ElementType::u64, 1ull << 63);
       },
       "row_bytes is 9223372036854775808, its shape needs 12"},
      {"ManyAxes",
       [](hid_t f) {
         const Hid group = checks().own(H5Gopen2(f, "/fields/image", H5P_DEFAULT), H5Gclose, "g");
         checks().ok(H5Adelete(group.get(), "sample_shape"), "delete");
         const std::uint64_t axes = 9;
         const std::vector<std::uint64_t> shape(axes, 1);
         write_attribute(checks(), group.get(), "sample_shape", ElementType::u64, {&axes, 1}, shape.data());
       },
       "\"sample_shape\" has a wrong shape"}};
  return cases;
}

class PlantedShard : public testing::TestWithParam<PlantedCase> {};

TEST_P(PlantedShard, IsRefusedByName) {
  const PackedFixture packed;
  edit(packed.shard(0), GetParam().change);
  expect_error(Fault::data, {"shards/shard-000000.h5", GetParam().expected, "hpctrain"},
               [&] { read_dataset_layout(packed.folder); });
}

INSTANTIATE_TEST_SUITE_P(LayoutReader, PlantedShard, testing::ValuesIn(planted_shards()),
                         [](const auto& planted) { return planted.param.name; });

TEST(LayoutReader, IgnoresGroupsItDoesNotKnow) {
  const PackedFixture packed;
  edit(packed.shard(0), [](hid_t f) { create_group(checks(), f, "from_a_later_version"); });
  DatasetIndex expected = packed.index;
  expected.shards[0].file_bytes = std::filesystem::file_size(packed.shard(0));
  EXPECT_EQ(read_dataset_layout(packed.folder), expected);
}

TEST(LayoutReader, TakesOffsetsFromTheShardsNotFromTheManifest) {
  const PackedFixture packed;
  // What h5repack does: the same objects at other places.
  edit(packed.shard(0), [](hid_t f) {
    const std::uint64_t rows = 40;
    std::vector<std::int64_t> labels(rows, 3);
    remove_link(f, "/fields/label/data");
    write_table(checks(), f, "/fields/label/data", ElementType::i64, {&rows, 1}, labels.data());
  });
  const ShardIndex shard = read_dataset_layout(packed.folder).shards[0];
  std::ifstream file(packed.shard(0), std::ios::binary);
  file.seekg(static_cast<std::streamoff>(shard.fields[1].data_offset));
  std::int64_t first = 0;
  file.read(reinterpret_cast<char*>(&first), sizeof first);
  EXPECT_EQ(first, 3);
}

TEST(LayoutReader, SaysHowManyBytesACutShardLacks) {
  const PackedFixture packed;
  std::filesystem::resize_file(packed.shard(1), std::filesystem::file_size(packed.shard(1)) - 12);
  expect_error(Fault::data, {"shard-000001.h5", "12 bytes shorter", "pack it again with hpctrain-pack"},
               [&] { read_dataset_layout(packed.folder); });
}

TEST(LayoutReader, NamesAMissingShard) {
  const PackedFixture packed;
  std::filesystem::remove(packed.shard(2));
  expect_error(Fault::data, {"shard-000002.h5", "is missing"}, [&] { read_dataset_layout(packed.folder); });
}

TEST(LayoutReader, RefusesFilesAndFoldersThatAreLinks) {
  const PackedFixture packed;
  std::filesystem::rename(packed.shard(0), packed.folder / "elsewhere.h5");
  std::filesystem::create_symlink("../elsewhere.h5", packed.shard(0));
  expect_error(Fault::data, {"shard-000000.h5", "not a regular file"}, [&] { read_dataset_layout(packed.folder); });
  std::filesystem::rename(packed.folder / "shards", packed.folder / "real");
  std::filesystem::create_directory_symlink("real", packed.folder / "shards");
  expect_error(Fault::data, {"no folder of shards"}, [&] { read_dataset_layout(packed.folder); });
}

TEST(LayoutReader, RefusesTwoShardsInEachOthersPlace) {
  const PackedFixture packed;
  std::filesystem::rename(packed.shard(0), packed.folder / "x");
  std::filesystem::rename(packed.shard(1), packed.shard(0));
  std::filesystem::rename(packed.folder / "x", packed.shard(1));
  expect_error(Fault::data, {"shard-000000.h5", "is another shard"}, [&] { read_dataset_layout(packed.folder); });
}

TEST(LayoutReader, RefusesWhatIsNoDataSet) {
  const hpctrain::test::TemporaryFolder folder;
  expect_error(Fault::data, {"no such folder"}, [&] { read_dataset_layout(folder / "nothing"); });
  expect_error(Fault::data, {"no manifest.h5", "cut short"}, [&] { read_dataset_layout(folder.path()); });
  std::ofstream(folder / "manifest.h5") << "not HDF5 at all";
  expect_error(Fault::data, {"manifest.h5", "cannot open it as HDF5"}, [&] { read_dataset_layout(folder.path()); });
}

void expect_bad_manifest(const std::function<void(hid_t)>& change, const std::string& expected) {
  const PackedFixture packed;
  edit(packed.folder / "manifest.h5", change);
  expect_error(Fault::data, {"manifest.h5", expected}, [&] { read_dataset_layout(packed.folder); });
}

TEST(LayoutReader, RefusesPathsThatLeaveTheDataSet) {
  for (const std::string path :
       {"../../../etc/passwd", "shards/../../x.h5", "/etc/passwd", "shards/..", "shards/", ""}) {
    expect_bad_manifest(
        [&](hid_t f) {
          remove_link(f, "/shards/path");
          const std::vector<std::string> paths(4, path);
          write_text_table(checks(), f, "/shards/path", paths);
        },
        "by a path that is not allowed");
  }
}

TEST(LayoutReader, RefusesTablesThatContradictEachOther) {
  const auto set_split = [](const std::string& name, const std::string& attribute, std::uint64_t value) {
    return [=](hid_t f) {
      const Hid group = checks().own(H5Gopen2(f, ("/splits/" + name).c_str(), H5P_DEFAULT), H5Gclose, "g");
      replace_attribute<std::uint64_t>(group.get(), attribute, ElementType::u64, value);
    };
  };
  expect_bad_manifest(set_split("test", "first_shard", 2), "shares shards with another");
  expect_bad_manifest(set_split("test", "shard_count", ~0ull), "shares shards with another");
  expect_bad_manifest(set_split("train", "num_samples", 104), "claims 104 samples, its shards have 103");
  expect_bad_manifest([](hid_t f) { replace_attribute<std::uint64_t>(f, "shard_count", ElementType::u64, 1ull << 61); },
                      "cannot have");
  expect_bad_manifest([](hid_t f) { remove_link(f, "/splits/test"); }, "belong to no split");
  expect_bad_manifest([](hid_t f) { replace_attribute<std::uint64_t>(f, "shard_count", ElementType::u64, 5); },
                      "does not have 5 entries");
}

}  // namespace
}  // namespace hpctrain::data
