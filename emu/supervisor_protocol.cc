#include "emu/supervisor_protocol.h"

#include "emu/json_fields.h"

namespace meshtwin {

using json_fields::Is;

template <Is<RunPod> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [name, zone, ip, capture, node] = value;
  visit("name", name);
  visit("zone", zone);
  visit("node", node);
  visit("ip", ip);
  visit("capture", capture);
}

template <Is<RunLink> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [zone_a, zone_b] = value;
  visit("zone_a", zone_a);
  visit("zone_b", zone_b);
}

template <Is<LinkShape> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [rtt, jitter, loss, bandwidth_bps] = value;
  visit("rtt", rtt);
  visit("jitter", jitter);
  visit("loss", loss);
  visit("bandwidth_bps", bandwidth_bps);
}

template <Is<LinkQuality> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [name, delay_wanted, delay_p50, delay_p99, lateness_p50, lateness_p99, packets, lost] = value;
  visit("name", name);
  visit("delay_wanted", delay_wanted);
  visit("delay_p50", delay_p50);
  visit("delay_p99", delay_p99);
  visit("lateness_p50", lateness_p50);
  visit("lateness_p99", lateness_p99);
  visit("packets", packets);
  visit("lost", lost);
}

template <Is<DeclareZone> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [name] = value;
  visit("name", name);
}

template <Is<DeclareLink> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [between, shape] = value;
  visit("between", between);
  visit("shape", shape);
}

template <Is<DeclarePod> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [pod] = value;
  visit("pod", pod);
}

template <Is<DeclareNames> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [lines] = value;
  visit("lines", lines);
}

template <Is<EbpfWanted> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [capture, accelerate, or_without] = value;
  visit("capture", capture);
  visit("accelerate", accelerate);
  visit("or_without", or_without);
}

template <Is<BuildNetwork> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [ebpf, seed, realtime] = value;
  visit("ebpf", ebpf);
  visit("seed", seed);
  visit("realtime", realtime);
}

template <Is<SpawnRole> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [id, pod, name, reaches] = value;
  visit("id", id);
  visit("pod", pod);
  visit("name", name);
  visit("reaches", reaches);
}

template <Is<KillRole> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [id] = value;
  visit("id", id);
}

template <Is<CutPod> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [pod, cut] = value;
  visit("pod", pod);
  visit("cut", cut);
}

template <Is<NetworkBuilt> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [pings, without_ebpf] = value;
  visit("pings", pings);
  visit("without_ebpf", without_ebpf);
}

template <Is<RoleExited> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [id, status] = value;
  visit("id", id);
  visit("status", status);
}

template <Is<LinkProcessExited> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [status] = value;
  visit("status", status);
}

template <Is<SupervisorFailed> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [what] = value;
  visit("what", what);
}

template <Is<CountSegments> T, typename Visit>
static void fields(T&, Visit&&) {}

template <Is<SegmentCount> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [sent, received] = value;
  visit("sent", sent);
  visit("received", received);
}

template <Is<ShortcutUsage> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [redirected_messages, redirected_bytes, passed_messages, passed_bytes, fallen_back] = value;
  visit("redirected_messages", redirected_messages);
  visit("redirected_bytes", redirected_bytes);
  visit("passed_messages", passed_messages);
  visit("passed_bytes", passed_bytes);
  visit("fallen_back", fallen_back);
}

template <Is<SegmentsCounted> T, typename Visit>
static void fields(T& value, Visit&& visit) {
  auto& [by_pod, shortcuts] = value;
  visit("by_pod", by_pod);
  visit("shortcuts", shortcuts);
}

namespace {

template <typename T>
T parsed(std::string_view text) {
  T value;
  json_fields::read(json_fields::Json::parse(text), value);
  return value;
}

}  // namespace

std::string encode(const ToSupervisor& command) {
  return json_fields::write(command).dump();
}
std::string encode(const FromSupervisor& event) {
  return json_fields::write(event).dump();
}
ToSupervisor to_supervisor(std::string_view text) {
  return parsed<ToSupervisor>(text);
}
FromSupervisor from_supervisor(std::string_view text) {
  return parsed<FromSupervisor>(text);
}

}  // namespace meshtwin
