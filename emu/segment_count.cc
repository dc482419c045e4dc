#include "emu/segment_count.h"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "emu/link/in_namespace.h"

namespace meshtwin {
namespace {

// These files come in pairs of lines: names, and below each its number.
std::int64_t counter(const char* path, const std::string& group, const std::string& wanted) {
  std::ifstream file(path);
  std::string names;
  std::string numbers;
  while (std::getline(file, names) && std::getline(file, numbers)) {
    if (!names.starts_with(group)) continue;
    std::istringstream name_of(names);
    std::istringstream number_of(numbers);
    std::string name;
    std::string number;
    while (name_of >> name && number_of >> number) {
      if (name == wanted) return std::stoll(number);
    }
  }
  throw std::runtime_error(std::string(path) + " has no " + wanted);
}

}  // namespace

SegmentCount count_segments(int net_namespace) {
  SegmentCount count;
  in_net_namespace(net_namespace, [&count] {
    constexpr const char* kNetstat = "/proc/thread-self/net/netstat";
    count.sent = counter(kNetstat, "TcpExt:", "TCPOrigDataSent");
    count.received = counter("/proc/thread-self/net/snmp", "Tcp:", "InSegs") -
                     counter(kNetstat, "TcpExt:", "TCPPureAcks") - counter(kNetstat, "TcpExt:", "TCPHPAcks");
  });
  return count;
}

}  // namespace meshtwin
