#pragma once

// Data sets of other projects, which stand beside the repository or beside the folder it is checked out in.

#include <filesystem>
#include <optional>
#include <string>

namespace meshtwin {

inline std::optional<std::filesystem::path> shared_data(const std::string& name) {
  for (const char* base : {"../shared/data", "../../shared/data"}) {
    const std::filesystem::path path = std::filesystem::path(base) / name;
    if (std::filesystem::exists(path)) return path;
  }
  return std::nullopt;
}

}  // namespace meshtwin
