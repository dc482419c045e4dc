// HTTP/2 and the relay of an L4 proxy by themselves: a client and a server of the real codec in one thread, joined by
// pipes that cost next to nothing, and a relay between two of them. What is charged meanwhile is counted, so that the
// time can be told apart into what a head costs and what a body costs.

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "emu/calibrate/blocks.h"
#include "emu/calibrate/engine_work.h"
#include "emu/calibrate/process.h"
#include "mesh/proxy/tcp_relay.h"
#include "mesh/runtime/chance.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/runtime/runtime.h"
#include "mesh/wire/http_codec.h"

namespace meshtwin {
namespace {

constexpr int kBlocks = 60;
constexpr int kExchangesOfBlock = 64;

// Does at once what is due at once, and nothing that is due later.
class ImmediateClock final : public Clock {
 public:
  Time now() const override { return 0; }
  Time unix_zero() const override { return kModelledUnixZero; }
  Timer after(Duration delay, Callback then) override {
    if (delay > 0) return {};
    due_.push_back({++last_id_, std::move(then)});
    return Timer(*this, last_id_);
  }
  bool run_one() {
    if (due_.empty()) return false;
    const Callback then = std::move(due_.front().second);
    due_.pop_front();
    if (then) const_cast<Callback&>(then)();
    return true;
  }

 private:
  void cancel(std::uint64_t id) override {
    for (auto& [of, then] : due_) {
      if (of == id) then = nullptr;
    }
  }
  std::deque<std::pair<std::uint64_t, Callback>> due_;
  std::uint64_t last_id_ = 0;
};

class ChargeCounter final : public Cpu {
 public:
  void charge(Operation operation, std::int64_t amount) override {
    calls[static_cast<std::size_t>(operation)] += 1;
    amounts[static_cast<std::size_t>(operation)] += static_cast<double>(amount);
  }
  Handle burn(Duration, Callback) override { return nullptr; }
  std::array<double, kOperationCount> calls{};
  std::array<double, kOperationCount> amounts{};
};

// One end; what is written comes out of the other when `deliver` says so.
class Pipe final : public ByteStream {
 public:
  void join(Pipe& other) { other_ = &other; }
  bool deliver() {
    if (arrived_.empty() || !handler_) return false;
    Buffer data = std::move(arrived_);
    handler_(ReadEvent::data, data);
    return true;
  }
  void write(Buffer& data) override { other_->arrived_.append(std::move(data)); }
  void on_read(ReadHandler handler) override { handler_ = std::move(handler); }
  void on_writable(Callback) override {}
  void shutdown_write() override {}
  void abort() override {}

 private:
  Pipe* other_ = nullptr;
  Buffer arrived_;
  ReadHandler handler_;
};

class Http2Rig final : private ClientHandler, private ServerHandler, private ResponseReceiver {
 public:
  Http2Rig() {
    auto near = std::make_unique<Pipe>();
    auto far = std::make_unique<Pipe>();
    near->join(*far);
    far->join(*near);
    near_ = near.get();
    far_ = far.get();
    server_ = real_codecs().http2.serve(runtime_, std::move(far), *this, {});
    client_ = real_codecs().http2.connect(runtime_, std::move(near), *this);
    settle();
  }

  // Of one exchange: what it took, and what was charged.
  CountedCost exchange(int headers, std::size_t body_bytes, Operation counted) {
    headers_ = headers;
    body_ = std::string(body_bytes, 'x');
    const ChargeCounter before = counter_;
    const Duration begin = thread_cpu_now();
    for (int i = 0; i < kExchangesOfBlock; ++i) {
      Buffer nothing;
      client_->open(*this).send_head(head(), nothing, true);
      settle();
    }
    const Duration took = thread_cpu_now() - begin;
    const auto at = static_cast<std::size_t>(counted);
    return {(counter_.calls[at] - before.calls[at]) / kExchangesOfBlock,
            (counter_.amounts[at] - before.amounts[at]) / kExchangesOfBlock,
            static_cast<double>(took) / kExchangesOfBlock};
  }

 private:
  struct Served final : RequestReceiver {
    explicit Served(Http2Rig& of) : rig(of) {}
    void on_head(std::unique_ptr<RequestHead>, Buffer&, bool) override { rig.respond(); }
    void on_data(Buffer&, bool) override {}
    void on_reset(ResetReason) override {}
    Http2Rig& rig;
  };

