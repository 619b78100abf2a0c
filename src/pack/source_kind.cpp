#include "pack/source_kind.hpp"

#include <fmt/format.h>

#include <array>

#include "core/error.hpp"
#include "pack/cifar_source.hpp"
#include "pack/folder_source.hpp"
#include "pack/idx_source.hpp"
#include "pack/isbi2015_source.hpp"
#include "pack/landmarks_csv_source.hpp"
#include "pack/stl10_source.hpp"

namespace hpctrain::pack {
namespace {

constexpr std::array kKinds = {
    SourceKind{"idx", "folder with the four idx files of the MNIST family, .gz or not", "--classes --class-names",
               [](const SourceSettings& settings) -> std::unique_ptr<Source> {
                 return std::make_unique<IdxSource>(settings.path, settings.num_classes, settings.class_names);
               }},
    SourceKind{"cifar10", "folder of CIFAR-10's binary version (cifar-10-binary.tar.gz, unpacked)", "",
               [](const SourceSettings& settings) -> std::unique_ptr<Source> {
                 return std::make_unique<CifarSource>(settings.path, CifarFlavour::ten);
               }},
    SourceKind{"cifar100", "folder of CIFAR-100's binary version (cifar-100-binary.tar.gz, unpacked)", "",
               [](const SourceSettings& settings) -> std::unique_ptr<Source> {
                 return std::make_unique<CifarSource>(settings.path, CifarFlavour::hundred);
               }},
    SourceKind{"stl10", "folder of STL-10's binary version (stl10_binary.tar.gz, unpacked)", "",
               [](const SourceSettings& settings) -> std::unique_ptr<Source> {
                 return std::make_unique<Stl10Source>(settings.path);
               }},
    SourceKind{"folder", "folder with pictures in a sub-folder for each class, or such folders in train, val and test",
               "--size --fit --colour --store",
               [](const SourceSettings& settings) -> std::unique_ptr<Source> {
                 return std::make_unique<FolderSource>(settings);
               }},
    SourceKind{"isbi2015", "folder with RawImage and AnnotationsByMD of the ISBI 2015 cephalometric challenge",
               "--size --spacing-mm",
               [](const SourceSettings& settings) -> std::unique_ptr<Source> {
                 return std::make_unique<Isbi2015Source>(settings);
               }},
    SourceKind{"landmarks-csv", "table of pictures and landmarks: image,x1,y1,… (docs/formats/shards.md)",
               "--size --spacing-mm",
               [](const SourceSettings& settings) -> std::unique_ptr<Source> {
                 return std::make_unique<LandmarksCsvSource>(settings);
               }},
};

}  // namespace

std::span<const SourceKind> source_kinds() {
  return kKinds;
}

std::unique_ptr<Source> make_source(std::string_view kind, const SourceSettings& settings) {
  for (const SourceKind& entry : kKinds) {
    if (entry.name == kind) return entry.make(settings);
  }
  throw Error(Fault::usage, fmt::format("unknown kind of source \"{}\"; hpctrain-pack --help lists all", kind));
}

}  // namespace hpctrain::pack
