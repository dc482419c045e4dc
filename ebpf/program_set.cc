#include "ebpf/program_set.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

namespace meshtwin {

namespace {

constexpr int kSocketNetnsCookie = 71;  // SO_NETNS_COOKIE, which the C library's headers may not have yet

// What libbpf warned of last, to be part of the exception; it may say it from any thread.
thread_local std::string last_warning;

int keep_warning(libbpf_print_level level, const char* format, va_list arguments) {
  if (level != LIBBPF_WARN) return 0;
  char line[512];
  const int n = std::vsnprintf(line, sizeof line, format, arguments);
  last_warning.assign(line);
  while (!last_warning.empty() && last_warning.back() == '\n') last_warning.pop_back();
  return n;
}

std::string why(int error) {
  return std::string(std::strerror(error)) + (last_warning.empty() ? "" : " (" + last_warning + ")");
}

// Where the version 2 hierarchy is mounted; empty: nowhere.
std::string cgroup_mount() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device, path, type;
    if (words >> device >> path >> type && type == "cgroup2") return path;
  }
  return {};
}

struct ProgramType {
  bpf_prog_type type;
  const char* name;
};

constexpr ProgramType kProgramTypes[] = {
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "cgroup/connect4 (CONFIG_CGROUP_BPF)"},
    {BPF_PROG_TYPE_CGROUP_SOCKOPT, "cgroup/getsockopt (CONFIG_CGROUP_BPF)"},
    {BPF_PROG_TYPE_SOCK_OPS, "sock_ops (CONFIG_CGROUP_BPF)"},
    {BPF_PROG_TYPE_SK_LOOKUP, "sk_lookup (Linux 5.9, CONFIG_INET)"},
    {BPF_PROG_TYPE_SK_MSG, "sk_msg (CONFIG_NET_SOCK_MSG)"},
};

}  // namespace

std::string missing_for_ebpf() {
  libbpf_set_print(keep_warning);
  const int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, nullptr, 4, 4, 1, nullptr);
  if (map == -EPERM || (map < 0 && errno == EPERM)) {
    return "the privilege CAP_BPF (with CAP_NET_ADMIN) is missing: run as root outside any user namespace; in a "
           "container, add BPF, NET_ADMIN and SYS_ADMIN";
  }
  if (map < 0)
    return "the kernel refuses bpf(2): " + std::string(std::strerror(errno)) + "; it needs CONFIG_BPF_SYSCALL";
  ::close(map);
  if (cgroup_mount().empty()) {
    return "no cgroup version 2 hierarchy is mounted: mount -t cgroup2 none /sys/fs/cgroup";
  }
  if (::access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
    return "the kernel says nothing of its types in /sys/kernel/btf/vmlinux: it needs CONFIG_DEBUG_INFO_BTF";
  }
  for (const ProgramType& each : kProgramTypes) {
    if (libbpf_probe_bpf_prog_type(each.type, nullptr) != 1) {
      return std::string("the kernel has no programs of type ") + each.name + ": use one that has";
    }
  }
  if (libbpf_probe_bpf_map_type(BPF_MAP_TYPE_SOCKHASH, nullptr) != 1) {
    return "the kernel has no socket maps: it needs CONFIG_BPF_STREAM_PARSER";
  }
  return {};
}

__u64 network_namespace_cookie() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  __u64 cookie = 0;
  socklen_t size = sizeof cookie;
  const int result = fd < 0 ? -1 : ::getsockopt(fd, SOL_SOCKET, kSocketNetnsCookie, &cookie, &size);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (result < 0) throw std::system_error(error, std::generic_category(), "read the cookie of a network namespace");
  return cookie;
}

void ProgramSet::CloseObject::operator()(bpf_object* object) const {
  bpf_object__close(object);
}
void ProgramSet::DestroyLink::operator()(bpf_link* link) const {
  bpf_link__destroy(link);
}

ProgramSet::ProgramSet(const char* name, std::string_view object) {
  const std::string missing = missing_for_ebpf();
  if (!missing.empty()) throw EbpfUnavailable("load the eBPF programs of " + std::string(name) + ": " + missing);
  last_warning.clear();
  bpf_object_open_opts options{};
  options.sz = sizeof options;
  options.object_name = name;
  object_.reset(bpf_object__open_mem(object.data(), object.size(), &options));
  if (object_ == nullptr) throw EbpfUnavailable("open the eBPF programs of " + std::string(name) + ": " + why(errno));
  if (const int error = bpf_object__load(object_.get()); error < 0) {
    throw EbpfUnavailable("load the eBPF programs of " + std::string(name) + ": " + why(-error));
  }
}

ProgramSet::~ProgramSet() {
  links_.clear();
}

bpf_program* ProgramSet::program(const char* name) const {
  bpf_program* found = bpf_object__find_program_by_name(object_.get(), name);
  if (found == nullptr) throw std::logic_error("no eBPF program " + std::string(name));
  return found;
}

bpf_map* ProgramSet::map(const char* name) const {
  bpf_map* found = bpf_object__find_map_by_name(object_.get(), name);
  if (found == nullptr) throw std::logic_error("no eBPF map " + std::string(name));
  return found;
}

int ProgramSet::program_fd(const char* name) const {
  return bpf_program__fd(program(name));
}

void ProgramSet::attach_to_root_cgroup(const char* name) {
  const std::string mount = cgroup_mount();
  const int cgroup = ::open(mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (cgroup < 0) throw EbpfUnavailable("open the cgroup at " + mount + ": " + why(errno));
  links_.emplace_back(bpf_program__attach_cgroup(program(name), cgroup));
  const int error = errno;
  ::close(cgroup);
  if (links_.back() == nullptr) throw EbpfUnavailable("attach " + std::string(name) + " to the cgroup: " + why(error));
}

void ProgramSet::attach_to_network_namespace(const char* name, int netns_fd) {
  links_.emplace_back(bpf_program__attach_netns(program(name), netns_fd));
  if (links_.back() == nullptr) {
    throw EbpfUnavailable("attach " + std::string(name) + " to a network namespace: " + why(errno));
  }
}

void ProgramSet::attach_to_sockets_of(const char* name, const char* map_name) {
  const int map_fd = bpf_map__fd(map(map_name));
  if (const int error = bpf_prog_attach(program_fd(name), map_fd, BPF_SK_MSG_VERDICT, 0); error < 0) {
    throw EbpfUnavailable("attach " + std::string(name) + " to a map of sockets: " + why(-error));
  }
}

void ProgramSet::put(const char* name, const void* key, std::size_t key_size, const void* value,
                     std::size_t value_size) {
  if (const int error = bpf_map__update_elem(map(name), key, key_size, value, value_size, BPF_ANY); error < 0) {
    throw std::system_error(-error, std::generic_category(), "write the eBPF map " + std::string(name));
  }
}

void ProgramSet::remove(const char* name, const void* key, std::size_t key_size) {
  const int error = bpf_map__delete_elem(map(name), key, key_size, 0);
  if (error < 0 && error != -ENOENT) {
    throw std::system_error(-error, std::generic_category(), "delete from the eBPF map " + std::string(name));
  }
}

void ProgramSet::get(const char* name, const void* key, std::size_t key_size, void* value,
                     std::size_t value_size) const {
  if (const int error = bpf_map__lookup_elem(map(name), key, key_size, value, value_size, 0); error < 0) {
    throw std::system_error(-error, std::generic_category(), "read the eBPF map " + std::string(name));
  }
}

std::size_t ProgramSet::processors() {
  return static_cast<std::size_t>(libbpf_num_possible_cpus());
}

}  // namespace meshtwin
