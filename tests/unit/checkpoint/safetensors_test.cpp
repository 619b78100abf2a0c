// The file format against bytes written by hand and against files made to hurt.
#include "checkpoint/safetensors.hpp"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cstring>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/simulated_file_system.hpp"

namespace hpctrain::checkpoint {
namespace {

std::string file_of(const std::string& header, const std::string& data) {
  const std::uint64_t header_bytes = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &header_bytes, 8);
  return file + header + data;
}

std::string reason_for(const std::string& bytes) {
  try {
    read_safetensors(bytes, "evil.safetensors");
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::data);
    return error.what();
  }
  ADD_FAILURE() << "accepted";
  return "";
}

TEST(Safetensors, WritesTheBytesOfTheFormat) {
  SimulatedFileSystem files;
  const auto byte = torch::tensor({7}, torch::kByte);
  const auto floats = torch::tensor({1.0F, -2.0F}, torch::kFloat);
  const FileSeal seal = save_safetensors(files, "/w", {{"a", byte}, {"b", floats}}, {{"k", "v"}});

  // Larger elements first; 1.0f = 00 00 80 3f, -2.0f = 00 00 00 c0.
  std::string header = R"({"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                       R"("a":{"dtype":"U8","shape":[1],"data_offsets":[8,9]}})";
  header.resize(136, ' ');
  const std::string expected = file_of(header, std::string("\0\0\x80\x3f\0\0\0\xc0\x07", 9));
  EXPECT_EQ(files.read_file("/w"), expected);
  EXPECT_EQ(seal.bytes, expected.size());
  EXPECT_EQ(seal.xxh3_128, Xxh3_128().update(hpctrain::bytes_of(expected)).hex());
  EXPECT_EQ(safetensors_seal({{"a", byte}, {"b", floats}}, {{"k", "v"}}), seal);
}

TEST(Safetensors, BringsEveryDtypeBack) {
  std::vector<NamedTensor> tensors;
  for (const auto dtype : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
                           at::kChar, at::kByte, at::kBool}) {
    tensors.push_back({at::toString(dtype), torch::tensor({0, 1, 1, 0, 1, 1}).reshape({2, 3}).to(dtype)});
  }
  SimulatedFileSystem files;
  save_safetensors(files, "/w", tensors);
  const SafetensorsContent content = load_safetensors(files, "/w");
  ASSERT_EQ(content.tensors.size(), tensors.size());
  for (const NamedTensor& found : content.tensors) {
    const auto original =
        std::find_if(tensors.begin(), tensors.end(), [&](const auto& t) { return t.name == found.name; });
    ASSERT_NE(original, tensors.end()) << found.name;
    EXPECT_EQ(found.tensor.scalar_type(), original->tensor.scalar_type());
    EXPECT_TRUE(torch::equal(found.tensor, original->tensor)) << found.name;
  }
}

TEST(Safetensors, KeepsScalarsAndEmptyTensors) {
  SimulatedFileSystem files;
  save_safetensors(files, "/w", {{"scalar", torch::tensor(3.5)}, {"empty", torch::zeros({0, 4})}});
  const auto tensors = load_safetensors(files, "/w").tensors;
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[0].name, "empty");
  EXPECT_EQ(tensors[0].tensor.sizes(), (std::vector<std::int64_t>{0, 4}));
  EXPECT_EQ(tensors[1].tensor.dim(), 0);
  EXPECT_EQ(tensors[1].tensor.item<float>(), 3.5F);
}

TEST(Safetensors, WritesAnyMemoryLayoutRowMajor) {
  const auto plain = torch::arange(48, torch::kFloat).reshape({2, 3, 2, 4});
  const auto seal = safetensors_seal({{"x", plain}});
  EXPECT_EQ(safetensors_seal({{"x", plain.contiguous(at::MemoryFormat::ChannelsLast)}}), seal);
  EXPECT_EQ(safetensors_seal({{"x", plain.transpose(0, 1).contiguous().transpose(0, 1)}}), seal);
  EXPECT_NE(safetensors_seal({{"x", plain.transpose(1, 2)}}), seal);
}

