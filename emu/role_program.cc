#include "emu/role_program.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#include "emu/link/link_process.h"
#include "emu/standalone.h"
#include "emu/supervisor.h"
#include "mesh/base/problems.h"
#include "mesh/roles/proxy_file.h"

namespace meshtwin {

namespace {

constexpr int kSocket = 3;

int run_link(std::string_view seed, std::string_view priority) {
  LinkProcessConfig config;
  config.control_fd = kSocket;
  config.seed = std::stoull(std::string(seed));
  config.realtime = priority == "realtime";
  return run_link_process(config);
}

// "5:9,6:10": a pod's place in the plan, and the descriptor of its network namespace.
std::map<std::uint32_t, Fd> reached_namespaces(std::string_view text) {
  std::map<std::uint32_t, Fd> spaces;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const std::size_t colon = one.find(':');
    Fd space(std::stoi(std::string(one.substr(colon + 1))));
    ::fcntl(space.get(), F_SETFD, FD_CLOEXEC);
    spaces.emplace(static_cast<std::uint32_t>(std::stoul(std::string(one.substr(0, colon)))), std::move(space));
  }
  return spaces;
}

int run_proxy(const char* kind, const char* file) {
  try {
    return run_standalone(load_proxy_file(kind, file));
  } catch (const Problems& problems) {
    std::fprintf(stderr, "%s\n", problems.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "meshtwin: %s\n", error.what());
    return 4;
  }
}

}  // namespace

int run_role_program(int argc, char** argv, const RoleFactory& factory) {
  const std::string_view part = argc > 1 ? argv[1] : "";
  if (part == "proxy" && argc == 4) return run_proxy(argv[2], argv[3]);
  const bool known = (part == "supervisor" && argc == 2) || (part == "link" && argc == 4) ||
                     (part == "role" && (argc == 3 || argc == 4));
  if (!known || ::fcntl(kSocket, F_SETFD, FD_CLOEXEC) < 0) {
    std::fprintf(stderr, "%s is started by meshtwin, not by hand\n", argv[0]);
    return 2;
  }
  if (part == "supervisor") return run_supervisor(Fd(kSocket), argv[0]);
  if (part == "link") return run_link(argv[2], argv[3]);
  return run_role(Fd(kSocket), factory, reached_namespaces(argc == 4 ? argv[3] : ""));
}

}  // namespace meshtwin
