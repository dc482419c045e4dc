#include "mesh/traffic/traffic_labels.h"

#include <algorithm>
#include <utility>

#include "mesh/traffic/baggage.h"

namespace meshtwin {
namespace {

using Kind = LabelSource::Kind;

constexpr std::string_view kUsualHeaders[] = {"traceparent", "b3", "x-b3-traceid", "x-request-id"};
constexpr std::string_view kBaggage = "baggage";

void lower_case(std::string& text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
}

void add_once(std::vector<std::string>& list, std::string_view name) {
  if (std::ranges::find(list, name) == list.end()) list.emplace_back(name);
}

bool comes_in(const LabelSource& source) {
  return source.kind == Kind::inbound_request_header || source.kind == Kind::external_inbound_request_header;
}

// The trace's part: what comes after it names the hop.
std::string_view trace_part(std::string_view header, std::string_view value) {
  if (header == "traceparent") {  // "00-TRACE-SPAN-FLAGS"
    const std::size_t begin = value.find('-') + 1;
    const std::size_t end = value.find('-', begin);
    return begin == 0 || end == std::string_view::npos ? std::string_view() : value.substr(begin, end - begin);
  }
  if (header == "b3") {  // "TRACE-SPAN-…"; a sampling state alone is no trace
    const std::size_t end = value.find('-');
    return end == std::string_view::npos ? std::string_view() : value.substr(0, end);
  }
  return value;
}

}  // namespace

std::string trace_id_in(std::string_view header, std::string_view value) {
  const std::string_view trace = trace_part(header, value);
  if (trace.empty()) return {};
  return std::string(header).append(" ").append(trace);
}

TrafficLabels::TrafficLabels(TrafficLabelConfig config) : config_(std::move(config)) {
  for (std::string& header : config_.trace_headers) {
    lower_case(header);
    add_once(trace_headers_, header);
  }
  for (const std::string_view header : kUsualHeaders) add_once(trace_headers_, header);
  id_headers_ = trace_headers_;
  for (TrafficLabelRule& rule : config_.rules) {
    lower_case(rule.label);
    for (LabelSource& source : rule.value_from) {
      if (source.kind != Kind::pod_label) lower_case(source.name);
      lower_case(source.context_id);
      if (comes_in(source)) add_once(remembered_, source.name);
      if (source.kind == Kind::external_inbound_request_header) add_once(id_headers_, source.context_id);
    }
  }
  for (std::string& header : config_.baggage_headers) lower_case(header);
}

TraceLabels::Ref TrafficLabels::remember(const HeaderView& request, TraceLabels& store, Time now) const {
  HeaderValues values;
  for (const std::string& header : remembered_) {
    const std::string_view value = request.get(header);
    if (!value.empty()) values.emplace_back(header, value);
  }
  if (values.empty()) return nullptr;
  std::vector<std::string> ids;
  for (const std::string& header : id_headers_) {
    std::string id = trace_id_in(header, request.get(header));
    if (!id.empty()) ids.push_back(std::move(id));
  }
  return ids.empty() ? nullptr : store.begin(ids, values, now);
}

HeaderValues TrafficLabels::for_application(const HeaderView& request) const {
  std::string baggage(request.get(kBaggage));
  bool changed = false;
  for (const std::string& header : config_.baggage_headers) {
    const std::string_view value = request.get(header);
    if (value.empty()) continue;
    baggage = with_baggage_member(baggage, header, value);
    changed = true;
  }
  if (!changed) return {};
  return {{std::string(kBaggage), std::move(baggage)}};
}

HeaderValues TrafficLabels::for_upstream(const HeaderView& request, TraceLabels* store, Time now) const {
  HeaderValues labels;
  for (const TrafficLabelRule& rule : config_.rules) {
    for (const LabelSource& source : rule.value_from) {
      std::string value = value_of(source, request, store, now);
      if (value.empty()) continue;
      labels.emplace_back(rule.label, std::move(value));
      break;
    }
  }
  for (const std::string& header : config_.baggage_headers) {
    std::string value = baggage_member(request.get(kBaggage), header);
    if (!value.empty()) labels.emplace_back(header, std::move(value));
  }
  return labels;
}

std::string TrafficLabels::value_of(const LabelSource& source, const HeaderView& request, TraceLabels* store,
                                    Time now) const {
  switch (source.kind) {
    case Kind::inbound_request_header:
      if (store != nullptr) return remembered(source.name, request, *store, now);
      break;
    case Kind::external_inbound_request_header: {
      if (store == nullptr) break;
      const std::string id = trace_id_in(source.context_id, request.get(source.context_id));
      const std::string* value = store->find(id, source.name, now);
      return value == nullptr ? std::string() : *value;
    }
    case Kind::local_outbound_request_header:
      break;
    case Kind::pod_label: {
      const auto label = config_.pod_labels.find(source.name);
      return label == config_.pod_labels.end() ? std::string() : label->second;
    }
  }
  return std::string(request.get(source.name));
}

std::string TrafficLabels::remembered(std::string_view header, const HeaderView& request, TraceLabels& store,
                                      Time now) const {
  for (const std::string& by : trace_headers_) {
    const std::string id = trace_id_in(by, request.get(by));
    if (id.empty()) continue;
    if (const std::string* value = store.find(id, header, now)) return *value;
  }
  return {};
}

}  // namespace meshtwin
