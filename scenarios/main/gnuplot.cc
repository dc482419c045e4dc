#include "scenarios/main/gnuplot.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "results/run_folder.h"

namespace meshtwin {
namespace {

constexpr const char* kProgram = "gnuplot";

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

std::string said_in(int file) {
  std::string text(4000, '\0');
  const ssize_t got = ::pread(file, text.data(), text.size(), 0);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

}  // namespace

bool has_gnuplot() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((std::filesystem::path(folder) / kProgram).c_str(), X_OK) == 0) return true;
  }
  return false;
}

void run_gnuplot(const std::string& script_file, const std::string& folder) {
  const int said = ::memfd_create("gnuplot", MFD_CLOEXEC);
  FileActions actions;
  ::posix_spawn_file_actions_addchdir_np(actions.get(), folder.c_str());
  ::posix_spawn_file_actions_adddup2(actions.get(), said, STDERR_FILENO);
  ::posix_spawn_file_actions_addopen(actions.get(), STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  std::string program = kProgram;
  std::string script = script_file;
  char* arguments[] = {program.data(), script.data(), nullptr};
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, kProgram, actions.get(), nullptr, arguments, environ);
  int status = 0;
  if (error == 0) {
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
  const std::string words = said_in(said);
  ::close(said);
  if (error != 0) throw ResultsError(folder + ": cannot run gnuplot: " + std::strerror(error));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw ResultsError(folder + '/' + script_file + ": gnuplot failed: " + words);
}

}  // namespace meshtwin
