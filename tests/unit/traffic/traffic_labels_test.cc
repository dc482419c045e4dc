#include "mesh/traffic/traffic_labels.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>

#include "mesh/base/random.h"
#include "mesh/traffic/baggage.h"

namespace meshtwin {
namespace {

using Kind = LabelSource::Kind;

class Request final : public HeaderView {
 public:
  Request(std::initializer_list<std::pair<const std::string, std::string>> headers) : headers_(headers) {}
  std::string_view get(std::string_view name) const override {
    const auto found = headers_.find(std::string(name));
    return found == headers_.end() ? std::string_view() : std::string_view(found->second);
  }

 private:
  std::map<std::string, std::string> headers_;
};

constexpr const char* kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr const char* kSameTrace = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
constexpr const char* kOtherTrace = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TrafficLabels labels_from(std::vector<LabelSource> sources, TrafficLabelConfig config = {}) {
  config.rules = {{"X-Lane", std::move(sources), {}}};
  return TrafficLabels(std::move(config));
}

// What the label of a request that goes out becomes, after another has come in.
std::string label_after(const TrafficLabels& labels, const Request& in, const Request& out) {
  TraceLabels store;
  labels.remember(in, store, 0);
  const HeaderValues set = labels.for_upstream(out, &store, kSecond);
  return set.empty() ? "" : set.front().second;
}

TEST(TrafficLabels, TheTraceCarriesTheLabelWhicheverOfItsIdsIsPassedOn) {
  const TrafficLabels labels = labels_from({{Kind::inbound_request_header, "x-lane", ""}});
  const Request in = {{"x-lane", "s2"},
                      {"traceparent", kTrace},
                      {"b3", "80f198ee56343ba8-e457b5a2e4d86bd1-1"},
                      {"x-b3-traceid", "77"},
                      {"x-request-id", "4711"}};
  EXPECT_EQ(label_after(labels, in, {{"traceparent", kSameTrace}}), "s2");
  EXPECT_EQ(label_after(labels, in, {{"b3", "80f198ee56343ba8-05e3ac9a4f6e3b90-0-e457b5a2e4d86bd1"}}), "s2");
  EXPECT_EQ(label_after(labels, in, {{"x-b3-traceid", "77"}}), "s2");
  EXPECT_EQ(label_after(labels, in, {{"x-request-id", "4711"}}), "s2");
  EXPECT_EQ(label_after(labels, in, {{"traceparent", kOtherTrace}}), "");
  EXPECT_EQ(label_after(labels, in, {{"x-request-id", "77"}}), "") << "one header's id is not another's";
  EXPECT_EQ(label_after(labels, in, {{"b3", "0"}}), "") << "no trace at all";
  EXPECT_EQ(label_after(labels, in, {}), "");
}

TEST(TrafficLabels, AHeaderOfTheGroupsOwnIsAsGoodAsTheUsualOnes) {
  TrafficLabelConfig config;
  config.trace_headers = {"My-Trace-Id"};
  const TrafficLabels labels = labels_from({{Kind::inbound_request_header, "x-lane", ""}}, config);
  EXPECT_EQ(label_after(labels, {{"x-lane", "s3"}, {"my-trace-id", "9"}}, {{"my-trace-id", "9"}}), "s3");
}

TEST(TrafficLabels, ARuleThatNamesItsContextGoesByNothingElse) {
  const TrafficLabels labels = labels_from({{Kind::external_inbound_request_header, "X-Lane", "My-Trace-Id"}});
  const Request in = {{"x-lane", "s2"}, {"my-trace-id", "9"}, {"traceparent", kTrace}};
  EXPECT_EQ(label_after(labels, in, {{"my-trace-id", "9"}}), "s2");
  EXPECT_EQ(label_after(labels, in, {{"traceparent", kSameTrace}}), "");
  EXPECT_EQ(label_after(labels, in, {{"my-trace-id", "8"}}), "");
}

TEST(TrafficLabels, TheFirstSourceThatYieldsSomethingWins) {
  TrafficLabelConfig config;
  config.pod_labels = {{"ASM_TRAFFIC_TAG", "pod"}};
  const TrafficLabels labels = labels_from({{Kind::inbound_request_header, "x-lane", ""},
                                            {Kind::local_outbound_request_header, "x-own", ""},
                                            {Kind::pod_label, "version", ""},
                                            {Kind::pod_label, "ASM_TRAFFIC_TAG", ""}},
                                           config);
  const Request in = {{"x-lane", "trace"}, {"traceparent", kTrace}};
  EXPECT_EQ(label_after(labels, in, {{"traceparent", kSameTrace}, {"x-own", "own"}}), "trace");
  EXPECT_EQ(label_after(labels, in, {{"traceparent", kOtherTrace}, {"x-own", "own"}}), "own");
  EXPECT_EQ(label_after(labels, in, {{"traceparent", kOtherTrace}}), "pod");
}

TEST(TrafficLabels, AGatewayTakesThemFromTheRequestItself) {
  const TrafficLabels labels = labels_from({{Kind::external_inbound_request_header, "user", "x-request-id"}});
  EXPECT_EQ(labels.for_upstream(Request{{"user", "jason"}}, nullptr, 0), (HeaderValues{{"x-lane", "jason"}}));
  EXPECT_TRUE(labels.for_upstream(Request{{"x-request-id", "4711"}}, nullptr, 0).empty());
}

TEST(TrafficLabels, BaggageCarriesThemThroughTheApplication) {
  TrafficLabelConfig config;
  config.baggage_headers = {"X-Lane"};
  const TrafficLabels labels(config);
  const HeaderValues in = labels.for_application(Request{{"x-lane", "s 2"}, {"baggage", "a=1;p, x-lane=s1"}});
  ASSERT_EQ(in.size(), 1u);
  EXPECT_EQ(in[0], (HeaderValues::value_type{"baggage", "x-lane=s%202,a=1;p"}));
  EXPECT_EQ(labels.for_upstream(Request{{"baggage", in[0].second}}, nullptr, 0), (HeaderValues{{"x-lane", "s 2"}}));
  EXPECT_TRUE(labels.for_application(Request{{"baggage", "a=1"}}).empty());
  EXPECT_TRUE(labels.for_upstream(Request{{"baggage", "a=1"}}, nullptr, 0).empty());
}

TEST(Baggage, IsReadAsItMayBeWritten) {
  const std::tuple<const char*, const char*, const char*> rows[] = {
      {"", "k", ""},  {"k=v", "k", "v"},       {" k = v ;x=y", "k", "v"}, {"a=1,k=v,k=w", "k", "v"}, {"kk=v", "k", ""},
      {"k", "k", ""}, {"k=%41%4", "k", "A%4"}, {"k=%zz", "k", "%zz"},     {",,k=v,", "k", "v"},      {"a;k=v", "k", ""},
  };
  for (const auto& [baggage, key, value] : rows) EXPECT_EQ(baggage_member(baggage, key), value) << baggage;
}

TEST(TraceLabels, AnEntryOutlivesTheLastRequestOfItsTraceByTheGrace) {
  TraceLabels store({100, 10 * kSecond});
  const std::string id = "t";
  const auto known = [&](Time now) { return store.find(id, "h", now) != nullptr; };
  const TraceLabels::Ref first = store.begin({&id, 1}, {{"h", "v"}}, 0);
  const TraceLabels::Ref second = store.begin({&id, 1}, {{"h", "v"}}, 0);
  store.end(first, kSecond);
  EXPECT_TRUE(known(100 * kSecond)) << "the second is still served";
  store.end(second, 100 * kSecond);
  EXPECT_TRUE(known(110 * kSecond - 1));
  const TraceLabels::Ref third = store.begin({&id, 1}, {{"g", "w"}}, 109 * kSecond);
  EXPECT_TRUE(known(200 * kSecond)) << "come back to life, with what was known";
  store.end(third, 200 * kSecond);
  EXPECT_FALSE(known(210 * kSecond));
  EXPECT_EQ(store.size(), 0u);
}

TEST(TraceLabels, TooManyLoseThoseThatHaveBeenOverLongestFirst) {
  TraceLabels store({3, 10 * kSecond});
  std::map<std::string, TraceLabels::Ref> entries;
  const auto begin = [&](const std::string& id) { entries[id] = store.begin({&id, 1}, {{"h", id}}, 0); };
  const auto known = [&] {
    std::string all;
    for (const auto& [id, entry] : entries) all += store.find(id, "h", 0) != nullptr ? id : "";
    return all;
  };
  for (const char* id : {"a", "b", "c"}) begin(id);
  store.end(entries["c"], 0);
  store.end(entries["a"], 0);
  begin("d");
  EXPECT_EQ(known(), "abd");
  begin("e");
  EXPECT_EQ(known(), "bde");
  begin("f");
  EXPECT_EQ(known(), "def") << "none is over: the first that came";
  store.end(entries["b"], 0);
  EXPECT_EQ(known(), "def") << "the end of one that was forgotten";
  EXPECT_EQ(store.size(), 3u);
}

// Against a store that keeps everything: with room enough nothing is lost or mixed up, whatever the order.
TEST(TraceLabels, AreAsAStoreWithoutBoundsHasThem) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RandomStream random(seed, "traces");
    TraceLabels store({1000, 5});
    struct Trace {
      std::string value;
      std::vector<TraceLabels::Ref> served;
      Time until = 0;
    };
    std::map<std::string, Trace> model;
    for (Time now = 0; now < 3000; ++now) {
      const std::string id = std::to_string(random.below(20));
      Trace& trace = model[id];
      if (random.chance(0.5)) {
        trace.value = std::to_string(now);
        trace.served.push_back(store.begin({&id, 1}, {{"h", trace.value}}, now));
      } else if (!trace.served.empty()) {
        const std::size_t which = random.below(trace.served.size());
        store.end(trace.served[which], now);
        trace.served.erase(trace.served.begin() + static_cast<std::ptrdiff_t>(which));
        trace.until = now + 5;
      }
      const std::string asked = std::to_string(random.below(20));
      const Trace& wanted = model[asked];
      const std::string* found = store.find(asked, "h", now);
      if (wanted.served.empty() && wanted.until <= now) {
        EXPECT_EQ(found, nullptr) << "seed " << seed << " at " << now;
      } else {
        ASSERT_NE(found, nullptr) << "seed " << seed << " at " << now;
        EXPECT_EQ(*found, wanted.value);
      }
    }
  }
}

}  // namespace
}  // namespace meshtwin
