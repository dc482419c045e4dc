#include "results/report/run_places.h"

#include <algorithm>
#include <filesystem>

#include "mesh/base/problem.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

// seed-9 comes before seed-10.
bool comes_before(const RunPlace& a, const RunPlace& b) {
  if (a.path.size() != b.path.size() && fs::path(a.path).parent_path() == fs::path(b.path).parent_path() &&
      fs::path(a.path).filename().string().starts_with("seed-"))
    return a.path.size() < b.path.size();
  return a.path < b.path;
}

RunPlace folder_at(const fs::path& path) {
  std::string text = path.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return {text, text};
}

// What was meant by a way to a world's folder, or to something in it.
fs::path run_of(const fs::path& given) {
  fs::path path = given.lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (path.filename() == "run.sqlite") path = path.parent_path();
  const fs::path stem = path.stem();
  if ((stem != "sim" && stem != "emu") || !fs::exists(path / "run.sqlite")) return path;
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

std::string RunPlace::folder_of(const std::string& world) const {
  std::error_code ignored;
  for (const char* suffix : {"", ".unfinished"}) {
    std::string folder = path + "/" + world + suffix;
    if (fs::exists(folder + "/run.sqlite", ignored)) return folder;
  }
  return {};
}

std::vector<RunPlace> run_places_in(const std::string& given) {
  const RunPlace whole = folder_at(run_of(given));
  if (whole.has_any()) return {whole};
  std::vector<RunPlace> found;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(whole.path, error); !error && entry != fs::end(entry);
       entry.increment(error)) {
    std::error_code no_folder;
    if (!entry->is_directory(no_folder)) continue;
    if (RunPlace below = folder_at(entry->path()); below.has_any()) {
      found.push_back(std::move(below));
      entry.disable_recursion_pending();
    }
  }
  if (found.empty()) {
    throw Problem({given},
                  "found no sim/run.sqlite or emu/run.sqlite here or below, expected the results of a run; "
                  "meshtwin run FILE --out " +
                      given + " makes some");
  }
  std::sort(found.begin(), found.end(), comes_before);
  return found;
}

}  // namespace meshtwin
