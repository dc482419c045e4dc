#include "results/run_folder.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>

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

// The folder of a run that goes on, empty, and a lock on it that goes with this process. What a run that was killed
// left there is taken away.
Descriptor take(const fs::path& folder) {
  std::error_code error;
  fs::create_directory(folder, error);
  check(error, folder, "create folder");
  Descriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.get() < 0) fail(folder, "open folder", std::strerror(errno));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) fail(folder, "write", "another run is writing there");
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) fs::remove_all(entry.path(), error);
  check(error, folder, "empty folder");
  return lock;
}

// As they stand in the store.
std::map<std::string, std::string> environment_facts(const Environment& environment) {
  std::map<std::string, std::string> facts;
  for (const auto& [key, value] : environment.facts) facts["environment." + key] = value;
  return facts;
}

}  // namespace

RunFolder::RunFolder(const std::string& dir, const RunSubject& subject, const Environment& environment)
    : dir_(dir), world_(subject.world) {
  std::error_code error;
  fs::create_directories(dir, error);
  check(error, dir, "create folder");
  const fs::path folder = fs::path(dir) / (world_ + ".unfinished");
  lock_ = take(folder);
  path_ = folder.string();
  std::map<std::string, std::string> facts = environment_facts(environment);
  facts.insert(environment.settings.begin(), environment.settings.end());
  writer_ = std::make_unique<StoreWriter>((folder / kStoreName).string(), subject, facts);
}

RunFolder::~RunFolder() {
  if (path_.empty()) return;
  writer_.reset();
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  fs::remove(dir_, ignored);  // where nothing else is in it
}

std::string RunFolder::finish(const RunStore& store, const Summary& summary, const Environment& environment) {
  const fs::path fresh = path_;
  write_stream(fresh / "summary.json", [&](std::ostream& out) { out << to_json(summary); });
  write_stream(fresh / "requests.csv", [&](std::ostream& out) { write_requests_csv(out, store); });
  write_stream(fresh / "events.csv", [&](std::ostream& out) { write_events_csv(out, store); });
  if (store.has_accesses()) {
    write_stream(fresh / "access.log", [&](std::ostream& out) { write_access_log(out, store); });
  }
  write_stream(fresh / "environment.json", [&](std::ostream& out) { out << environment_json(environment); });
  std::map<std::string, std::string> facts = environment_facts(environment);
  facts["environment.wall_s"] = fmt::format("{:.3f}", in_seconds(environment.wall));
  writer_->finish(summary, facts);
  writer_.reset();
  const fs::path target = fs::path(dir_) / world_;
  const Beside beside(target);
  replace(fresh, target, beside.path() / "old");
  path_.clear();
  std::error_code ignored;
  fs::remove(fs::path(dir_) / "comparison.json", ignored);  // it spoke of the run just replaced
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
