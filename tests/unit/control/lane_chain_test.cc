// A request never changes lane on a whole call chain, whatever the chain and the lanes: labels, stores of traces and
// routes together, without the proxies round them. Thousands of requests are under way at once, each visit of each goes
// on when chance has it.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "mesh/base/random.h"
#include "mesh/control/label_config.h"
#include "mesh/control/lanes.h"
#include "mesh/traffic/traffic_labels.h"

namespace meshtwin {
namespace {

class Request final : public HeaderView {
 public:
  std::map<std::string, std::string> headers;
  std::string_view get(std::string_view name) const override {
    const auto found = headers.find(std::string(name));
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  }
  void set(const HeaderValues& values) {
    for (const auto& [name, value] : values) headers[name] = value;
  }
};

// Services that call others behind them, lanes of some of their pods, and the documents that say so.
class Graph {
 public:
  Graph(RandomStream& random, const std::string& trace_header) : random_(random), trace_header_(trace_header) {
    const std::uint64_t services = 1 + random.below(6);
    for (std::uint64_t i = 0; i < services; ++i) {
      for (std::uint64_t k = i + 1; k < services; ++k) {
        if (random.chance(0.6)) calls_[i].push_back(k);
      }
      pods_["base"].insert(host(i));
    }
    for (const char* lane : {"one", "two", "three"}) {
      for (std::uint64_t i = 0; i < services; ++i) {
        if (random.chance(0.5)) pods_[lane].insert(host(i));
      }
    }
    SwimLaneGroup& group = resources_.lane_groups.emplace_back();
    group.meta.name = "group";
    group.permissive = true;
    group.fallback_target = "base";
    group.trace_header = trace_header;
    group.route_header = "x-lane";
    for (std::uint64_t i = 0; i < services; ++i) group.services.push_back("default/svc-" + std::to_string(i));
    for (const auto& [name, hosts] : pods_) {
      SwimLane& lane = resources_.lanes.emplace_back();
      lane.meta.name = name;
      lane.group = "group";
      lane.label_selector = {{"version", name}};
    }
    expand_lanes(resources_, [this](const std::string&, const std::string& service, const Labels& labels) {
      return pods_[labels.at("version")].contains(service + ".default.svc.cluster.local");
    });
    labels_ = std::make_unique<TrafficLabels>(*traffic_labels_for(resources_, "default", {}));
  }

  // Visits that went where their lane does not have them.
  std::uint64_t wrong(std::uint64_t requests) {
    std::uint64_t wrong = 0;
    std::vector<Visit> visits;
    for (std::uint64_t sent = 0; sent < requests || !visits.empty(); now_ += kMillisecond) {
      if (sent < requests && (visits.size() < 50 || random_.chance(0.2))) {
        wrong += enter(visits, ++sent);
        continue;
      }
      const std::size_t which = random_.below(visits.size());
      const std::vector<std::uint64_t>& callees = calls_[visits[which].service];
      if (visits[which].called < callees.size()) {
        wrong += call(visits, which, callees[visits[which].called++]);
      } else {
        Visit& over = visits[which];
        if (over.entry != nullptr) stores_[over.pod].end(over.entry, now_);
        std::swap(over, visits.back());
        visits.pop_back();
      }
    }
    return wrong;
  }
  std::uint64_t visits() const { return visits_; }

 private:
  struct Visit {
    std::uint64_t service;
    std::string lane;  // that of the request
    std::string pod;
    Request received;
    TraceLabels::Ref entry;
    std::size_t called = 0;
  };

  static std::string host(std::uint64_t service) {
    return "svc-" + std::to_string(service) + ".default.svc.cluster.local";
  }

  std::uint64_t enter(std::vector<Visit>& visits, std::uint64_t number) {
    Request request;
    request.headers[trace_header_] = "member=" + std::to_string(number);
    const char* lanes[] = {"base", "one", "two", "three"};
    std::string lane = lanes[random_.below(4)];
    request.headers["x-lane"] = lane;
    return arrive(visits, 0, lane, std::move(request));
  }
  // The application passes on its trace header alone.
  std::uint64_t call(std::vector<Visit>& visits, std::size_t from, std::uint64_t callee) {
    Request request;
    request.headers[trace_header_] = visits[from].received.headers[trace_header_];
    request.set(labels_->for_upstream(request, &stores_[visits[from].pod], now_));
    return arrive(visits, callee, visits[from].lane, std::move(request));
  }
  std::uint64_t arrive(std::vector<Visit>& visits, std::uint64_t service, std::string lane, Request request) {
    ++visits_;
    const std::string subset = route(service, std::string(request.get("x-lane")));
    Visit visit{service, lane, subset + '/' + std::to_string(service), std::move(request), nullptr};
    visit.entry = labels_->remember(visit.received, stores_[visit.pod], now_);
    visit.received.set(labels_->for_application(visit.received));
    visits.push_back(std::move(visit));
    return subset == (pods_[lane].contains(host(service)) ? lane : "base") ? 0 : 1;
  }
  std::string route(std::uint64_t service, const std::string& lane) const {
    for (const VirtualService& routes : resources_.virtual_services) {
      if (routes.hosts.front() != host(service)) continue;
      for (const HttpRoute& route : routes.http) {
        const bool matches = route.matches.empty() || route.matches.front().headers.front().second.text == lane;
        if (matches) return route.route.front().destination.subset;
      }
    }
    return "nowhere";
  }

  RandomStream& random_;
  const std::string trace_header_;
  std::map<std::uint64_t, std::vector<std::uint64_t>> calls_;
  std::map<std::string, std::set<std::string>> pods_;  // of each lane: the services it has
  Resources resources_;
  std::unique_ptr<TrafficLabels> labels_;
  std::map<std::string, TraceLabels> stores_;  // of each pod
  Time now_ = 0;
  std::uint64_t visits_ = 0;
};

TEST(LaneChain, NoRequestLeavesItsLane) {
  for (const char* trace_header : {"x-request-id", "my-trace-id", "baggage"}) {
    std::uint64_t visits = 0;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      RandomStream random(seed, "chain");
      Graph graph(random, trace_header);
      EXPECT_EQ(graph.wrong(400), 0u) << trace_header << ", seed " << seed;
      visits += graph.visits();
    }
    EXPECT_GT(visits, 20'000u);
  }
}

}  // namespace
}  // namespace meshtwin
