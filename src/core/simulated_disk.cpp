// Walks and copies the simulated tree.
#include "core/simulated_disk.hpp"

#include <algorithm>
#include <vector>

namespace hpctrain {
namespace {

using NodePtr = std::shared_ptr<SimulatedNode>;

std::vector<std::string> names_of(const std::filesystem::path& path) {
  std::vector<std::string> names;
  for (const std::filesystem::path& part : path.lexically_normal().relative_path()) {
    if (!part.empty() && part != ".") names.push_back(part.string());
  }
  return names;
}

NodePtr make_folder() {
  auto node = std::make_shared<SimulatedNode>();
  node->is_folder = true;
  return node;
}

std::string torn_contents(const SimulatedNode& file) {
  if (file.contents.size() <= file.synced_contents.size()) return file.synced_contents;
  const std::size_t begin = std::max(file.last_write_begin, file.synced_contents.size());
  const std::size_t kept = begin + (file.contents.size() - begin) / 2;
  return file.contents.substr(0, kept) + std::string(file.contents.size() - kept, '\0');
}

std::string contents_after(const SimulatedNode& file, const PowerLoss& loss) {
  if (file.has_lost_bytes) return file.synced_contents;
  if (loss.tears_last_write) return torn_contents(file);
  return loss.keeps_data ? file.contents : file.synced_contents;
}

/// `copies` keeps a node that has two names one node.
NodePtr copy_after(const NodePtr& node, const PowerLoss& loss, std::map<const SimulatedNode*, NodePtr>& copies) {
  if (const auto known = copies.find(node.get()); known != copies.end()) return known->second;
  auto copy = std::make_shared<SimulatedNode>();
  copies[node.get()] = copy;
  copy->is_folder = node->is_folder;
  copy->contents = copy->synced_contents = contents_after(*node, loss);
  for (const auto& [name, child] : loss.keeps_entries ? node->entries : node->synced_entries) {
    copy->entries[name] = copy_after(child, loss, copies);
  }
  copy->synced_entries = copy->entries;
  return copy;
}

}  // namespace

SimulatedDisk::SimulatedDisk() : root_(make_folder()) {}

NodePtr SimulatedDisk::find(const std::filesystem::path& path) const {
  NodePtr node = root_;
  for (const std::string& name : names_of(path)) {
    const auto entry = node->entries.find(name);
    if (entry == node->entries.end()) return nullptr;
    node = entry->second;
  }
  return node;
}

bool SimulatedDisk::make_folders(const std::filesystem::path& folder) {
  NodePtr node = root_;
  for (const std::string& name : names_of(folder)) {
    if (!node->is_folder) return false;
    NodePtr& entry = node->entries[name];
    if (!entry) entry = make_folder();
    node = NodePtr(entry);
  }
  return node->is_folder;
}

SimulatedDisk SimulatedDisk::after_power_loss(const PowerLoss& loss) const {
  SimulatedDisk disk;
  std::map<const SimulatedNode*, NodePtr> copies;
  disk.root_ = copy_after(root_, loss, copies);
  return disk;
}

std::filesystem::path SimulatedDisk::parent_of(const std::filesystem::path& path) {
  std::vector<std::string> names = names_of(path);
  if (!names.empty()) names.pop_back();
  std::filesystem::path parent = "/";
  for (const std::string& name : names) parent /= name;
  return parent;
}

std::string SimulatedDisk::name_of(const std::filesystem::path& path) {
  const std::vector<std::string> names = names_of(path);
  return names.empty() ? std::string() : names.back();
}

}  // namespace hpctrain
