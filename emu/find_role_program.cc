#include <unistd.h>

#include <filesystem>

#include "emu/role_program.h"
#include "mesh/world/world.h"

namespace meshtwin {

std::string find_role_program(const std::string& wanted) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path path = wanted.empty() ? fs::read_symlink("/proc/self/exe", error).parent_path() / "meshtwin-role"
                                       : fs::absolute(wanted, error);
  if (::access(path.c_str(), X_OK) < 0) throw WorldError("cannot execute " + path.string() + ", which plays the roles");
  return path.string();
}

}  // namespace meshtwin
