#include "tests/emu/role/tiny_roles.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "mesh/runtime/clock.h"
#include "mesh/runtime/cpu.h"
#include "mesh/runtime/network.h"
#include "mesh/runtime/runtime.h"
#include "mesh/telemetry/record.h"

namespace meshtwin {

namespace {

constexpr Duration kProbeTimeout = 150 * kMillisecond;

// Answers every connection on some ports with a line.
class Answerer : public Role {
 public:
  Answerer(const RoleSurroundings& world, std::vector<std::uint16_t> ports) : world_(world), ports_(std::move(ports)) {}

  void start(Callback on_ready) override {
    for (const std::uint16_t port : ports_) {
      listeners_.push_back(world_.network.listen({0, port}, [this, port](AcceptedStream accepted) {
        Buffer line(answer(port, accepted));
        accepted.stream->write(line);
      }));
      if (listeners_.back() == nullptr) std::abort();
    }
    on_ready();
  }

 protected:
  virtual std::string answer(std::uint16_t port, const AcceptedStream& accepted) = 0;
  RoleSurroundings world_;

 private:
  std::vector<std::uint16_t> ports_;
  std::vector<Handle> listeners_;
};

class TinyWorkload : public Answerer {
 public:
  TinyWorkload(const RoleSurroundings& world, const WorkloadConfig& config)
      : Answerer(world, {config.port}), service_(config.service) {}

  void start(Callback on_ready) override {
    if (service_ != "never") return Answerer::start(std::move(on_ready));
    std::fprintf(stderr, "waiting for\nsomething\n");
  }
  void begin(Callback) override {
    timer_ = world_.runtime.clock.after(std::max<Duration>(0, 100 * kMillisecond - world_.runtime.clock.now()), [this] {
      if (service_ == "burns") burn_ = world_.runtime.cpu.burn(100 * kMillisecond, [] {});
      if (service_ != "dies") return;
      std::fprintf(stderr, "my last words\n");
      std::_Exit(3);
    });
  }
  void slow(double factor) override { said_ += " slow " + std::to_string(static_cast<int>(factor)); }
  void fail(double share) override { said_ += " fail " + std::to_string(static_cast<int>(100 * share)); }

 private:
  std::string answer(std::uint16_t, const AcceptedStream&) override {
    return "pod " + std::to_string(world_.pod) + said_;
  }

  std::string service_;
  std::string said_;
  Timer timer_;
  Handle burn_;
};

class TinySidecar : public Answerer {
 public:
  explicit TinySidecar(const RoleSurroundings& world) : Answerer(world, {kOutboundPort, kInboundPort}) {}

 private:
  std::string answer(std::uint16_t port, const AcceptedStream& accepted) override {
    return "captured by " + std::to_string(port) + ", meant for " + to_string(accepted.original_destination);
  }
};

class TinyControlPlane : public Answerer {
 public:
  TinyControlPlane(const RoleSurroundings& world, std::uint16_t port) : Answerer(world, {port}) {}

 private:
  std::string answer(std::uint16_t, const AcceptedStream&) override { return "control"; }
};

class TinyLoad : public Role {
 public:
  TinyLoad(const RoleSurroundings& world, const LoadConfig& config) : world_(world), config_(config) {}

  void start(Callback on_ready) override {
    resolve_ = world_.network.resolve(config_.service, [this, ready = std::move(on_ready)](auto ips) mutable {
      if (ips.empty()) std::abort();
      target_ = {ips.front(), config_.port};
      ready();
    });
  }

  void begin(Callback on_finished) override {
    on_finished_ = std::move(on_finished);
    timer_ = world_.runtime.clock.after(std::max<Duration>(0, -world_.runtime.clock.now()), [this] { probe(); });
  }

 private:
  void probe() {
    if (world_.runtime.clock.now() >= config_.end) return on_finished_();
    dial_ = world_.network.dial(target_, {kProbeTimeout, false},
                                [this](std::unique_ptr<ByteStream> stream, DialError error) {
                                  if (error != DialError::none) return note(kErrors[static_cast<std::size_t>(error)]);
                                  stream_ = std::move(stream);
                                  timer_ = world_.runtime.clock.after(kProbeTimeout, [this] { note("silent"); });
                                  stream_->on_read([this](ReadEvent event, Buffer& data) {
                                    if (event == ReadEvent::data) {
                                      answer_ += data.to_string();
                                    } else {
                                      note(event == ReadEvent::end ? answer_ : "reset");
                                    }
                                  });
                                });
  }

  void note(std::string what) {
    answer_.clear();
    world_.recorder.event({world_.runtime.clock.now(), "probe", config_.service, std::move(what)});
    timer_ = world_.runtime.clock.after(20 * kMillisecond, [this] { probe(); });
    stream_.reset();
  }

  static constexpr const char* kErrors[] = {"", "refused", "timed out", "unreachable", "reset"};

  RoleSurroundings world_;
  LoadConfig config_;
  SocketAddress target_;
  Callback on_finished_;
  Handle resolve_;
  Handle dial_;
  std::unique_ptr<ByteStream> stream_;
  std::string answer_;
  Timer timer_;
};

}  // namespace

std::unique_ptr<Role> make_tiny_role(const RoleConfig& config, const RoleSurroundings& world) {
  if (const auto* workload = std::get_if<WorkloadConfig>(&config))
    return std::make_unique<TinyWorkload>(world, *workload);
  if (std::holds_alternative<SidecarConfig>(config)) return std::make_unique<TinySidecar>(world);
  if (const auto* load = std::get_if<LoadConfig>(&config)) return std::make_unique<TinyLoad>(world, *load);
  return std::make_unique<TinyControlPlane>(world, std::get<ControlPlaneConfig>(config).port);
}

}  // namespace meshtwin
