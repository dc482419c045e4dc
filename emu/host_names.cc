#include "emu/host_names.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "emu/link/fd.h"

namespace meshtwin {

// The file lives in a memory file system that is reachable by nothing but the bind mount, and so goes with it.
void put_host_names(const std::string& lines) {
  constexpr const char* kPlace = "/mnt";
  constexpr const char* kFile = "/mnt/hosts";
  checked(::mount("tmpfs", kPlace, "tmpfs", MS_NOSUID | MS_NODEV, "size=16m,mode=755"), "mount a memory file system");
  {
    const Fd file(checked(::open(kFile, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), "make a file of host names"));
    const std::string text = "127.0.0.1 localhost\n" + lines;
    for (std::size_t at = 0; at < text.size();) {
      at += static_cast<std::size_t>(
          checked(static_cast<int>(::write(file.get(), text.data() + at, text.size() - at)), "write host names"));
    }
  }
  checked(::mount(kFile, "/etc/hosts", nullptr, MS_BIND, nullptr), "put host names over /etc/hosts");
  checked(::umount2(kPlace, MNT_DETACH), "unmount a memory file system");
}

}  // namespace meshtwin
