#pragma once

// The World seam over the simulator: owns queue, processors, network and roles of one run, and conducts its life:
// start-up at negative time, time zero, the end. The origin is set before the roles start, kStartUp ahead of them, so
// that the time they see never jumps; only when they are not ready by then is it moved on by as much again (and given
// up after kReadyLimit).

#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "sim/message_transport.h"
#include "sim/ns3_core.h"
#include "sim/packet_transport.h"
#include "sim/role_host.h"
#include "sim/topology.h"
#include "sim/world.h"

namespace meshtwin {

class SimWorld : public World, private Pods, private Links {
 public:
  static constexpr Duration kStartUp = 10 * kSecond;
  static constexpr Duration kReadyLimit = 120 * kSecond;
  static constexpr Duration kOvertime = kSecond;        // after the grace, for the loads to give up
  static constexpr Duration kLead = 50 * kMillisecond;  // from `began` to time zero
  static constexpr Duration kDrain = 5 * kSecond;       // from Pods::stop to the kill, at most
  static constexpr Duration kDrainCheck = 100 * kMillisecond;

  SimWorld(const Plan& plan, SimOptions options, Recorder& recorder, RoleFactory factory);
  ~SimWorld() override;

  Clock& clock() override { return clock_; }
  Pods& pods() override { return *this; }
  Links& links() override { return *this; }
  RunReport run(Callback began) override;

 private:
  // Pods
  void start(std::size_t pod) override;
  void stop(std::size_t pod) override;
  void kill(std::size_t pod, Kill what) override;
  void slow(std::size_t pod, double factor) override;
  void fail(std::size_t pod, double share) override;
  void configure(std::size_t pod, const ConfigChange& change) override;
  // Links
  void shape(std::size_t link, const LinkShape& shape) override;
  void cut_link(std::size_t link) override;
  void restore_link(std::size_t link) override;
  void cut_pod(std::size_t pod) override;
  void restore_pod(std::size_t pod) override;

  struct PodState {
    std::vector<std::size_t> hosts;    // places in hosts_
    std::vector<std::size_t> proxies;  // likewise, of its own or of other pods
    double slow = 1;
    double fail = 0;
    Timer drain;
    bool draining = false;
  };

  Processor& processor_of(const PodPlan& pod);
  void start_host(RoleHost& host);
  void role_ready(RoleHost& host);
  void drain(std::size_t pod, Duration left);
  void check_ready();
  void begin();
  void begin_role(RoleHost& host);
  void zero();
  std::string not_ready() const;
  RunReport report(Duration wall);

  const Plan& plan_;
  const SimOptions options_;
  Recorder& recorder_;
  RoleFactory factory_;
  EventQueue queue_;
  Ns3Core ns3_;
  TimeOrigin origin_;
  SimClock clock_;
  Topology topology_;
  std::vector<std::unique_ptr<Processor>> processors_;  // the shared one, then those of nodes with their own
  std::map<std::size_t, std::size_t> processor_of_node_;
  Task link_task_;
  SocketLayer sockets_;
  std::unique_ptr<Transport> transport_;
  std::map<std::uint32_t, std::uint32_t> pod_of_ip_;
  std::deque<RoleHost> hosts_;
  std::vector<PodState> pods_;
  std::size_t unready_ = 0;
  std::size_t loads_left_ = 0;
  Callback began_;
  bool begun_ = false;
  bool failed_ = false;
};

}  // namespace meshtwin
