#include "scenarios/main/profiles.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "generated/reference_profile.h"
#include "mesh/base/problem.h"
#include "mesh/base/random.h"

namespace meshtwin {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw Problem({path}, "cannot be read; expected a cost profile, as `meshtwin calibrate` writes it");
  return text.str();
}

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line;
  }
  return "unknown";
}

}  // namespace

CostProfile reference_profile() {
  return parse_cost_profile(kReferenceProfile, "results/profiles/reference.json");
}

CostProfile load_profile(const std::string& path) {
  return parse_cost_profile(read_file(path), path);
}

std::string host_profile_path() {
  std::string cache;
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg != '\0') {
    cache = xdg;
  } else if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    cache = std::string(home) + "/.cache";
  } else {
    return "";
  }
  utsname names{};
  uname(&names);
  const std::string host = fmt::format("{} {} {}", names.nodename, names.release, processor_name());
  return fmt::format("{}/meshtwin/profile-{:016x}.json", cache, hash_text(host));
}

}  // namespace meshtwin
