#include "scenarios/main/huge_pages.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace meshtwin {
namespace {

constexpr const char* kTunables = "GLIBC_TUNABLES";
constexpr const char* kHugeHeap = "glibc.malloc.hugetlb=1";  // by madvise

}  // namespace

void use_huge_pages(char** argv) {
  const char* present = std::getenv(kTunables);
  if (present != nullptr && std::string(present) == kHugeHeap) {
    ::unsetenv(kTunables);  // read by glibc already
    return;
  }
  if (present != nullptr) return;  // somebody tunes by hand
  std::error_code none;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", none).string();
  if (program.empty()) return;
  ::setenv(kTunables, kHugeHeap, 1);
  ::execv(program.c_str(), argv);
  ::unsetenv(kTunables);
}

}  // namespace meshtwin
