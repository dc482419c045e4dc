#include "mesh/traffic/upstream_cluster.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "mesh/traffic/balance.h"
#include "mesh/traffic/hash_picker.h"
#include "mesh/traffic/host_table.h"
#include "mesh/traffic/outlier_detector.h"
#include "mesh/traffic/priority_views.h"

namespace meshtwin {

struct UpstreamCluster::State {
  State(std::shared_ptr<const ClusterConfig> cluster_config, RandomStream stream)
      : config(std::move(cluster_config)), random(stream) {
    configure();
  }

  void show_ejected();
  void configure();
  std::optional<std::uint32_t> choose(Time now, std::uint64_t hash, std::uint32_t attempt);
  std::vector<OutlierRecord*> records() const;

  std::shared_ptr<const ClusterConfig> config;
  RandomStream random;
  std::shared_ptr<const ClusterAssignment> assignment;  // keeps the index that the views show
  PriorityViews views;
  HashPicker by_hash;
  SlowStart slow_start;
  HostTable table;
  std::vector<std::unique_ptr<Host>> leaving;  // no longer members, but with requests under way
  OutlierDetector outliers;
};

void UpstreamCluster::State::configure() {
  outliers.configure(config->outlier);
  by_hash.configure(table_shape(*config));
  slow_start.configure(config->slow_start);
  views.configure(*config);
}

void UpstreamCluster::State::show_ejected() {
  std::vector<std::uint32_t> positions;
  for (const auto& host : table.hosts()) {
    if (host->record.ejected) positions.push_back(host->position);
  }
  std::ranges::sort(positions);
  views.set_ejected(positions, random);
  by_hash.show(std::move(positions));
}

// `hash` counts only for the balancers that go by it.
std::optional<std::uint32_t> UpstreamCluster::State::choose(Time now, std::uint64_t hash, std::uint32_t attempt) {
  const AssignmentIndex& index = index_of(*assignment);
  if (goes_by_hash(config->lb_policy)) return by_hash.pick(index, views.loads(), hash, attempt);
  HostView* view = views.choose(random);
  if (view == nullptr) return std::nullopt;
  return balance(*config, *view, {index.hosts(), table, slow_start, now}, random);
}

std::vector<OutlierRecord*> UpstreamCluster::State::records() const {
  std::vector<OutlierRecord*> records;
  records.reserve(table.hosts().size());
  for (const auto& host : table.hosts()) records.push_back(&host->record);
  return records;
}

UpstreamCluster::UpstreamCluster(std::shared_ptr<const ClusterConfig> config, RandomStream random)
    : state_(std::make_unique<State>(std::move(config), random)) {}

UpstreamCluster::~UpstreamCluster() = default;

const ClusterConfig& UpstreamCluster::config() const {
  return *state_->config;
}

void UpstreamCluster::update_config(std::shared_ptr<const ClusterConfig> config) {
  State& s = *state_;
  const bool was_on = s.outliers.enabled();
  const Time last_tick = was_on ? s.outliers.next_tick() - s.config->outlier->interval : 0;
  s.config = std::move(config);
  s.configure();
  if (s.assignment == nullptr) return;
  if (was_on == s.outliers.enabled()) {
    s.outliers.start(last_tick);
  } else {
    for (OutlierRecord* record : s.records()) s.outliers.forget(*record);
  }
  s.views.show(*s.assignment, s.random);
  s.show_ejected();
}

void UpstreamCluster::set_local_cluster(const Locality& own, const ClusterAssignment& assignment) {
  state_->views.set_local_cluster(own, healthy_by_zone(assignment));
}

void UpstreamCluster::update_endpoints(std::shared_ptr<const ClusterAssignment> assignment, Time now) {
  State& s = *state_;
  if (s.outliers.next_tick() == 0) s.outliers.start(now);
  const AssignmentIndex& index = index_of(*assignment);
  bool any_ejected = false;
  for (std::unique_ptr<Host>& host : s.table.release()) {
    if (const auto position = index.position_of(host->record.address)) {
      host->position = *position;
      any_ejected = any_ejected || host->record.ejected;
      s.table.add(std::move(host));
    } else {
      s.outliers.forget(host->record);
      host->member = false;
      if (host->active > 0) s.leaving.push_back(std::move(host));
    }
  }
  s.outliers.set_host_count(index.hosts().size());
  s.slow_start.show(s.assignment == nullptr ? nullptr : &index_of(*s.assignment), index, now);
  s.views.show(*assignment, s.random);
  s.assignment = std::move(assignment);
  if (any_ejected) {
    s.show_ejected();
  } else {
    s.by_hash.show({});
  }
}

UpstreamCluster::Host* UpstreamCluster::pick(Time now, std::span<const SocketAddress> tried, std::uint32_t attempts,
                                             std::optional<std::uint64_t> hash) {
  State& s = *state_;
  if (s.assignment == nullptr) return nullptr;
  const auto hosts = index_of(*s.assignment).hosts();
  if (!hash && goes_by_hash(s.config->lb_policy)) hash = s.random.bits();
  std::uint32_t position = 0;
  for (std::uint32_t attempt = 0; attempt < std::max(attempts, 1U); ++attempt) {
    const std::optional<std::uint32_t> chosen = s.choose(now, hash.value_or(0), attempt);
    if (!chosen) return nullptr;
    position = *chosen;
    if (std::ranges::find(tried, hosts[position].address) == tried.end()) break;
  }
  if (Host* host = s.table.find(position)) return host;
  return &s.table.add(hosts[position].address, position);
}

SocketAddress UpstreamCluster::address_of(const Host& host) {
  return host.record.address;
}

EndpointTransport UpstreamCluster::transport_of(const Host& host) const {
  assert(host.member);
  return index_of(*state_->assignment).hosts()[host.position].transport;
}

const std::string& UpstreamCluster::workload_of(const Host& host) const {
  assert(host.member);
  return index_of(*state_->assignment).workload_of(host.position);
}

void UpstreamCluster::request_started(Host& host) {
  ++host.active;
}

void UpstreamCluster::request_finished(Host& host) {
  assert(host.active > 0);
  if (--host.active > 0 || host.member) return;
  std::erase_if(state_->leaving, [&](const std::unique_ptr<Host>& left) { return left.get() == &host; });
}

void UpstreamCluster::report(Host& host, UpstreamOutcome outcome, Time now, std::vector<EjectionEvent>& events) {
  if (!host.member) return;
  const std::size_t before = events.size();
  state_->outliers.report(host.record, outcome, now, state_->random, events);
  if (events.size() != before) state_->show_ejected();
}

void UpstreamCluster::tick(Time now, std::vector<EjectionEvent>& events) {
  State& s = *state_;
  const std::size_t before = events.size();
  s.outliers.tick(s.records(), now, s.random, events);
  if (events.size() != before) s.show_ejected();
}

Time UpstreamCluster::next_tick() const {
  return state_->outliers.next_tick();
}

}  // namespace meshtwin
