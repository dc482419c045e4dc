#pragma once

// Sends requests into the mesh and writes down what became of each. Open loop: every request leaves at the instant its
// schedule gives, whatever became of those before it; latency counts from that instant, and how late the generator
// itself was stands beside it. Closed loop: each of N clients thinks, sends, waits for the answer, and thinks again.

#include <cstdint>
#include <optional>

#include "mesh/runtime/clock.h"
#include "mesh/runtime/role.h"
#include "mesh/wire/owned_set.h"
#include "mesh/workload/arrival_schedule.h"
#include "mesh/workload/load_config.h"
#include "mesh/workload/service_client.h"

namespace meshtwin {

class LoadGenerator final : public Role {
 public:
  LoadGenerator(const LoadConfig& config, const RoleSurroundings& surroundings);
  ~LoadGenerator() override;

  void start(Callback on_ready) override { on_ready(); }
  void begin(Callback on_finished) override;

 private:
  struct Pending;

  bool open_loop() const { return config_.clients == 0; }
  void schedule_next();
  void send_due();
  void think(std::uint32_t client, std::uint64_t turn);
  void send(std::uint64_t number, Time intended);
  void begin_span(Pending& pending, const TraceContext& context);
  void on_answer(Pending& pending, const Answer& answer);
  void write_down(const RequestRecord& record, const SpanRecord* span);
  void give_up();  // the grace is over
  void check_finished();

  const LoadConfig config_;
  const ClientSurroundings surroundings_;
  const RandomStream trace_random_;
  const RandomStream think_random_;
  ServiceClient client_;
  ArrivalSchedule schedule_;
  std::optional<Time> next_;
  std::uint64_t number_ = 0;
  std::uint32_t clients_active_ = 0;  // closed loop: those that will send again
  OwnedSet<Pending> pending_;
  std::vector<Timer> thinking_;
  Timer arrival_;
  Timer grace_;
  Callback on_finished_;
};

}  // namespace meshtwin
