#include "mesh/runtime/metric_journal.h"

#include <utility>

#include "mesh/runtime/chance.h"

namespace meshtwin {

void MetricJournal::begin(Duration interval, const std::string& name) {
  interval_ = interval;
  if (interval <= 0) return;
  RandomStream random = runtime_.chance.stream("metrics/" + name);
  write_after(static_cast<Duration>(random.below(static_cast<std::uint64_t>(interval))));
}

void MetricJournal::write_after(Duration delay) {
  timer_ = runtime_.clock.after(delay, [this] {
    write();
    write_after(interval_);
  });
}

// Told from outside it is the last: a role that lives on after its run writes nothing more.
void MetricJournal::write() {
  timer_.cancel();
  const Time now = runtime_.clock.now();
  registry_.changes([&](std::string series, double value) { recorder_.metric({now, pod_, std::move(series), value}); });
}

}  // namespace meshtwin
