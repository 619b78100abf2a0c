// Faults are exit codes, and scripts rely on them.
#include "core/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "core/storage_error.hpp"

namespace hpctrain {
namespace {

TEST(Error, FaultsAreTheExitCodesOfTheContract) {
  EXPECT_EQ(exit_code(Fault::usage), 64);
  EXPECT_EQ(exit_code(Fault::data), 65);
  EXPECT_EQ(exit_code(Fault::no_checkpoint), 66);
  EXPECT_EQ(exit_code(Fault::bug), 70);
  EXPECT_EQ(exit_code(Fault::device), 71);
  EXPECT_EQ(exit_code(Fault::fenced), 73);
  EXPECT_EQ(exit_code(Fault::storage), 74);
  EXPECT_EQ(exit_code(Fault::stopped), 75);
  EXPECT_EQ(exit_code(Fault::comm), 76);
}

TEST(Error, AgreementIsKeptOnACopyOnly) {
  const Error error(Fault::data, "shard a.h5: cut short");
  const Error agreed = error.as_agreed();
  EXPECT_TRUE(agreed.is_agreed());
  EXPECT_FALSE(error.is_agreed());
  EXPECT_EQ(agreed.fault(), Fault::data);
  EXPECT_STREQ(agreed.what(), "shard a.h5: cut short");
}

TEST(Error, RequireThrowsOnlyWhatIsBroken) {
  EXPECT_NO_THROW(require(true, Fault::usage, "unused"));
  EXPECT_THROW(require(false, Fault::usage, "bad"), Error);
}

TEST(Error, InvariantNamesTheLineThatAsked) {
  const int line = __LINE__ + 2;
  try {
    require_invariant(false, "one is two");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::bug);
    EXPECT_THAT(error.what(), testing::HasSubstr("error_test.cpp:" + std::to_string(line) + ": one is two"));
  }
}

TEST(StorageError, NamesActionPathReasonAndCure) {
  const Error error = storage_error("write", "/scratch/a.tmp", ENOSPC);
  EXPECT_EQ(error.fault(), Fault::storage);
  EXPECT_STREQ(error.what(),
               "cannot write /scratch/a.tmp: No space left on device; free some space there or choose another folder");
}

}  // namespace
}  // namespace hpctrain
