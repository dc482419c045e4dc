#pragma once

// What the conductor and the supervisor say to each other, one message a packet (message_socket.h).

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "emu/run_network.h"
#include "emu/segment_count.h"
#include "mesh/telemetry/run_report.h"
#include "mesh/world/link_shape.h"

namespace meshtwin {

struct DeclareZone {
  std::string name;
};
struct DeclareLink {
  RunLink between;
  LinkShape shape;
};
struct DeclarePod {
  RunPod pod;
};
struct DeclareNames {  // lines of /etc/hosts, in parts
  std::string lines;
};
struct BuildNetwork {  // of all that was declared; answered by NetworkBuilt
  EbpfWanted ebpf;
  std::uint64_t seed = 1;
  bool realtime = true;  // ask for real-time priority for the link process
};
struct SpawnRole {       // with two descriptors: its channel, its standard error
  std::uint32_t id = 0;  // never used again
  std::uint32_t pod = 0;
  std::string name;
  std::vector<std::uint32_t> reaches;  // pods whose network namespaces it is handed
};
struct CountSegments {};  // answered by SegmentsCounted
struct KillRole {
  std::uint32_t id = 0;
};
struct CutPod {
  std::uint32_t pod = 0;
  bool cut = true;
};
using ToSupervisor = std::variant<DeclareZone, DeclareLink, DeclarePod, BuildNetwork, SpawnRole, KillRole, CutPod,
                                  CountSegments, DeclareNames>;

struct NetworkBuilt {              // with the control socket of the link process when there are links
  std::vector<LinkQuality> pings;  // a link's round trips before the run, one entry a link
  std::string without_ebpf;        // RunNetwork's
};
struct RoleExited {
  std::uint32_t id = 0;
  int status = 0;  // as wait(2) gives it
};
struct LinkProcessExited {
  int status = 0;
};
struct SupervisorFailed {
  std::string what;
};
struct SegmentsCounted {  // of each pod's namespace, so far
  std::vector<SegmentCount> by_pod;
  std::map<std::string, ShortcutUsage> shortcuts;
};
using FromSupervisor = std::variant<NetworkBuilt, RoleExited, LinkProcessExited, SupervisorFailed, SegmentsCounted>;

std::string encode(const ToSupervisor& command);
std::string encode(const FromSupervisor& event);
// Throw std::exception on what `encode` did not make.
ToSupervisor to_supervisor(std::string_view text);
FromSupervisor from_supervisor(std::string_view text);

}  // namespace meshtwin
