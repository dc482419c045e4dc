#include "emu/link/link_process.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <memory>
#include <vector>

#include "emu/link/carrier.h"
#include "emu/link/control_socket.h"
#include "emu/link/fd.h"
#include "emu/link/frame_reader.h"
#include "emu/link/kernel_time.h"
#include "emu/link/link_control.h"
#include "emu/link/wake_policy.h"

namespace meshtwin {
namespace {

constexpr std::uint64_t kControl = ~std::uint64_t{0};
constexpr std::uint64_t kTimer = kControl - 1;
constexpr Duration kMostCompensation = 40 * kMicrosecond;

Duration processor_time() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * kSecond + t.tv_nsec;
}

bool set_realtime(bool on) {
  sched_param parameters{};
  parameters.sched_priority = on ? 1 : 0;
  return pthread_setschedparam(pthread_self(), on ? SCHED_FIFO : SCHED_OTHER, &parameters) == 0;
}

class LinkProcess {
 public:
  explicit LinkProcess(const LinkProcessConfig& config);
  void run();

 private:
  // doze: sleep through arrivals, which can wait until the next release.
  enum class Wait { spin, doze, sleep };

  static void watch(const Fd& epoll, int fd, std::uint64_t tag);
  Time next_release() const;
  void release_due();
  void wait();
  void poll(Wait how, Time release_at);
  void arm_timer(Time at);
  void handle(const epoll_event& event);
  void timer_fired();
  void control();
  std::string obey(const LinkCommand& command, std::vector<Fd>& fds);
  std::string add(const AddLink& link, std::vector<Fd>& fds);
  void begin();
  LinkReport report() const;
  void settle_compensation(bool now);
  void settle_patience();
  void watch_priority();

  Fd control_;
  std::uint64_t seed_;
  bool realtime_;
  Fd epoll_;       // everything
  Fd doze_epoll_;  // the timer and the control socket alone
  Fd timer_;
  std::vector<Fd> ends_;
  std::vector<std::unique_ptr<Carrier>> carriers_;  // two a link
  FrameReader reader_;
  WakePolicy policy_;
  RealtimeGuard guard_;
  Time timer_at_ = 0;  // 0: not armed
  Time read_at_ = 0;   // when all ends were last looked at
  Duration patience_ = 0;
  Duration compensation_ = 0;
  bool compensation_fixed_ = false;
  Histogram write_times_;
  std::uint64_t settle_at_ = 8;  // that many writes
  Duration spin_ = 0;
  Duration cpu_at_begin_ = 0;
  bool open_ = true;
};

LinkProcess::LinkProcess(const LinkProcessConfig& config)
    : control_(config.control_fd),
      seed_(config.seed),
      realtime_(config.realtime && set_realtime(true)),
      epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "make the link's epoll")),
      doze_epoll_(checked(epoll_create1(EPOLL_CLOEXEC), "make the link's epoll")),
      timer_(checked(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "make the link's timer")) {
  for (const Fd* epoll : {&epoll_, &doze_epoll_}) {
    watch(*epoll, control_.get(), kControl);
    watch(*epoll, timer_.get(), kTimer);
  }
}

void LinkProcess::watch(const Fd& epoll, int fd, std::uint64_t tag) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  checked(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event), "watch a descriptor of the link");
}

Time LinkProcess::next_release() const {
  Time next = Carrier::kNever;
  for (const auto& carrier : carriers_) next = std::min(next, carrier->next_due());
  return next == Carrier::kNever ? next : next - compensation_;
}

void LinkProcess::release_due() {
  const Time until = monotonic_now() + compensation_;
  for (const auto& carrier : carriers_) carrier->release(until, compensation_, write_times_);
}

void LinkProcess::run() {
  while (open_) {
    release_due();
    wait();
    settle_compensation(false);
    watch_priority();
  }
}

// Sleeps until there is something to read or a release is near, then spins until it is there.
void LinkProcess::wait() {
  const Time release_at = next_release();
  const Time now = monotonic_now();
  if (release_at == Carrier::kNever) {
    arm_timer(0);
    return poll(Wait::sleep, release_at);
  }
  const Time wake_at = release_at - policy_.lead(now);
  if (now < wake_at) {
    arm_timer(wake_at);
    return poll(wake_at - read_at_ <= patience_ ? Wait::doze : Wait::sleep, release_at);
  }
  poll(Wait::spin, release_at);
}

void LinkProcess::poll(Wait how, Time release_at) {
  std::array<epoll_event, 16> events;
  const Time begin = monotonic_now();
  const int epoll = how == Wait::doze ? doze_epoll_.get() : epoll_.get();
  int ready = 0;
  do {
    ready = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), how == Wait::spin ? 0 : -1);
    if (ready < 0 && errno != EINTR) throw_errno("wait for packets");
  } while (how == Wait::spin && ready <= 0 && monotonic_now() < release_at);
  if (how == Wait::spin) {
    const Time now = monotonic_now();
    policy_.spun(now, now - begin);
    spin_ += now - begin;
  }
  if (how != Wait::doze) read_at_ = monotonic_now();
  for (int i = 0; i < ready; ++i) handle(events[static_cast<std::size_t>(i)]);
}

void LinkProcess::arm_timer(Time at) {
  if (at == timer_at_) return;
  timer_at_ = at;
  itimerspec when{};
  when.it_value = {at / kSecond, at % kSecond};
  checked(timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr), "set the link's timer");
}

