#include "emu/doctor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace meshtwin {
namespace {

std::set<std::string> interfaces() {
  std::set<std::string> names;
  std::ifstream file("/proc/self/net/dev");
  for (std::string line; std::getline(file, line);) {
    if (line.find(':') != std::string::npos) names.insert(line.substr(0, line.find(':')));
  }
  return names;
}

TEST(Doctor, EveryFindingExplainsItself) {
  const auto before = interfaces();
  const auto space = std::filesystem::read_symlink("/proc/self/ns/net");
  std::set<std::string> names;
  for (const Finding& finding : examine_host()) {
    EXPECT_TRUE(names.insert(finding.name).second) << finding.name << " twice";
    EXPECT_FALSE(finding.detail.empty()) << finding.name;
    EXPECT_EQ(finding.remedy.empty(), finding.ok) << finding.name << ": " << finding.detail;
  }
  for (const char* name :
       {"privileges", "user namespaces", "network namespaces", "bridges and veth", "nftables redirect", "eBPF",
        "packet sockets", "TUN device", "real-time priority", "cores", "clock"}) {
    EXPECT_EQ(names.count(name), 1u) << name;
  }
  EXPECT_EQ(interfaces(), before);
  EXPECT_EQ(std::filesystem::read_symlink("/proc/self/ns/net"), space) << "the examination changed this process";
}

}  // namespace
}  // namespace meshtwin
