#include "results/attribution.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

namespace meshtwin {
namespace {

class Attributing {
 public:
  Attributing(const TracedRun& run, const std::vector<SpanRecord>& spans) : run_(run) {
    for (const SpanRecord& span : spans) children_[span.parent].push_back(&span);
  }

  const SpanRecord* root() const {
    const auto found = children_.find(0);
    return found == children_.end() ? nullptr : found->second.front();
  }

  void take(const SpanRecord& span, Duration lateness) {
    taken_.insert(&span);
    Parts& own = parts_of(span);
    if (span.kind == SpanKind::server) {
      own[Part::queue] += span.sent - span.begin;
      take_handler(span);
      parts_of(span)[Part::application] += span.end - span.returned;
      return;
    }
    own[Part::lateness] += lateness;
    own[Part::retries] += span.retrying;
    own[Part::handshake] += span.securing;
    own[Part::connection] += span.dialling - span.securing;
    own[Part::pool] += span.connecting - span.dialling;
    const Duration before = span.sent - span.begin - span.connecting - span.retrying - lateness;
    own[own_part(span)] += before + (span.end - span.returned);
    take_sent_on(span);
  }

  std::vector<HopParts> hops() { return std::move(hops_); }

 private:
  static Part own_part(const SpanRecord& span) {
    const bool proxy = span.kind != SpanKind::load && span.kind != SpanKind::call && span.kind != SpanKind::server;
    return proxy ? Part::proxy : Part::application;
  }

  const std::vector<const SpanRecord*>& children_of(const SpanRecord& span) const {
    static const std::vector<const SpanRecord*> kNone;
    const auto found = children_.find(span.span);
    return found == children_.end() ? kNone : found->second;
  }

  // Whoever got the last try, of those who were waited for: who had the answer before its caller did. Put off the
  // processor after its write, it may look at the clock long after.
  const SpanRecord* receiver_of(const SpanRecord& span) const {
    const SpanRecord* receiver = nullptr;
    for (const SpanRecord* child : children_of(span)) {
      if (taken_.contains(child)) continue;  // ids that go round in a circle
      const bool of_last_try = child->begin >= span.begin + span.retrying;
      if (of_last_try && child->returned <= span.returned) receiver = child;
    }
    return receiver;
  }

  void take_sent_on(const SpanRecord& span) {
    const Duration away = span.returned - span.sent;
    const SpanRecord* receiver = receiver_of(span);
    if (receiver == nullptr) {
      // Behind its own proxy: a program that writes no spans.
      const bool program = span.kind == SpanKind::inbound && span.attempts > 0;
      parts_of(span)[program ? Part::application : Part::unseen] += away;
      return;
    }
    // A role that looks at the clock after its write may do so when the other has the message already: what the two
    // have in common is the receiver's.
    const Duration there = receiver->begin - span.sent;
    const Duration back = span.returned - receiver->end;
    parts_of(span)[own_part(span)] += std::min<Duration>(there, 0);
    const Duration network = run_.delay_between(span.pod, receiver->pod, span.sent) +
                             run_.delay_between(receiver->pod, span.pod, receiver->end);
    Parts& theirs = parts_of(*receiver);
    theirs[own_part(*receiver)] += std::min<Duration>(back, 0);
    theirs[Part::network] += network;
    theirs[Part::kernel] += std::max<Duration>(there, 0) + std::max<Duration>(back, 0) - network;
    take(*receiver, 0);
  }

  // From when a worker took it until it was given the answer: computations, calls one after the other or at once, and
  // the application's own time.
  void take_handler(const SpanRecord& span) {
    Duration calling = 0;
    std::vector<const SpanRecord*> calls = children_of(span);
    std::erase_if(calls, [this](const SpanRecord* call) { return taken_.contains(call); });
    std::ranges::sort(calls, {}, [](const SpanRecord* call) { return std::pair(call->begin, call->span); });
    for (std::size_t first = 0; first < calls.size();) {
      std::size_t next = first;
      Time end = calls[first]->end;
      const SpanRecord* last = calls[first];
      for (++next; next < calls.size() && calls[next]->begin < end; ++next) {
        if (calls[next]->end > end) last = calls[next];
        end = std::max(end, calls[next]->end);
      }
      if (end <= span.returned) {
        calling += last->end - last->begin;
        take(*last, 0);
      }
      first = next;
    }
    Parts& own = parts_of(span);
    own[Part::compute] += span.computing;
    own[Part::application] += span.returned - span.sent - span.computing - calling;
  }

  Parts& parts_of(const SpanRecord& span) {
    const std::string hop = hop_of(run_, span);
    const auto found = std::ranges::find(hops_, hop, &HopParts::hop);
    if (found != hops_.end()) return found->parts;
    hops_.push_back({hop, {}});
    return hops_.back().parts;
  }

  const TracedRun& run_;
  std::map<std::uint64_t, std::vector<const SpanRecord*>> children_;
  std::set<const SpanRecord*> taken_;
  std::vector<HopParts> hops_;
};

}  // namespace

Duration Parts::sum() const {
  return std::accumulate(times.begin(), times.end(), Duration{0});
}

Parts Attribution::total() const {
  Parts total;
  for (const HopParts& hop : hops) {
    for (std::size_t i = 0; i < kPartCount; ++i) total.times[i] += hop.parts.times[i];
  }
  return total;
}

Attribution attribute(const TracedRun& run, const std::vector<SpanRecord>& spans, Duration lateness) {
  Attributing attributing(run, spans);
  const SpanRecord* root = attributing.root();
  if (root == nullptr) return {};
  attributing.take(*root, lateness);
  return {root->end - root->begin, attributing.hops()};
}

std::string hop_of(const TracedRun& run, const SpanRecord& span) {
  const std::string who = run.service_of(span.pod);
  switch (span.kind) {
    case SpanKind::load:
    case SpanKind::server:
      return who;
    case SpanKind::call:
      return who + " calling";
    default:
      return who + " " + std::string(name_of(span.kind));
  }
}

}  // namespace meshtwin
