// What users type, and what they are told when they mistype it.
#include "pack/command_line.hpp"

#include <gtest/gtest.h>

#include "unit/data/support/packed_fixture.hpp"

namespace hpctrain::pack {
namespace {

using data::test::expect_error;

PackCommand parse(std::vector<std::string> arguments) {
  return parse_command_line(arguments);
}

TEST(PackCommandLine, ReadsAPackCommandInAnyOrder) {
  const PackCommand command = parse({"idx", "--seed=7", "SRC", "--no-shuffle", "-o", "OUT", "--validation", "50"});
  EXPECT_EQ(command.action, Action::pack);
  EXPECT_EQ(command.kind, "idx");
  EXPECT_EQ(command.source.path, "SRC");
  EXPECT_EQ(command.folder, "OUT");
  EXPECT_EQ(command.plan.seed, 7u);
  EXPECT_EQ(command.plan.validation_samples, 50u);
  EXPECT_FALSE(command.plan.shuffle);
  EXPECT_EQ(command.source.num_classes, 10u);
}

TEST(PackCommandLine, ReadsTheOtherCommands) {
  EXPECT_TRUE(parse({"info", "DIR", "--json"}).json);
  EXPECT_EQ(parse({"verify", "DIR"}).action, Action::verify);
  EXPECT_EQ(*parse({"index", "DIR", "--memory-limit", "5", "--cpu-limit", "6"}).cpu_limit_seconds, 6u);
  EXPECT_EQ(parse({"idx", "--help"}).action, Action::help);
  EXPECT_EQ(parse({"--version"}).action, Action::version);
}

TEST(PackCommandLine, ReadsAPhantomCommandAndOptionsOfTheCephalogramKind) {
  const PackCommand phantom = parse({"phantom-isbi2015", "--count", "40", "-o", "OUT", "--seed", "9"});
  EXPECT_EQ(phantom.action, Action::phantom);
  EXPECT_EQ(phantom.phantom_count, 40u);
  EXPECT_EQ(phantom.plan.seed, 9u);
  EXPECT_EQ(phantom.folder, "OUT");
  const PackCommand pack = parse({"isbi2015", "SRC", "-o", "OUT", "--size", "96x128", "--spacing-mm", "0.125"});
  EXPECT_EQ(pack.source.size, (ImageSize{96, 128}));
  EXPECT_EQ(pack.source.spacing_mm, 0.125);
}

TEST(PackCommandLine, RefusesPhantomCommandsThatSayTooLittleOrTooMuch) {
  expect_error(Fault::usage, {"--count N is missing"}, [] { parse({"phantom-isbi2015", "-o", "O"}); });
  expect_error(Fault::usage, {"--count 0"}, [] { parse({"phantom-isbi2015", "-o", "O", "--count", "0"}); });
  expect_error(Fault::usage, {"-o DIR is missing"}, [] { parse({"phantom-isbi2015", "--count", "1"}); });
  expect_error(Fault::usage, {"reads no source, SRC"}, [] {
    parse({"phantom-isbi2015", "SRC", "--count", "1", "-o", "O"});
  });
  expect_error(Fault::usage, {"--spacing-mm nan"}, [] { parse({"isbi2015", "S", "-o", "O", "--spacing-mm", "nan"}); });
  expect_error(Fault::usage, {"--spacing-mm 0"}, [] { parse({"isbi2015", "S", "-o", "O", "--spacing-mm", "0"}); });
  expect_error(Fault::usage, {"--spacing-mm 1e-7", "from 1e-06 to 1000"}, [] {
    parse({"isbi2015", "S", "-o", "O", "--spacing-mm", "1e-7"});
  });
  expect_error(Fault::usage, {"--spacing-mm 1001"}, [] {
    parse({"isbi2015", "S", "-o", "O", "--spacing-mm", "1001"});
  });
  expect_error(Fault::usage, {"--size 1x65537", "more than 65536"}, [] {
    parse({"isbi2015", "S", "-o", "O", "--size", "1x65537"});
  });
  EXPECT_EQ(parse({"isbi2015", "S", "-o", "O", "--size", "65536x1"}).source.size, (ImageSize{65536, 1}));
  expect_error(Fault::usage, {"--size 96"}, [] { parse({"isbi2015", "S", "-o", "O", "--size", "96"}); });
}

TEST(PackCommandLine, SuggestsTheNearestName) {
  expect_error(Fault::usage, {"\"idxx\"", "did you mean idx?"}, [] { parse({"idxx", "SRC"}); });
  expect_error(Fault::usage, {"\"verfy\"", "did you mean verify?"}, [] { parse({"verfy", "DIR"}); });
  expect_error(Fault::usage, {"--validaton", "did you mean --validation?"}, [] {
    parse({"idx", "SRC", "-o", "OUT", "--validaton", "5"});
  });
}

TEST(PackCommandLine, RefusesOptionsOfOtherCommands) {
  expect_error(Fault::usage, {"--json"}, [] { parse({"idx", "SRC", "-o", "OUT", "--json"}); });
  expect_error(Fault::usage, {"--seed"}, [] { parse({"info", "DIR", "--seed", "1"}); });
}

TEST(PackCommandLine, RefusesWrongValuesRepetitionsAndOmissions) {
  expect_error(Fault::usage, {"--seed -3"}, [] { parse({"idx", "S", "-o", "O", "--seed", "-3"}); });
  expect_error(Fault::usage, {"--validation 5x"}, [] { parse({"idx", "S", "-o", "O", "--validation", "5x"}); });
  expect_error(Fault::usage, {"--classes 0"}, [] { parse({"idx", "S", "-o", "O", "--classes", "0"}); });
  expect_error(Fault::usage, {"twice"}, [] { parse({"idx", "S", "-o", "O", "--output", "P"}); });
  expect_error(Fault::usage, {"--seed needs a value"}, [] { parse({"idx", "S", "-o", "O", "--seed"}); });
  expect_error(Fault::usage, {"takes no value"}, [] { parse({"info", "D", "--json=1"}); });
  expect_error(Fault::usage, {"-o DIR is missing"}, [] { parse({"idx", "S"}); });
  expect_error(Fault::usage, {"exactly one folder"}, [] { parse({"info"}); });
  expect_error(Fault::usage, {"exactly one source"}, [] { parse({"idx", "S", "T", "-o", "O"}); });
  expect_error(Fault::usage, {"no command"}, [] { parse({}); });
}

TEST(PackCommandLine, ReadsHowPicturesAreStored) {
  const PackCommand command = parse({"folder", "S", "-o", "O", "--size", "64x48", "--fit", "pad", "--colour=grey"});
  EXPECT_EQ(command.source.size, (ImageSize{64, 48}));
  EXPECT_EQ(command.source.fit, Fit::pad);
  EXPECT_EQ(command.source.colour, ColourChoice::grey);
  expect_error(Fault::usage, {"--fit squash", "crop, pad"}, [] { parse({"folder", "S", "--fit", "squash"}); });
  expect_error(Fault::usage, {"--colour red", "auto, grey, rgb"}, [] { parse({"folder", "S", "--colour", "red"}); });
  expect_error(Fault::usage, {"--size 99999x99999", "give less"}, [] { parse({"folder", "S", "--size=99999x99999"}); });
  expect_error(Fault::usage, {"--fit"}, [] { parse({"landmarks-csv", "S", "-o", "O", "--fit", "pad"}); });
}

TEST(PackCommandLine, ReadsInWhichFormPicturesAreStored) {
  const auto store = [](const std::string& text) {
    return parse({"folder", "S", "-o", "O", "--store", text}).source.store;
  };
  EXPECT_EQ(parse({"folder", "S", "-o", "O"}).source.store, StoreChoice{});
  EXPECT_EQ(store("raw"), StoreChoice{});
  EXPECT_EQ(store("encoded"), (StoreChoice{StoreForm::encoded, 0}));
  EXPECT_EQ(store("jpeg=90"), (StoreChoice{StoreForm::jpeg, 90}));
  for (const char* wrong : {"", "jpg", "jpeg", "jpeg=", "jpeg=0", "jpeg=101", "jpeg=9x", "jpeg=-1", "png"}) {
    expect_error(Fault::usage, {"--store " + std::string(wrong) + ":", "jpeg=QUALITY from 1 to 100"},
                 [&] { store(wrong); });
  }
}

TEST(PackCommandLine, ReadsFoldsAndThreads) {
  const PackCommand command = parse({"idx", "S", "-o", "O", "--fold", "2", "--folds", "5", "--threads", "3"});
  EXPECT_EQ(command.fold->number, 2u);
  EXPECT_EQ(command.fold->count, 5u);
  EXPECT_EQ(command.threads, 3u);
  EXPECT_FALSE(parse({"stl10", "S", "-o", "O", "--fold", "2"}).fold->count);
  expect_error(Fault::usage, {"--folds without --fold"}, [] { parse({"idx", "S", "-o", "O", "--folds", "5"}); });
  expect_error(Fault::usage, {"--fold 0"}, [] { parse({"stl10", "S", "-o", "O", "--fold", "0"}); });
  expect_error(Fault::usage, {"--threads 0"}, [] { parse({"idx", "S", "-o", "O", "--threads", "0"}); });
  expect_error(Fault::usage, {"--threads 1025", "CPUs"}, [] { parse({"idx", "S", "-o", "O", "--threads", "1025"}); });
}

TEST(PackCommandLine, RefusesNamesThatAreNotUtf8) {
  EXPECT_EQ(parse({"idx", "S", "-o", "O", "--class-names", "été,夏"}).source.class_names[1], "夏");
  expect_error(Fault::usage, {"--class-names", "UTF-8"}, [] {
    parse({"idx", "S", "-o", "O", "--class-names", "\xe9t\xe9,b"});
  });
}

}  // namespace
}  // namespace hpctrain::pack
