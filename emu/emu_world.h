#pragma once

// The conductor's side of an emulated run: asks the supervisor for the network and the processes, waits until every
// role is ready, sets time zero, carries out what is done to pods and links, gathers records and usage, and takes all
// down.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emu/emu_clock.h"
#include "emu/event_loop.h"
#include "emu/host_load.h"
#include "emu/link/link_client.h"
#include "emu/role_process.h"
#include "emu/supervisor_client.h"
#include "emu/world.h"
#include "mesh/telemetry/record.h"

namespace meshtwin {

class EmuWorld : public World, private Pods, private Links {
 public:
  EmuWorld(const Plan& plan, EmuOptions options, Recorder& recorder);

  Clock& clock() override { return clock_; }
  Pods& pods() override { return *this; }
  Links& links() override { return *this; }
  RunReport run(Callback began) override;

 private:
  // A role of the plan and the process that plays it now, if any.
  struct Actor {
    const RolePlan* plan = nullptr;
    std::size_t pod = 0;
    std::unique_ptr<RoleProcess> process;
    std::uint32_t process_id = 0;
    bool dying = false;        // it has been killed on purpose and its end is awaited
    bool start_again = false;  // once it has ended
    bool finished = false;     // a load generator that has sent and heard all
    RoleSpent spent_before;    // by its earlier processes
    bool is_load() const { return std::holds_alternative<LoadConfig>(plan->config); }
    bool is_app() const { return is_application(plan->config); }
  };

  void start(std::size_t pod) override;
  void stop(std::size_t pod) override;
  void kill(std::size_t pod, Kill what) override;
  void slow(std::size_t pod, double factor) override;
  void fail(std::size_t pod, double share) override;
  void configure(std::size_t pod, const ConfigChange& change) override;
  void shape(std::size_t link, const LinkShape& shape) override;
  void cut_link(std::size_t link) override;
  void restore_link(std::size_t link) override;
  void cut_pod(std::size_t pod) override;
  void restore_pod(std::size_t pod) override;

  void build_network();
  void send_names();
  void on_supervisor(FromSupervisor event, std::vector<Fd> fds);
  void on_event(NetworkBuilt event, std::vector<Fd>& fds);
  void on_event(RoleExited event, std::vector<Fd>& fds);
  void on_event(LinkProcessExited event, std::vector<Fd>& fds);
  void on_event(SupervisorFailed event, std::vector<Fd>& fds);
  void on_event(SegmentsCounted event, std::vector<Fd>& fds);
  std::int64_t data_segments(const SegmentsCounted& counted) const;
  void spawn(std::size_t actor);
  void kill_actor(Actor& actor);
  void tell_apps(std::size_t pod, ToRole command, const std::string& content);
  void on_news(std::size_t actor, RoleProcess::News news);
  void begin_when_ready();
  void set_time_zero();
  void at_time_zero();
  void end_when_finished();
  void end();
  void stop_when_reported();
  void give_up(const std::string& why);
  void make_invalid(const std::string& why);
  std::string not_ready() const;
  void report_usage();
  void judge_load();
  void take_down();

  const Plan& plan_;
  EmuOptions options_;
  Recorder& recorder_;
  EventLoop loop_;
  EmuClock clock_;
  std::map<std::uint32_t, std::uint32_t> pod_of_ip_;
  std::vector<Actor> actors_;
  std::map<std::uint32_t, std::size_t> actor_of_process_;
  std::uint32_t last_process_id_ = 0;
  std::vector<std::optional<Timer>> draining_;  // by pod
  std::optional<LinkClient> link_client_;
  std::optional<SupervisorClient> supervisor_;

  enum class Phase { setting_up, running, ending };
  Phase phase_ = Phase::setting_up;
  Callback began_;
  Timer limit_;
  Timer zero_;
  HostTimes times_at_zero_;
  HostLoad load_;        // between time zero and the end
  Duration length_ = 0;  // of that
  std::optional<std::int64_t> segments_at_zero_;
  std::map<std::string, ShortcutUsage> shortcuts_at_zero_;
  bool counts_segments_ = false;  // the answer at the end is awaited
  std::optional<std::string> failure_;
  int signal_ = 0;
  bool holding_ = false;  // the run is over, and somebody looks round in it
  RunReport report_;
};

}  // namespace meshtwin
