#include "tests/unit/roles/sim_run.h"

#include <algorithm>
#include <cstdio>

#include "mesh/base/socket_address.h"
#include "scenarios/conductor.h"
#include "sim/world.h"

namespace meshtwin::testing_roles {
namespace {

std::string name_of_subject(const std::string& subject, const Plan& plan) {
  const std::string host = subject.substr(0, subject.find(':'));
  for (const PodPlan& pod : plan.pods) {
    if (ip_to_string(pod.ip) == host) return pod.name;
  }
  return subject;
}

}  // namespace

SimRun::SimRun(const std::string& text) : scenario(load_scenario_text(text, "test.yaml", {})) {
  const auto world = make_sim_world(scenario.plan, {null_cost_profile()}, store);
  Conductor conductor(*world, scenario, store, [](Time) {});
  conductor.run();
  requests = store.ordered_requests();
  store.each_attempt([this](const AttemptRecord& record) { attempt_records.push_back(record); });
}

std::size_t SimRun::sent(Window window) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(requests, [&](const RequestRecord& r) { return window.holds(r.intended); }));
}

std::size_t SimRun::failed(Window window) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      requests, [&](const RequestRecord& r) { return window.holds(r.intended) && r.failure != Failure::none; }));
}

std::size_t SimRun::failed(std::string_view failure, Window window) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      requests, [&](const RequestRecord& r) { return window.holds(r.intended) && name_of(r.failure) == failure; }));
}

std::size_t SimRun::attempts(const std::string& pod, Window window) const {
  return static_cast<std::size_t>(std::ranges::count_if(attempt_records, [&](const AttemptRecord& a) {
    return window.holds(a.at) && pod_name(a.to_pod).starts_with(pod);
  }));
}

std::size_t SimRun::answered(const std::string& pod, Window window) const {
  return static_cast<std::size_t>(std::ranges::count_if(attempt_records, [&](const AttemptRecord& a) {
    return window.holds(a.at) && a.status != 0 && pod_name(a.to_pod).starts_with(pod);
  }));
}

std::size_t SimRun::failed_attempts(const std::string& pod, std::string_view failure, Window window) const {
  return static_cast<std::size_t>(std::ranges::count_if(attempt_records, [&](const AttemptRecord& a) {
    return window.holds(a.at) && name_of(a.failure) == failure && pod_name(a.to_pod).starts_with(pod);
  }));
}

std::size_t SimRun::retries(const std::string& pod, Window window) const {
  return static_cast<std::size_t>(std::ranges::count_if(attempt_records, [&](const AttemptRecord& a) {
    return window.holds(a.at) && a.retry && pod_name(a.to_pod).starts_with(pod);
  }));
}

double SimRun::share(const std::string& pod, Window window) const {
  const std::string service = pod.substr(0, pod.find('-') + 1);
  return static_cast<double>(answered(pod, window)) / static_cast<double>(answered(service, window));
}

std::vector<double> SimRun::seconds_of(std::string_view kind, const std::string& pod) const {
  std::vector<double> seconds;
  for (const EventRecord& event : store.ordered_events()) {
    if (event.kind != kind || name_of_subject(event.subject, scenario.plan) != pod) continue;
    seconds.push_back(static_cast<double>(event.at) / 1e9);
  }
  return seconds;
}

std::size_t SimRun::events(std::string_view kind, Window window) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      store.events(), [&](const EventRecord& event) { return event.kind == kind && window.holds(event.at); }));
}

std::string SimRun::story() const {
  std::string text;
  const auto line = [&text](Time at, const std::string& what) {
    char when[32];
    std::snprintf(when, sizeof when, "%9.3f s  ", static_cast<double>(at) / 1e9);
    if (text.size() < 6000) text += when + what + '\n';
  };
  for (const EventRecord& event : store.ordered_events()) {
    line(event.at, event.kind + ' ' + name_of_subject(event.subject, scenario.plan) + ' ' + event.detail);
  }
  for (const RequestRecord& request : requests) {
    if (request.failure == Failure::none) continue;
    line(request.intended, "request " + std::to_string(request.number) + ' ' + std::string(name_of(request.failure)));
  }
  return text;
}

std::string scenario_text(const std::string& duration, const std::string& services, const std::string& rest,
                          const std::string& head) {
  return "schema: 1\nname: test\nseed: 3\nduration: " + duration + "\ntopology: {zones: {z: {}}}\n" + head +
         "services:\n" + services + rest;
}

}  // namespace meshtwin::testing_roles
