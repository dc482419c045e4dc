#include "emu/emu_world.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <thread>

#include "emu/descriptor_limit.h"
#include "emu/role_program.h"

namespace meshtwin {

namespace {

constexpr Duration kLeadTime = 500 * kMillisecond;      // from everybody's readiness to time zero
constexpr Duration kStartEstimate = 20 * kMillisecond;  // a role
constexpr Duration kReportLimit = 5 * kSecond;          // for all roles to hand in what they have
constexpr Duration kOvertime = kSecond;                 // for a load generator to say that it has given up

std::string how_ended(int status) {
  if (WIFSIGNALED(status)) return std::string("killed by ") + ::strsignal(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

ShortcutUsage between(const ShortcutUsage& begin, const ShortcutUsage& end) {
  return {end.redirected_messages - begin.redirected_messages, end.redirected_bytes - begin.redirected_bytes,
          end.passed_messages - begin.passed_messages, end.passed_bytes - begin.passed_bytes,
          end.fallen_back - begin.fallen_back};
}

std::string milliseconds(Duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f ms", static_cast<double>(duration) / kMillisecond);
  return text;
}

}  // namespace

EmuWorld::EmuWorld(const Plan& plan, EmuOptions options, Recorder& recorder)
    : plan_(plan), options_(std::move(options)), recorder_(recorder), clock_(loop_, monotonic_now()) {
  draining_.resize(plan_.pods.size());
  for (std::size_t pod = 0; pod < plan_.pods.size(); ++pod) {
    pod_of_ip_.emplace(plan_.pods[pod].ip, static_cast<std::uint32_t>(pod));
    for (const RolePlan& role : plan_.pods[pod].roles) {
      Actor& actor = actors_.emplace_back();
      actor.plan = &role;
      actor.pod = pod;
    }
  }
}

RunReport EmuWorld::run(Callback began) {
  const std::int64_t start = monotonic_now();
  began_ = std::move(began);
  const SignalWatch signals(loop_, {SIGINT, SIGTERM}, [this](int signal) {
    if (!holding_) signal_ = signal;
    loop_.stop();
  });
  raise_descriptor_limit();
  limit_ = clock_.after(options_.ready_limit, [this] { give_up("not ready in time: " + not_ready()); });
  try {
    supervisor_.emplace(
        loop_, find_role_program(options_.role_program),
        [this](FromSupervisor event, std::vector<Fd> fds) { on_supervisor(std::move(event), std::move(fds)); },
        [this] { give_up("the run's supervisor has ended"); });
    build_network();
    loop_.run();
  } catch (const std::runtime_error& error) {  // a kernel, link or supervisor that refused
    failure_ = error.what();
  }
  take_down();
  if (signal_ != 0) {
    ::signal(signal_, SIG_DFL);
    ::raise(signal_);
  }
  if (failure_.has_value()) throw WorldError(*failure_);
  report_.wall = monotonic_now() - start;
  return std::move(report_);
}

void EmuWorld::build_network() {
  for (const ZonePlan& zone : plan_.zones) supervisor_->send(DeclareZone{zone.name});
  for (const LinkPlan& link : plan_.links) {
    const auto zone_a = static_cast<std::uint32_t>(link.zone_a);
    const auto zone_b = static_cast<std::uint32_t>(link.zone_b);
    supervisor_->send(DeclareLink{{zone_a, zone_b}, link.shape});
  }
  for (const PodPlan& pod : plan_.pods) {
    supervisor_->send(DeclarePod{{pod.name, static_cast<std::uint32_t>(pod.zone), pod.ip, pod.capture != Capture::none,
                                  static_cast<std::uint32_t>(pod.node)}});
  }
  send_names();
  const EbpfWanted ebpf{plan_.capture_by == CaptureBy::ebpf, plan_.accelerate, plan_.allow_without_ebpf};
  supervisor_->send(BuildNetwork{ebpf, plan_.seed, options_.realtime});
}

// What names resolve to, for programs that ask the system; roles ask their plan.
void EmuWorld::send_names() {
  constexpr std::size_t kPart = 16 * 1024;
  std::string lines;
  for (const auto& [name, ips] : plan_.hosts) {
    for (const std::uint32_t ip : ips) lines += ip_to_string(ip) + ' ' + name + '\n';
    if (lines.size() > kPart) supervisor_->send(DeclareNames{std::exchange(lines, {})});
  }
  if (!lines.empty()) supervisor_->send(DeclareNames{lines});
}

void EmuWorld::on_supervisor(FromSupervisor event, std::vector<Fd> fds) {
  std::visit([&](auto& held) { on_event(std::move(held), fds); }, event);
}

void EmuWorld::on_event(NetworkBuilt event, std::vector<Fd>& fds) {
  if (!fds.empty()) link_client_.emplace(std::move(fds.front()));
  if (!event.without_ebpf.empty()) report_.warnings.push_back("the run went on without eBPF: " + event.without_ebpf);
  clock_.set_time_zero(monotonic_now() + kLeadTime + kStartEstimate * static_cast<Duration>(actors_.size()));
  for (const LinkQuality& ping : event.pings) {
    recorder_.event({clock_.now(), "link_ping", ping.name,
                     "one way: wanted " + milliseconds(ping.delay_wanted) + ", measured p50 " +
                         milliseconds(ping.delay_p50) + ", p99 " + milliseconds(ping.delay_p99)});
  }
  for (std::size_t actor = 0; actor < actors_.size(); ++actor)
    if (plan_.pods[actors_[actor].pod].starts) spawn(actor);
  begin_when_ready();
}

void EmuWorld::on_event(RoleExited event, std::vector<Fd>&) {
  const auto found = actor_of_process_.find(event.id);
  if (found == actor_of_process_.end()) return;
  Actor& actor = actors_[found->second];
  actor.process->drain();
  const std::string words = actor.process->last_words();
  actor.spent_before.cpu += actor.process->spent().cpu;
  actor.spent_before.memory_peak = std::max(actor.spent_before.memory_peak, actor.process->spent().memory_peak);
  actor.process.reset();
  const bool expected = std::exchange(actor.dying, false);
  if (!expected) {
    const std::string why =
        actor.plan->name + " has died: " + how_ended(event.status) + (words.empty() ? "" : ": " + words);
    if (phase_ == Phase::setting_up) return give_up(why);
    make_invalid(why);
  }
  if (actor.is_load()) actor.finished = true;
  if (std::exchange(actor.start_again, false)) spawn(found->second);
  actor_of_process_.erase(event.id);
  end_when_finished();
  stop_when_reported();
}

void EmuWorld::on_event(LinkProcessExited event, std::vector<Fd>&) {
  const std::string why = "the process that carries the links has died: " + how_ended(event.status);
  if (phase_ == Phase::setting_up) return give_up(why);
  make_invalid(why);
}

void EmuWorld::on_event(SupervisorFailed event, std::vector<Fd>&) {
  give_up(event.what);
}

// Of all pods but the control plane's, whose sending does not count, nor what was sent to it.
std::int64_t EmuWorld::data_segments(const SegmentsCounted& counted) const {
  std::int64_t segments = 0;
  for (std::size_t pod = 0; pod < counted.by_pod.size(); ++pod) {
    const auto& roles = plan_.pods[pod].roles;
    const bool control = roles.size() == 1 && std::holds_alternative<ControlPlaneConfig>(roles[0].config);
    segments += control ? -counted.by_pod[pod].received : counted.by_pod[pod].sent;
  }
  return segments;
}

void EmuWorld::on_event(SegmentsCounted event, std::vector<Fd>&) {
  const std::int64_t segments = data_segments(event);
  if (!segments_at_zero_.has_value()) {
    segments_at_zero_ = segments;
    shortcuts_at_zero_ = std::move(event.shortcuts);
    return;
  }
  counts_segments_ = false;
  for (auto& [path, usage] : event.shortcuts) report_.shortcuts[path] = between(shortcuts_at_zero_[path], usage);
  report_.data_segments = std::max<std::int64_t>(0, segments - *segments_at_zero_);
  stop_when_reported();
}

void EmuWorld::spawn(std::size_t index) {
  Actor& actor = actors_[index];
  actor.process_id = ++last_process_id_;
  actor.process =
      std::make_unique<RoleProcess>(loop_, recorder_, [this, index](RoleProcess::News news) { on_news(index, news); });
  actor_of_process_.emplace(actor.process_id, index);
  const std::vector<Fd> ends = actor.process->take_child_ends();
  const auto pod = static_cast<std::uint32_t>(actor.pod);
  supervisor_->send(SpawnRole{actor.process_id, pod, actor.plan->name, actor.plan->reaches},
                    {ends[0].get(), ends[1].get()});
  RoleSetup setup{actor.plan->name,     actor.plan->config, plan_.seed,        pod,
                  hosts_of(plan_, pod), pod_of_ip_,         clock_.time_zero()};
  actor.process->send(ToRole::setup, to_json_text(setup));
}

void EmuWorld::on_news(std::size_t index, RoleProcess::News news) {
  Actor& actor = actors_[index];
  switch (news) {
    case RoleProcess::News::ready:
      if (phase_ == Phase::setting_up) return begin_when_ready();
      return actor.process->send(ToRole::begin, std::to_string(clock_.time_zero()));
    case RoleProcess::News::finished:
      actor.finished = true;
      return end_when_finished();
    case RoleProcess::News::reported:
      return stop_when_reported();
    case RoleProcess::News::garbled:
      return give_up(actor.plan->name + " sent what is not a record");
  }
}

void EmuWorld::begin_when_ready() {
  const bool ready = std::all_of(actors_.begin(), actors_.end(), [this](const Actor& actor) {
    return !plan_.pods[actor.pod].starts || (actor.process != nullptr && actor.process->ready());
  });
  if (phase_ == Phase::setting_up && ready) set_time_zero();
}

void EmuWorld::set_time_zero() {
  phase_ = Phase::running;
  clock_.set_time_zero(monotonic_now() + kLeadTime);
  const std::string zero = std::to_string(clock_.time_zero());
  for (Actor& actor : actors_)
    if (actor.process != nullptr) actor.process->send(ToRole::begin, zero);
  zero_ = clock_.after(std::max<Duration>(0, -clock_.now()), [this] { at_time_zero(); });
  const bool loads = std::any_of(actors_.begin(), actors_.end(), [](const Actor& actor) { return actor.is_load(); });
  const Duration end_at = plan_.duration + (loads ? plan_.grace + kOvertime : 0);
  limit_ = clock_.after(std::max<Duration>(0, end_at - clock_.now()), [this] { end(); });
  if (began_) began_();
}

void EmuWorld::at_time_zero() {
  times_at_zero_ = read_host_times();
  supervisor_->send(CountSegments{});
  if (link_client_.has_value()) link_client_->begin();
}

void EmuWorld::end_when_finished() {
  if (phase_ != Phase::running) return;
  bool any = false;
  for (const Actor& actor : actors_) {
    if (!actor.is_load()) continue;
    if (!actor.finished) return;
    any = true;
  }
  if (any) end();
}

void EmuWorld::end() {
  if (phase_ != Phase::running) return;
  phase_ = Phase::ending;
  counts_segments_ = true;
  supervisor_->send(CountSegments{});
  load_ = load_between(times_at_zero_, read_host_times());
  length_ = clock_.now();
  if (link_client_.has_value()) {
    const LinkReport links = link_client_->report();
    report_.links = links.directions;
    report_.roles["link"] = {"link", links.cpu, -1};
  }
  for (Actor& actor : actors_) {
    if (actor.is_load() && !actor.finished) make_invalid(actor.plan->name + " did not finish in time");
    if (actor.process != nullptr) actor.process->send(ToRole::report);
  }
  limit_ = clock_.after(kReportLimit, [this] {
    for (const Actor& actor : actors_) {
      if (actor.process != nullptr && !actor.dying && !actor.process->reported()) {
        make_invalid(actor.plan->name + " did not hand in its records");
      }
    }
    loop_.stop();
  });
  stop_when_reported();
}

void EmuWorld::stop_when_reported() {
  if (phase_ != Phase::ending || counts_segments_) return;
  for (const Actor& actor : actors_) {
    if (actor.process != nullptr && !actor.dying && !actor.process->reported()) return;
  }
  if (!options_.hold) return loop_.stop();
  limit_.cancel();
  if (!std::exchange(holding_, true)) options_.hold();
}

void EmuWorld::give_up(const std::string& why) {
  if (!failure_.has_value()) failure_ = why;
  loop_.stop();
}

void EmuWorld::make_invalid(const std::string& why) {
  report_.invalid_reasons.push_back(why);
}

std::string EmuWorld::not_ready() const {
  std::string names;
  for (const Actor& actor : actors_) {
    if (!plan_.pods[actor.pod].starts || (actor.process != nullptr && actor.process->ready())) continue;
    names += (names.empty() ? "" : ", ") + actor.plan->name;
    if (actor.process != nullptr && !actor.process->last_words().empty())
      names += " (" + actor.process->last_words() + ")";
  }
  return names;
}

void EmuWorld::report_usage() {
  for (const Actor& actor : actors_) {
    RoleUsage& usage = report_.roles[actor.plan->name];
    usage.kind = kind_of(actor.plan->config);
    const RoleSpent now = actor.process != nullptr ? actor.process->spent() : RoleSpent();
    usage.cpu = actor.spent_before.cpu + now.cpu;
    usage.memory_peak = std::max(actor.spent_before.memory_peak, now.memory_peak);
  }
}

void EmuWorld::judge_load() {
  Duration used = 0;
  for (const auto& [name, usage] : report_.roles) used += usage.cpu;
  load_ = at_least(load_, used, length_, std::max(1u, std::thread::hardware_concurrency()));
  report_.utilisation = load_.utilisation;
  report_.steal = load_.steal;
  for (const std::string& reason : invalid_reasons(load_)) make_invalid(reason);
}

void EmuWorld::take_down() {
  limit_.cancel();
  zero_.cancel();
  for (auto& timer : draining_) timer.reset();
  if (phase_ == Phase::ending && !failure_.has_value() && signal_ == 0) {
    report_usage();
    judge_load();
  }
  link_client_.reset();
  supervisor_.reset();
  for (Actor& actor : actors_) actor.process.reset();
}

std::unique_ptr<World> make_emu_world(const Plan& plan, EmuOptions options, Recorder& recorder) {
  return std::make_unique<EmuWorld>(plan, std::move(options), recorder);
}

}  // namespace meshtwin
