#include "sim/sim_world.h"

#include <chrono>
#include <utility>

namespace meshtwin {

SimWorld::SimWorld(const Plan& plan, SimOptions options, Recorder& recorder, RoleFactory factory)
    : plan_(plan),
      options_(std::move(options)),
      recorder_(recorder),
      factory_(std::move(factory)),
      ns3_(queue_),
      origin_{kStartUp},
      clock_(queue_, origin_),
      topology_(plan, options_.profile),
      link_task_(
          [this, &plan]() -> Processor& {
            processors_.push_back(std::make_unique<Processor>(queue_, options_.profile, options_.profile.cores,
                                                              RandomStream(plan.seed, "processor")));
            return *processors_.front();
          }(),
          RandomStream(plan.seed, "processor/link"), true),
      sockets_(queue_, plan, topology_) {
  if (plan.packet_network) {
    transport_ =
        make_packet_transport(queue_, plan, options_.profile, topology_, link_task_, sockets_.connections(), sockets_);
  } else {
    transport_ = std::make_unique<MessageTransport>(queue_, topology_, link_task_, sockets_.connections(), sockets_);
  }
  sockets_.use(*transport_);
  for (std::size_t node = 0; node < plan.nodes.size(); ++node) {
    if (plan.nodes[node].cores == 0) continue;
    processor_of_node_[node] = processors_.size();
    processors_.push_back(std::make_unique<Processor>(queue_, options_.profile, plan.nodes[node].cores,
                                                      RandomStream(plan.seed, "processor").keyed(node)));
  }
  for (std::uint32_t pod = 0; pod < plan.pods.size(); ++pod) {
    pod_of_ip_[plan.pods[pod].ip] = pod;
    PodState& state = pods_.emplace_back();
    for (const RolePlan& role : plan.pods[pod].roles) {
      state.hosts.push_back(hosts_.size());
      hosts_.emplace_back(role, pod, processor_of(plan.pods[pod]), queue_, origin_, plan.seed, sockets_);
    }
  }
  for (std::size_t place = 0; place < hosts_.size(); ++place) {
    const RoleHost& host = hosts_[place];
    for (const std::uint32_t pod : host.plan().reaches) pods_[pod].proxies.push_back(place);
    if (is_proxy_of(host.plan(), host.pod(), host.pod())) pods_[host.pod()].proxies.push_back(place);
  }
}

SimWorld::~SimWorld() {
  pods_.clear();
  for (RoleHost& host : hosts_) host.kill();
}

Processor& SimWorld::processor_of(const PodPlan& pod) {
  const auto found = processor_of_node_.find(pod.node);
  return *processors_[found == processor_of_node_.end() ? 0 : found->second];
}

void SimWorld::start_host(RoleHost& host) {
  host.start(factory_, recorder_, plan_.wire, pod_of_ip_, [this, &host] { role_ready(host); });
  const PodState& pod = pods_[host.pod()];
  if (!host.is_app()) return;
  if (pod.slow != 1) host.role()->slow(pod.slow);
  if (pod.fail != 0) host.role()->fail(pod.fail);
}

void SimWorld::role_ready(RoleHost& host) {
  if (begun_) return begin_role(host);  // started again
  if (!std::exchange(host.ready, true)) --unready_;
}

std::string SimWorld::not_ready() const {
  std::string names;
  std::size_t more = 0;
  for (const RoleHost& host : hosts_) {
    if (host.ready) continue;
    if (names.size() < 200) {
      names += (names.empty() ? "" : ", ") + host.plan().name;
    } else {
      ++more;
    }
  }
  return more == 0 ? names : names + " and " + std::to_string(more) + " more";
}

// Just before time zero.
void SimWorld::check_ready() {
  if (unready_ == 0) return begin();
  if (queue_.now() >= kReadyLimit) {
    failed_ = true;
    return queue_.stop();
  }
  origin_.zero += kStartUp;
  queue_.schedule(origin_.zero - kLead, [this] { check_ready(); });
}

void SimWorld::begin() {
  begun_ = true;
  queue_.schedule(origin_.zero, [this] { zero(); });
  queue_.schedule(origin_.zero + plan_.duration + plan_.grace + kOvertime, [this] { queue_.stop(); });
  if (began_) began_();
  for (RoleHost& host : hosts_) begin_role(host);
}

void SimWorld::begin_role(RoleHost& host) {
  if (host.role() == nullptr) return;
  host.begin([this, &host] {
    if (host.is_load() && loads_left_ > 0 && --loads_left_ == 0) queue_.stop();
  });
}

void SimWorld::zero() {
  for (const auto& processor : processors_) processor->reset_busy();
  for (RoleHost& host : hosts_) host.task().reset_cpu();
  link_task_.reset_cpu();
  topology_.reset_counters();
  sockets_.shortcut().reset_counters();
}

RunReport SimWorld::run(Callback began) {
  const auto wall_begin = std::chrono::steady_clock::now();
  began_ = std::move(began);
  for (RoleHost& host : hosts_) {
    host.ready = !plan_.pods[host.pod()].starts;  // nobody waits for it
    unready_ += !host.ready;
  }
  for (RoleHost& host : hosts_) {
    loads_left_ += host.is_load();
    if (!host.ready) start_host(host);
  }
  queue_.schedule(origin_.zero - kLead, [this] { check_ready(); });
  queue_.run();
  if (failed_) {
    throw WorldError("not ready after " + std::to_string(kReadyLimit / kSecond) + " s of virtual time: " + not_ready());
  }
  for (RoleHost& host : hosts_) {
    if (host.role() != nullptr) host.role()->report();
  }
  const auto wall = std::chrono::steady_clock::now() - wall_begin;
  RunReport report = this->report(std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count());
  for (PodState& pod : pods_) pod.drain.cancel();
  for (RoleHost& host : hosts_) host.kill();
  return report;
}

RunReport SimWorld::report(Duration wall) {
  RunReport report;
  for (RoleHost& host : hosts_) {
    RoleUsage& usage = report.roles[host.plan().name];
    usage.kind = kind_of(host.plan().config);
    usage.cpu = host.task().cpu();
  }
  if (!plan_.links.empty()) report.roles["link"] = {"link", link_task_.cpu(), -1};
  report.links = topology_.quality();
  if (!plan_.packet_network) report.data_segments = topology_.data_segments();
  report.shortcuts = sockets_.shortcut().usage();
  Duration busy = 0;
  std::uint32_t cores = 0;
  for (const auto& processor : processors_) {
    busy += processor->busy();
    cores += processor->cores();
  }
  const Duration length = queue_.now() - origin_.zero;
  if (length > 0) report.utilisation = static_cast<double>(busy) / (static_cast<double>(length) * cores);
  report.events = queue_.executed();
  report.wall = wall;
  return report;
}

void SimWorld::start(std::size_t pod) {
  if (pods_[pod].draining) kill(pod, Kill::pod);  // what was asked to end does not come back
  for (const auto* places : {&pods_[pod].hosts, &pods_[pod].proxies}) {
    for (const std::size_t place : *places) {
      if (hosts_[place].role() == nullptr) start_host(hosts_[place]);
    }
  }
}

// No role can be asked to drain, so its listeners close and it lives until its connections are gone, or kDrain is over.
void SimWorld::stop(std::size_t pod) {
  sockets_.close_listeners(static_cast<std::uint32_t>(pod));
  pods_[pod].draining = true;
  drain(pod, kDrain);
}

void SimWorld::drain(std::size_t pod, Duration left) {
  if (left <= 0 || sockets_.open_streams(static_cast<std::uint32_t>(pod)) == 0) return kill(pod, Kill::pod);
  pods_[pod].drain = clock_.after(kDrainCheck, [this, pod, left] { drain(pod, left - kDrainCheck); });
}

void SimWorld::kill(std::size_t pod, Kill what) {
  if (what == Kill::pod) {
    pods_[pod].drain.cancel();
    pods_[pod].draining = false;
  }
  for (const std::size_t place : what == Kill::proxy ? pods_[pod].proxies : pods_[pod].hosts) {
    if (what != Kill::app || hosts_[place].is_app()) hosts_[place].kill();
  }
}

void SimWorld::slow(std::size_t pod, double factor) {
  pods_[pod].slow = factor;
  for (const std::size_t place : pods_[pod].hosts) {
    if (hosts_[place].is_app() && hosts_[place].role() != nullptr) hosts_[place].role()->slow(factor);
  }
}

void SimWorld::fail(std::size_t pod, double share) {
  pods_[pod].fail = share;
  for (const std::size_t place : pods_[pod].hosts) {
    if (hosts_[place].is_app() && hosts_[place].role() != nullptr) hosts_[place].role()->fail(share);
  }
}

void SimWorld::configure(std::size_t pod, const ConfigChange& change) {
  for (const std::size_t place : pods_[pod].hosts) {
    if (hosts_[place].role() != nullptr) hosts_[place].role()->configure(change);
  }
}

void SimWorld::shape(std::size_t link, const LinkShape& shape) {
  for (int direction : {0, 1}) topology_.link(link, direction).shape(shape);
}

void SimWorld::cut_link(std::size_t link) {
  for (int direction : {0, 1}) topology_.link(link, direction).cut = true;
}

void SimWorld::restore_link(std::size_t link) {
  for (int direction : {0, 1}) topology_.link(link, direction).cut = false;
}

void SimWorld::cut_pod(std::size_t pod) {
  topology_.cut_pod(pod, true);
}
void SimWorld::restore_pod(std::size_t pod) {
  topology_.cut_pod(pod, false);
}

std::unique_ptr<World> make_sim_world(const Plan& plan, SimOptions options, Recorder& recorder, RoleFactory factory) {
  return std::make_unique<SimWorld>(plan, std::move(options), recorder, std::move(factory));
}

}  // namespace meshtwin