  void settle() {
    while (clock_.run_one() || near_->deliver() || far_->deliver()) {
    }
  }
  std::unique_ptr<RequestHead> head() const {
    auto head = make_request("GET", "backend.default.svc.cluster.local:8080", "/");
    add_headers(head->headers);
    return head;
  }
  // The most of a mesh's headers are the same in each request, and one is not.
  void add_headers(Headers& headers) const {
    for (int i = 0; i < headers_; ++i) {
      headers.add("x-header-" + std::to_string(i),
                  i == 0 ? "3f2504e0-4f89-41d3-9a0c-" + std::to_string(100000000000 + counter_.calls[0])
                         : "3f2504e0-4f89-41d3-9a0c-0305e82c3301");
    }
  }
  void respond() {
    auto answer = std::make_unique<ResponseHead>(200);
    add_headers(answer->headers);
    answer->content_length = static_cast<std::int64_t>(body_.size());
    Buffer body{std::string_view(body_)};
    exchange_->send_head(std::move(answer), body, true);
  }
  RequestReceiver& on_exchange(ServerConnection&, ServerExchange& exchange) override {
    exchange_ = &exchange;
    return served_;
  }
  void on_available(ClientConnection&) override {}
  void on_closed(ClientConnection&) override {}
  void on_closed(ServerConnection&) override {}
  void on_head(std::unique_ptr<ResponseHead>, Buffer&, bool) override {}
  void on_data(Buffer&, bool) override {}
  void on_reset(ResetReason) override {}

  ImmediateClock clock_;
  ChargeCounter counter_;
  SeededChance chance_{1};
  Runtime runtime_{clock_, chance_, counter_};
  Pipe* near_ = nullptr;
  Pipe* far_ = nullptr;
  Served served_{*this};
  ServerExchange* exchange_ = nullptr;
  int headers_ = 0;
  std::string body_;
  std::unique_ptr<ServerConnection> server_;
  std::unique_ptr<ClientConnection> client_;
};

template <typename Measure>
CountedCost quiet_cost(int blocks, Measure&& measure) {
  std::vector<std::vector<double>> rows;
  CountedCost one;
  for (int i = 0; i < blocks; ++i) {
    one = measure();
    rows.push_back({one.cost, one.cost});
  }
  one.cost = quiet_medians(std::move(rows))[1];
  return one;
}

// Messages through a relay, one way.
CountedCost relayed(std::size_t bytes, int blocks) {
  ChargeCounter counter;
  std::array<Pipe, 2> ends;
  auto in = std::make_unique<Pipe>();
  auto out = std::make_unique<Pipe>();
  Pipe& relay_in = *in;
  ends[0].join(relay_in);
  in->join(ends[0]);
  out->join(ends[1]);
  ends[1].join(*out);
  ends[1].on_read([](ReadEvent, Buffer& data) { data.clear(); });
  TcpRelay relay(counter, std::move(in), std::move(out), [] {});
  const std::string text(bytes, 'x');
  CountedCost cost = quiet_cost(blocks, [&] {
    Duration took = 0;
    for (int i = 0; i < kExchangesOfBlock; ++i) {
      Buffer data{std::string_view(text)};
      ends[0].write(data);
      const Duration begin = thread_cpu_now();
      relay_in.deliver();
      took += thread_cpu_now() - begin;
      ends[1].deliver();
    }
    return CountedCost{1, static_cast<double>(bytes), static_cast<double>(took) / kExchangesOfBlock};
  });
  // The clock's own time, which is as long as what is measured.
  const double clock = quiet_cost(blocks, [] {
                         Duration took = 0;
                         for (int i = 0; i < kExchangesOfBlock; ++i) {
                           const Duration begin = thread_cpu_now();
                           took += thread_cpu_now() - begin;
                         }
                         return CountedCost{1, 0, static_cast<double>(took) / kExchangesOfBlock};
                       }).cost;
  cost.cost = std::max(0.0, cost.cost - clock);
  return cost;
}

}  // namespace

Http2Work measure_http2(double effort) {
  MeasuredProcess process(-1, [&](const Fd& report) {
    Http2Rig rig;
    Http2Work work;
    const int blocks = std::max(8, static_cast<int>(kBlocks * effort));
    constexpr int kHeaders[] = {1, 5, 16};
    constexpr std::size_t kBodies[] = {1000, 16'000, 64'000};
    rig.exchange(5, 0, Operation::http2_head);
    for (std::size_t i = 0; i < work.heads.size(); ++i) {
      work.heads[i] = quiet_cost(blocks, [&] { return rig.exchange(kHeaders[i], 0, Operation::http2_head); });
    }
    const double bare = work.heads[1].cost;
    for (std::size_t i = 0; i < work.bodies.size(); ++i) {
      work.bodies[i] = quiet_cost(blocks, [&] { return rig.exchange(kHeaders[1], kBodies[i], Operation::http2_data); });
      work.bodies[i].cost = std::max(0.0, work.bodies[i].cost - bare);
    }
    for (std::size_t i = 0; i < work.relayed.size(); ++i) work.relayed[i] = relayed(i == 0 ? 1000 : 64'000, blocks);
    report_value(report, work);
  });
  return process.read<Http2Work>();
}

}  // namespace meshtwin
