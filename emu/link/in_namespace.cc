#include "emu/link/in_namespace.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <exception>
#include <thread>

namespace meshtwin {
namespace {

void on_own_thread(const std::function<void()>& work) {
  std::exception_ptr failure;
  std::thread([&] {
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

void bring_loopback_up() {
  Fd socket(checked(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "open a socket to bring loopback up"));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  checked(ioctl(socket.get(), SIOCSIFFLAGS, &request), "bring loopback up");
}

}  // namespace

Fd new_net_namespace() {
  Fd made;
  on_own_thread([&] {
    checked(unshare(CLONE_NEWNET), "make a network namespace");
    bring_loopback_up();
    made = Fd(checked(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), "open the new network namespace"));
  });
  return made;
}

void in_net_namespace(int netns_fd, const std::function<void()>& work) {
  if (netns_fd < 0) return work();
  on_own_thread([&] {
    checked(setns(netns_fd, CLONE_NEWNET), "enter network namespace " + std::to_string(netns_fd));
    work();
  });
}

}  // namespace meshtwin
