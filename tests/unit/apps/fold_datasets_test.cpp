// Which folders data.dir and data.fold mean, and which of them make one cross-validation.
#include "apps/fold_datasets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/option_table.hpp"
#include "support/expect_error.hpp"

namespace hpctrain::apps {
namespace {

using test::expect_error;

Settings settings_of(const char* folder, std::optional<std::uint64_t> fold = std::nullopt) {
  Settings settings;
  settings.data_dir = folder;
  settings.fold = fold;
  return settings;
}

/// `data.fold` with these values, as a sweep collects it.
std::vector<std::filesystem::path> folders_of_axis(const std::string& text) {
  Settings settings;
  const config::OptionTable table = make_option_table(settings);
  const config::Axis axis = config::make_axis({&table.at("data.fold"), text, "--data.fold"});
  settings.data_dir = "/cv/isbi-{fold}";
  return dataset_folders(settings, {axis});
}

data::DatasetIndex index_of(std::uint8_t uuid, std::optional<data::Fold> fold = std::nullopt) {
  data::DatasetIndex index;
  index.folder = "/cv/" + std::to_string(uuid);
  index.uuid[0] = uuid;
  index.fold = fold;
  return index;
}

void require_folds(const std::vector<data::DatasetIndex>& all) {
  DatasetIndices indices;
  for (std::size_t i = 0; i < all.size(); ++i) indices.emplace(std::to_string(i), all[i]);
  require_folds_of_one(indices);
}

TEST(FoldDatasets, TheFoldTakesItsPlaceInTheFolder) {
  EXPECT_EQ(dataset_folder(settings_of("/cv/isbi-{fold}", 2)), "/cv/isbi-2");
  EXPECT_EQ(dataset_folder(settings_of("/{fold}/of-4/{fold}", 0)), "/0/of-4/0");
  EXPECT_EQ(dataset_folder(settings_of("/cv/isbi")), "/cv/isbi");
}

TEST(FoldDatasets, OneWithoutTheOtherIsRefusedAndBothAreNamed) {
  expect_error(Fault::usage, {"data.dir /cv/{fold}", "data.fold"}, [] { dataset_folder(settings_of("/cv/{fold}")); });
  expect_error(Fault::usage, {"data.fold 1", "data.dir /cv", "{fold}"}, [] { dataset_folder(settings_of("/cv", 1)); });
}

TEST(FoldDatasets, AnAxisGivesAFolderForEachValue) {
  EXPECT_THAT(folders_of_axis("2,0"), testing::ElementsAre("/cv/isbi-2", "/cv/isbi-0"));
  EXPECT_THAT(folders_of_axis("int(1, 3)"), testing::ElementsAre("/cv/isbi-1", "/cv/isbi-2", "/cv/isbi-3"));
  EXPECT_THAT(dataset_folders(settings_of("/cv/{fold}", 5), {}), testing::ElementsAre("/cv/5"));
  expect_error(Fault::usage, {"data.dir", "data.fold"}, [] { folders_of_axis("none,1"); });
  expect_error(Fault::usage, {"data.fold", "thousands"}, [] { folders_of_axis("int(0, 5000)"); });
}

TEST(FoldDatasets, TrialsAreComparableOnDifferentPartsOfOneDivisionOnly) {
  require_folds({index_of(1, data::Fold{1, 4}), index_of(2, data::Fold{2, 4}), index_of(3)});
  expect_error(Fault::usage, {"/cv/1 and /cv/1", "same data set"}, [] { require_folds({index_of(1), index_of(1)}); });
  expect_error(Fault::usage, {"both part 2 of 4"}, [] {
    require_folds({index_of(1, data::Fold{2, 4}), index_of(2, data::Fold{2, 4})});
  });
  expect_error(Fault::usage, {"parts of 4 and of 5"}, [] {
    require_folds({index_of(1, data::Fold{1, 4}), index_of(2, data::Fold{2, 5})});
  });
  data::DatasetIndex other = index_of(2, data::Fold{2, 4});
  other.pack_seed = 7;
  expect_error(Fault::usage, {"different seeds"}, [&] { require_folds({index_of(1, data::Fold{1, 4}), other}); });
  other.fields.push_back({});
  expect_error(Fault::usage, {"different shape"}, [&] { require_folds({index_of(1), other}); });
}

}  // namespace
}  // namespace hpctrain::apps