void LinkProcess::handle(const epoll_event& event) {
  if (event.data.u64 == kControl) return control();
  if (event.data.u64 == kTimer) return timer_fired();
  carriers_[event.data.u64]->read(reader_);
}

void LinkProcess::timer_fired() {
  std::uint64_t times = 0;
  if (::read(timer_.get(), &times, sizeof times) != sizeof times) return;
  policy_.woke(monotonic_now() - timer_at_);
  timer_at_ = 0;
}

void LinkProcess::control() {
  ControlMessage message;
  if (!receive_control(control_.get(), message)) {
    open_ = false;
    return;
  }
  LinkReply reply;
  const std::optional<LinkCommand> command = decode_link_command(message.bytes);
  reply.error = command ? obey(*command, message.fds) : "not a command";
  if (command && std::holds_alternative<ReportLinks>(*command)) reply.report = report();
  try {
    send_control(control_.get(), encode(reply));
  } catch (const std::system_error& e) {
    if (e.code().value() != EPIPE && e.code().value() != ECONNRESET) throw;
    open_ = false;  // whoever asked has gone
  }
}

std::string LinkProcess::obey(const LinkCommand& command, std::vector<Fd>& fds) {
  if (const auto* c = std::get_if<AddLink>(&command)) return add(*c, fds);
  if (std::holds_alternative<BeginLinks>(command)) begin();
  const auto both = [&](std::uint32_t link, auto&& act) -> std::string {
    if (link >= carriers_.size() / 2) return "there is no link " + std::to_string(link);
    act(*carriers_[2 * std::size_t{link}]);
    act(*carriers_[2 * std::size_t{link} + 1]);
    return "";
  };
  if (const auto* c = std::get_if<ShapeLink>(&command)) {
    const std::string refusal = both(c->link, [&](Carrier& carrier) { carrier.shape(c->shape); });
    settle_patience();
    return refusal;
  }
  if (const auto* c = std::get_if<CutLink>(&command)) return both(c->link, [](Carrier& carrier) { carrier.cut(); });
  if (const auto* c = std::get_if<RestoreLink>(&command)) {
    return both(c->link, [](Carrier& carrier) { carrier.restore(); });
  }
  return "";
}

std::string LinkProcess::add(const AddLink& link, std::vector<Fd>& fds) {
  if (fds.size() != 2) return "a link has two ends, not " + std::to_string(fds.size());
  const int a = fds[0].get();
  const int b = fds[1].get();
  const std::size_t first = carriers_.size();
  try {
    watch(epoll_, a, first);
    watch(epoll_, b, first + 1);
  } catch (const std::system_error& e) {
    return e.what();  // closing the descriptors ends the watch on them
  }
  const auto carrier = [&](const std::string& name, int from, int to) {
    carriers_.push_back(std::make_unique<Carrier>(name, from, to, link.shape, RandomStream(seed_, "link " + name)));
  };
  carrier(link.zone_a + ">" + link.zone_b, a, b);
  carrier(link.zone_b + ">" + link.zone_a, b, a);
  ends_.push_back(std::move(fds[0]));
  ends_.push_back(std::move(fds[1]));
  settle_patience();
  return "";
}

// How long an arrival may wait to be read: it carries the kernel's time stamp, so reading it late costs nothing as long
// as it is in hand well before it is due. Under load this saves a wake-up for nearly every packet.
void LinkProcess::settle_patience() {
  constexpr Duration kMargin = 300 * kMicrosecond;
  patience_ = kMillisecond;
  for (const auto& carrier : carriers_) patience_ = std::min(patience_, carrier->delay() - kMargin);
}

void LinkProcess::begin() {
  for (const auto& carrier : carriers_) carrier->begin();
  settle_compensation(true);
  compensation_fixed_ = true;
  spin_ = 0;
  cpu_at_begin_ = processor_time();
}

LinkReport LinkProcess::report() const {
  LinkReport report;
  for (const auto& carrier : carriers_) {
    report.directions.push_back(carrier->quality());
    report.dropped.push_back(carrier->dropped());
  }
  report.cpu = processor_time() - cpu_at_begin_;
  report.spin = spin_;
  report.compensation = compensation_;
  report.realtime = realtime_ && guard_.allowed();
  return report;
}

// Until `begin`: what a write usually takes. The kernel delivers on our time, so the receiver has the frame near its
// end. Fixed from then on.
void LinkProcess::settle_compensation(bool now) {
  if (compensation_fixed_ || (write_times_.count() < settle_at_ && !now)) return;
  settle_at_ *= 2;
  compensation_ = std::min(kMostCompensation, write_times_.quantile(0.5) * 2 / 3);
}

void LinkProcess::watch_priority() {
  if (!realtime_) return;
  if (guard_.observe(monotonic_now(), processor_time())) set_realtime(guard_.allowed());
}

}  // namespace

int run_link_process(const LinkProcessConfig& config) {
  // Freed frames stay with the process: giving pages back and faulting them in again costs more than a packet.
  mallopt(M_TRIM_THRESHOLD, 1 << 29);
  prctl(PR_SET_TIMERSLACK, 1);
  try {
    auto process = std::make_unique<LinkProcess>(config);
    process->run();
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "link: %s\n", e.what());
    return 1;
  }
}

}  // namespace meshtwin
