// CIFAR and STL-10 in the exact layout of their archives, only with fewer records. Every byte follows from its place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"

namespace hpctrain::pack::test {

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// Of record `record`, plane `plane`, row `y`, column `x`.
inline unsigned plane_byte(unsigned record, unsigned plane, unsigned y, unsigned x) {
  return (record * 97 + plane * 61 + y * 7 + x * 3) & 0xff;
}

inline std::string planes_by_rows(unsigned record, unsigned side) {
  std::string bytes;
  for (unsigned c = 0; c < 3; ++c) {
    for (unsigned y = 0; y < side; ++y) {
      for (unsigned x = 0; x < side; ++x) bytes.push_back(static_cast<char>(plane_byte(record, c, y, x)));
    }
  }
  return bytes;
}

inline std::string planes_by_columns(unsigned record, unsigned side) {
  std::string bytes;
  for (unsigned c = 0; c < 3; ++c) {
    for (unsigned x = 0; x < side; ++x) {
      for (unsigned y = 0; y < side; ++y) bytes.push_back(static_cast<char>(plane_byte(record, c, y, x)));
    }
  }
  return bytes;
}

inline std::string names_text(const std::string& prefix, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += prefix + std::to_string(i) + "\n";
  return text + "\n";
}

/// Two records a batch: labels 0 to 9 and around again, record 10 and 11 are the tests.
inline void write_cifar10(const std::filesystem::path& folder) {
  write_text(folder / "batches.meta.txt", names_text("class ", 10));
  for (unsigned batch = 0; batch < 6; ++batch) {
    std::string bytes;
    for (unsigned record = 2 * batch; record < 2 * batch + 2; ++record) {
      bytes += static_cast<char>(record % 10) + planes_by_rows(record, 32);
    }
    write_text(folder / (batch < 5 ? "data_batch_" + std::to_string(batch + 1) + ".bin" : "test_batch.bin"), bytes);
  }
}

/// Five records for training and three for testing: coarse labels 19 - record, fine ones 99 - record.
inline void write_cifar100(const std::filesystem::path& folder) {
  write_text(folder / "coarse_label_names.txt", names_text("coarse ", 20));
  write_text(folder / "fine_label_names.txt", names_text("fine ", 100));
  std::string train, test;
  for (unsigned record = 0; record < 8; ++record) {
    std::string& bytes = record < 5 ? train : test;
    bytes += std::string{static_cast<char>(19 - record), static_cast<char>(99 - record)} + planes_by_rows(record, 32);
  }
  write_text(folder / "train.bin", train);
  write_text(folder / "test.bin", test);
}

struct Stl10Sizes {
  unsigned train = 20;
  unsigned test = 4;
  unsigned unlabeled = 3;
};

/// Record r of train and test has label r % 10 + 1; fold k holds indices 2 k and 2 k + 1.
inline void write_stl10(const std::filesystem::path& folder, const Stl10Sizes& sizes = {}) {
  write_text(folder / "class_names.txt", names_text("thing ", 10));
  unsigned record = 0;
  const auto write_part = [&](const std::string& name, unsigned count, bool is_labelled) {
    std::string pictures, labels;
    for (const unsigned end = record + count; record < end; ++record) {
      pictures += planes_by_columns(record, 96);
      labels += static_cast<char>(record % 10 + 1);
    }
    write_text(folder / (name + "_X.bin"), pictures);
    if (is_labelled) write_text(folder / (name + "_y.bin"), labels);
  };
  write_part("train", sizes.train, true);
  write_part("test", sizes.test, true);
  write_part("unlabeled", sizes.unlabeled, false);
  std::string folds;
  for (int k = 0; k < 10; ++k) folds += std::to_string(2 * k) + " " + std::to_string(2 * k + 1) + " \n";
  write_text(folder / "fold_indices.txt", folds);
}

}  // namespace hpctrain::pack::test
