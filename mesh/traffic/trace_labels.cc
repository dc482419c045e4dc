#include "mesh/traffic/trace_labels.h"

#include <algorithm>

namespace meshtwin {

class TraceLabels::Entry {
 public:
  std::vector<std::string> ids;
  HeaderValues values;
  std::size_t requests = 0;  // being served
  Time until = 0;            // once there are none
  bool known = false;        // it has not been forgotten
  Entries::iterator place;

  std::string& value(std::string_view header) {
    const auto found = std::ranges::find(values, header, &HeaderValues::value_type::first);
    return found != values.end() ? found->second : values.emplace_back(header, "").second;
  }
};

TraceLabels::TraceLabels(TraceLabelLimits limits) : limits_(limits) {}
TraceLabels::~TraceLabels() = default;

TraceLabels::Ref TraceLabels::begin(std::span<const std::string> ids, const HeaderValues& values, Time now) {
  forget_old(now);
  Ref entry = entry_of(ids);
  if (!entry->known) {
    entry->place = served_.insert(served_.end(), entry);
    entry->known = true;
  } else if (entry->requests == 0) {
    served_.splice(served_.end(), over_, entry->place);
  }
  ++entry->requests;
  for (const auto& [header, value] : values) entry->value(header) = value;
  for (const std::string& id : ids) {
    Entry*& known = by_id_[id];
    if (known == entry.get()) continue;
    known = entry.get();
    entry->ids.push_back(id);
  }
  while (size() > limits_.entries) forget(over_.empty() ? served_ : over_);
  return entry;
}

void TraceLabels::end(const Ref& entry, Time now) {
  if (--entry->requests > 0 || !entry->known) return;
  entry->until = now + limits_.grace;
  over_.splice(over_.end(), served_, entry->place);
  forget_old(now);
}

const std::string* TraceLabels::find(const std::string& id, std::string_view header, Time now) {
  forget_old(now);
  const auto known = by_id_.find(id);
  if (known == by_id_.end()) return nullptr;
  const HeaderValues& values = known->second->values;
  const auto found = std::ranges::find(values, header, &HeaderValues::value_type::first);
  return found == values.end() ? nullptr : &found->second;
}

// The one that is known under any of the ids, or a new one.
TraceLabels::Ref TraceLabels::entry_of(std::span<const std::string> ids) {
  for (const std::string& id : ids) {
    const auto known = by_id_.find(id);
    if (known != by_id_.end()) return *known->second->place;
  }
  return std::make_shared<Entry>();
}

void TraceLabels::forget(Entries& from) {
  const Ref entry = from.front();
  from.pop_front();
  entry->known = false;
  for (const std::string& id : entry->ids) {
    const auto known = by_id_.find(id);
    if (known != by_id_.end() && known->second == entry.get()) by_id_.erase(known);
  }
}

void TraceLabels::forget_old(Time now) {
  while (!over_.empty() && over_.front()->until <= now) forget(over_);
}

}  // namespace meshtwin