TEST(Safetensors, RefusesToWriteANameTwice) {
  SimulatedFileSystem files;
  EXPECT_THROW(save_safetensors(files, "/w", {{"x", torch::zeros(1)}, {"x", torch::zeros(1)}}), Error);
  EXPECT_THROW(save_safetensors(files, "/v", {{"__metadata__", torch::zeros(1)}}), Error);
  EXPECT_THROW(save_safetensors(files, "/u", {{"\xff", torch::zeros(1)}}), Error);
}

TEST(Safetensors, RefusesHeadersThatDoNotFitTheFile) {
  EXPECT_NE(reason_for("").find("shorter than"), std::string::npos);
  EXPECT_NE(reason_for("1234567").find("shorter than"), std::string::npos);
  EXPECT_NE(reason_for(std::string(8, '\xff')).find("header length"), std::string::npos);
  EXPECT_NE(reason_for(std::string("\x10\0\0\0\0\0\0\0{}", 10)).find("header length"), std::string::npos);
  EXPECT_NE(reason_for(file_of("", "")).find("not valid JSON"), std::string::npos);
  EXPECT_NE(reason_for(file_of("[]", "")).find("not a JSON object"), std::string::npos);
  EXPECT_NE(reason_for(file_of(std::string(100'000, '['), "")).find("nested deeper"), std::string::npos);
}

struct HostileHeader {
  const char* header;
  std::size_t data_bytes;
  const char* reason;
};

class HostileSafetensors : public testing::TestWithParam<HostileHeader> {};

TEST_P(HostileSafetensors, IsRefusedWithItsReason) {
  const HostileHeader& hostile = GetParam();
  const std::string reason = reason_for(file_of(hostile.header, std::string(hostile.data_bytes, '\2')));
  EXPECT_NE(reason.find(hostile.reason), std::string::npos) << reason;
  EXPECT_TRUE(reason.starts_with("evil.safetensors: ")) << reason;
}

INSTANTIATE_TEST_SUITE_P(
    Headers, HostileSafetensors,
    testing::Values(
        HostileHeader{R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 5, "the file holds 5"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 3, "the file holds 3"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[1,5]}})", 5, "expected 0"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}})", 4, "offsets say otherwise"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[-4,0]}})", 4, "non-negative"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                      R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
                      6, "begins at byte 2"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                      R"("b":{"dtype":"U8","shape":[2],"data_offsets":[3,5]}})",
                      5, "begins at byte 3"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                      R"("a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}})",
                      4, "given twice"},
        HostileHeader{R"({"a":{"dtype":"F8","shape":[4],"data_offsets":[0,4]}})", 4, "unknown dtype"},
        HostileHeader{R"({"a":{"dtype":7,"shape":[4],"data_offsets":[0,4]}})", 4, "unknown dtype"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":4,"data_offsets":[0,4]}})", 4, "not a list"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}})", 4, "non-negative"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":[2.5],"data_offsets":[0,4]}})", 4, "non-negative"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0, "overflows"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":[0,9223372036854775807,4],"data_offsets":[0,0]}})", 0, "overflows"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":[4]}})", 4, "needs exactly"},
        HostileHeader{R"({"a":[1,2,3]})", 4, "needs exactly"},
        HostileHeader{R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0]}})", 4, "not a pair"},
        HostileHeader{R"({"__metadata__":{"k":1}})", 0, "not a string"},
        HostileHeader{R"({"__metadata__":"k"})", 0, "not an object"},
        HostileHeader{R"({"a":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}})", 4, "neither 0 nor 1"},
        HostileHeader{R"({} trailing)", 0, "not valid JSON"}));

TEST(Safetensors, ReadsTensorsThatAreNotAligned) {
  const std::string data("\5\0\0\x80\x3f", 5);
  const auto tensors = read_safetensors(file_of(R"({"f":{"dtype":"F32","shape":[1],"data_offsets":[1,5]},)"
                                                R"("b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                                                data),
                                        "x")
                           .tensors;
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[0].name, "b");
  EXPECT_EQ(tensors[1].tensor.item<float>(), 1.0F);
}

}  // namespace
}  // namespace hpctrain::checkpoint
