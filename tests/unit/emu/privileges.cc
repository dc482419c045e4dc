#include "tests/unit/emu/privileges.h"

#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "emu/sandbox.h"

namespace meshtwin {

namespace {

std::string acquire() {
  if (probe_namespaces(CLONE_NEWNET) == 0) return {};
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) return std::strerror(errno);
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/uid_map") << "0 " + uid + " 1";
  std::ofstream("/proc/self/gid_map") << "0 " + gid + " 1";
  return probe_namespaces(CLONE_NEWNET) == 0 ? "" : "no network namespace even in a user namespace";
}

}  // namespace

std::string acquire_test_privileges() {
  static const std::string refused = acquire();
  return refused;
}

}  // namespace meshtwin
