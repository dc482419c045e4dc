#pragma once

// Full-link labels (ASM's TrafficLabel) as a proxy evaluates them. Of a request that comes in for the application it
// remembers, by the ids of the request's trace, the headers that the rules name; on a request that goes out it sets
// each rule's label to the first value that the rule's sources yield. The application passes on its trace headers and
// knows nothing of labels.
//
// A trace goes by several ids at once: that of the headers the configuration names, and those of `traceparent`, `b3`,
// `x-b3-traceid` and `x-request-id`, whichever are there. All are remembered, and each is looked for, so that it is
// enough if the application passes one of them on. Where a rule names the header itself
// ($getExternalInboundRequestHeader), that one alone counts. A proxy in front of no application (a gateway) takes a
// request's headers from the request itself.

#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/time.h"
#include "mesh/traffic/config.h"
#include "mesh/traffic/trace_labels.h"

namespace meshtwin {

// The headers of a request, by their names in lower case; empty: there is none.
class HeaderView {
 public:
  virtual std::string_view get(std::string_view name) const = 0;

 protected:
  ~HeaderView() = default;
};

// What the trace of a request goes by in that header, with the header's name before it; empty: it does not say.
std::string trace_id_in(std::string_view header, std::string_view value);

class TrafficLabels {
 public:
  explicit TrafficLabels(TrafficLabelConfig config);

  // Of a request that came in for the application. Null: it belongs to no trace, or has nothing that the rules name.
  TraceLabels::Ref remember(const HeaderView& request, TraceLabels& store, Time now) const;
  // What is to be set on a request on its way to the application: `baggage`, where labels travel in it.
  HeaderValues for_application(const HeaderView& request) const;
  // What is to be set on a request that goes out. `store` null: there is no application.
  HeaderValues for_upstream(const HeaderView& request, TraceLabels* store, Time now) const;

  const TrafficLabelConfig& config() const { return config_; }

 private:
  std::string value_of(const LabelSource& source, const HeaderView& request, TraceLabels* store, Time now) const;
  std::string remembered(std::string_view header, const HeaderView& request, TraceLabels& store, Time now) const;

  TrafficLabelConfig config_;               // names of headers in lower case
  std::vector<std::string> trace_headers_;  // where ids are looked for if a rule does not name one
  std::vector<std::string> id_headers_;     // those, and those that rules name
  std::vector<std::string> remembered_;     // the headers that the rules take from what came in
};

}  // namespace meshtwin
