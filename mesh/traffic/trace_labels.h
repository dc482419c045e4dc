#pragma once

// What a proxy remembers of the requests that came in for its application, by the ids of their traces: the headers that
// labels are taken from. What the application then sends out has the same trace id, and nothing else that ties it to
// what came in. An entry lives as long as a request of its trace is being served, and a while longer, since calls may
// outlast the request that caused them. When there are too many, those that have been over longest go first, then those
// that came first.

#include <cstddef>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mesh/base/time.h"

namespace meshtwin {

struct TraceLabelLimits {
  std::size_t entries = 65'536;
  Duration grace = 10 * kSecond;  // after the last request of the trace was over
};

using HeaderValues = std::vector<std::pair<std::string, std::string>>;

class TraceLabels {
 public:
  class Entry;
  using Ref = std::shared_ptr<Entry>;

  explicit TraceLabels(TraceLabelLimits limits = {});
  ~TraceLabels();

  // A request has come in whose trace goes by those ids. Of a trace that is known already the new values count, and
  // what they do not say stays.
  Ref begin(std::span<const std::string> ids, const HeaderValues& values, Time now);
  void end(const Ref& entry, Time now);  // the request is over

  // Null: nothing is known of that trace, or not that.
  const std::string* find(const std::string& id, std::string_view header, Time now);
  std::size_t size() const { return served_.size() + over_.size(); }

 private:
  using Entries = std::list<Ref>;

  Ref entry_of(std::span<const std::string> ids);
  void forget(Entries& from);  // its first
  void forget_old(Time now);

  const TraceLabelLimits limits_;
  Entries served_;  // in the order they came
  Entries over_;    // in the order they ended
  std::unordered_map<std::string, Entry*> by_id_;
};

}  // namespace meshtwin
