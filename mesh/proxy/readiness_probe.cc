#include "mesh/proxy/readiness_probe.h"

#include <algorithm>
#include <utility>

#include "mesh/runtime/network.h"

namespace meshtwin {
namespace {

constexpr Duration kFirstInterval = 50 * kMillisecond;

}  // namespace

ReadinessProbe::ReadinessProbe(Runtime& runtime, Network& network, const ProbeOptions& options, Changed changed)
    : runtime_(runtime), network_(network), options_(options), changed_(std::move(changed)) {}

void ReadinessProbe::probe() {
  dial_ = network_.dial(options_.target, {.timeout = options_.interval, .bypass_capture = true},
                        [this](std::unique_ptr<ByteStream> stream, DialError) { on_result(stream != nullptr); });
}

void ReadinessProbe::on_result(bool success) {
  const bool was = ready_;
  failed_ = success ? 0 : failed_ + 1;
  if (success) ready_ = was_ready_ = true;
  if (failed_ >= options_.failures) ready_ = false;
  const Duration wait = was_ready_ ? options_.interval : std::min(options_.interval, kFirstInterval);
  timer_ = runtime_.clock.after(wait, [this] { probe(); });
  if (was != ready_) changed_(ready_);
}

}  // namespace meshtwin
