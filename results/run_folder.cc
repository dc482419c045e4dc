#include "results/run_folder.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <system_error>

#include "results/json_units.h"
#include "results/records_csv.h"
#include "results/summary_json.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, const std::string& attempted, const std::string& cause) {
  throw ResultsError(fmt::format("{}: cannot {}: {}", path.string(), attempted, cause));
}

void check(const std::error_code& error, const fs::path& path, const std::string& attempted) {
  if (error) fail(path, attempted, error.message());
}

void write_stream(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  errno = 0;
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  if (!out) fail(path, "create file", std::strerror(errno));
  write(out);
  out.close();
  if (!out) fail(path, "write file", errno == 0 ? "input/output error" : std::strerror(errno));
}

// A name beside `path` that nobody has; removed again unless `keep` was called.
class Beside {
 public:
  explicit Beside(const fs::path& path) {
    std::error_code error;
    for (int attempt = 0; attempt < 1000; ++attempt) {
      path_ = path.parent_path() / fmt::format(".{}.part-{}", path.filename().string(), attempt);
      if (fs::create_directory(path_, error)) return;
      check(error, path_, "create folder");
    }
    fail(path, "find a free name beside it", "a thousand unfinished results are there");
  }
  ~Beside() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// The old result moves into the temporary folder's place and goes away with it.
void replace(const fs::path& fresh, const fs::path& target, const fs::path& trash) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(target, error))) {
    fs::rename(target, trash, error);
    check(error, target, "move the older result away");
  }
  fs::rename(fresh, target, error);
  if (!error) return;
  std::error_code ignored;
  fs::rename(trash, target, ignored);
  check(error, target, "move the result into place");
}

std::string environment_json(const Environment& environment) {
  Json document;
  document["schema"] = 1;
  document["wall_s"] = in_seconds(environment.wall);
  document["facts"] = environment.facts;
  return dump(document);
}

}  // namespace

std::string write_run_folder(const std::string& dir, const RunStore& store, const Summary& summary,
                             const Environment& environment) {
  std::error_code error;
  fs::create_directories(dir, error);
  check(error, dir, "create folder");
  const fs::path target = fs::path(dir) / summary.world;
  const Beside beside(target);
  const fs::path fresh = beside.path() / "new";
  fs::create_directory(fresh, error);
  check(error, fresh, "create folder");
  write_stream(fresh / "summary.json", [&](std::ostream& out) { out << to_json(summary); });
  write_stream(fresh / "requests.csv", [&](std::ostream& out) { write_requests_csv(out, store); });
  write_stream(fresh / "events.csv", [&](std::ostream& out) { write_events_csv(out, store); });
  if (store.has_accesses()) {
    write_stream(fresh / "access.log", [&](std::ostream& out) { write_access_log(out, store); });
  }
  write_stream(fresh / "environment.json", [&](std::ostream& out) { out << environment_json(environment); });
  replace(fresh, target, beside.path() / "old");
  fs::remove(fs::path(dir) / "comparison.json", error);  // it spoke of the run just replaced
  return target.string();
}

void write_file(const std::string& path, const std::string& content) {
  const fs::path target = fs::absolute(path);
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  check(error, target.parent_path(), "create folder");
  const Beside beside(target);
  write_stream(beside.path() / "new", [&](std::ostream& out) { out << content; });
  fs::rename(beside.path() / "new", target, error);
  check(error, target, "move the file into place");
}

}  // namespace meshtwin
