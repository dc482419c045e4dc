// Exported spans, read back by readers of the formats: OTLP by Protobuf from the protocol's message definitions, which
// refuses what they do not name; Zipkin by its v2 rules.

#include "results/export_spans.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "results/store_writer.h"
#include "tests/support/otlp/trace.pb.h"
#include "tests/unit/results/made_up_run.h"

namespace meshtwin {
namespace {

using Json = nlohmann::json;
namespace otlp = opentelemetry::proto::trace::v1;

constexpr Time kZero = 1'700'000'000 * kSecond;
constexpr TraceId kTrace{0x0123456789abcdefULL, 0xfedcba9876543210ULL};

SpanRecord span(std::uint64_t id, std::uint64_t parent, SpanKind kind, std::uint32_t pod, Time begin, Time end) {
  SpanRecord record;
  record.trace_high = kTrace.high;
  record.trace_low = kTrace.low;
  record.span = id;
  record.parent = parent;
  record.kind = kind;
  record.pod = pod;
  record.begin = begin;
  record.sent = begin + 10;
  record.returned = end - 10;
  record.end = end;
  record.status = 200;
  record.attempts = 1;
  record.method = Method::get;
  return record;
}

// Through the store, as a run's spans come.
TracedRun exported() {
  std::string folder = (std::filesystem::temp_directory_path() / "meshtwin-spans-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp");
  const std::string path = folder + "/run.sqlite";
  {
    StoreWriter writer(path, two_zone_subject(), {{"environment.unix_zero_ns", std::to_string(kZero)}});
    RequestRecord request;
    request.trace_high = kTrace.high;
    request.trace_low = kTrace.low;
    request.done = 5'000'000;
    writer.request(request);
    SpanRecord root = span(0xa1, 0, SpanKind::load, 0, 0, 5'000'000);
    root.connecting = 7;
    writer.span(root);
    SpanRecord served = span(0xa2, 0xa1, SpanKind::server, 1, 1'000'000, 4'000'000);
    served.computing = 2'000'000;
    served.attempts = 0;
    writer.span(served);
    SpanRecord failed = span(0xa3, 0xa2, SpanKind::call, 1, 2'000'000, 3'000'000);
    failed.status = 503;
    failed.failure = Failure::http_5xx;
    failed.attempts = 3;
    failed.peer = 2;
    failed.method = Method::post;
    writer.span(failed);
    SpanRecord other = span(0xb1, 0, SpanKind::gateway, 2, 9'000'000, 9'500'000);
    other.trace_high = 0;
    other.trace_low = 77;
    writer.span(other);
  }
  TracedRun run = read_traced_run(path);
  std::filesystem::remove_all(folder);
  return run;
}

std::string bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

// OTLP's JSON has ids in hexadecimal where proto3's has base64.
void to_base64(Json& json) {
  if (json.is_object()) {
    for (const char* id : {"traceId", "spanId", "parentSpanId"}) {
      if (!json.contains(id)) continue;
      const std::string bytes = bytes_of(json[id].get<std::string>());
      std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
      text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                           reinterpret_cast<const unsigned char*>(bytes.data()),
                                                           static_cast<int>(bytes.size()))));
      json[id] = text;
    }
  }
  if (json.is_structured()) {
    for (auto& item : json) to_base64(item);
  }
}

otlp::TracesData read_otlp(const std::string& text) {
  Json json = Json::parse(text);
  to_base64(json);
  otlp::TracesData data;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = false;
  const auto status = google::protobuf::util::JsonStringToMessage(json.dump(), &data, options);
  if (!status.ok()) throw std::runtime_error(status.ToString());
  return data;
}

using Attributes = std::map<std::string, std::string>;

template <typename List>
Attributes attributes_in(const List& list) {
  Attributes attributes;
  for (const auto& entry : list) {
    attributes[entry.key()] =
        entry.value().has_int_value() ? std::to_string(entry.value().int_value()) : entry.value().string_value();
  }
  return attributes;
}

struct Read {
  otlp::Span span;
  Attributes resource;
};

std::map<std::string, Read> otlp_spans() {
  std::ostringstream out;
  write_otlp(out, exported());
  std::map<std::string, Read> spans;
  const otlp::TracesData data = read_otlp(out.str());
  for (const auto& resource : data.resource_spans()) {
    for (const auto& scope : resource.scope_spans()) {
      EXPECT_EQ(scope.scope().name(), "meshtwin");
      for (const auto& span : scope.spans())
        spans[span.span_id()] = {span, attributes_in(resource.resource().attributes())};
    }
  }
  return spans;
}

TEST(ExportSpans, OtlpIsAcceptedByItsMessagesWithTreeIdsAndTimes) {
  const auto spans = otlp_spans();
  ASSERT_EQ(spans.size(), 4u);
  const otlp::Span& root = spans.at(bytes_of("00000000000000a1")).span;
  const otlp::Span& served = spans.at(bytes_of("00000000000000a2")).span;
  const otlp::Span& failed = spans.at(bytes_of("00000000000000a3")).span;
  for (const otlp::Span* span : {&root, &served, &failed}) {
    EXPECT_EQ(span->trace_id(), bytes_of("0123456789abcdeffedcba9876543210"));
  }
  EXPECT_EQ(root.parent_span_id(), "");
  EXPECT_EQ(served.parent_span_id(), root.span_id());
  EXPECT_EQ(failed.parent_span_id(), served.span_id());
  EXPECT_EQ(spans.at(bytes_of("00000000000000b1")).span.trace_id(), bytes_of("0000000000000000000000000000004d"));
  EXPECT_EQ(root.start_time_unix_nano(), static_cast<std::uint64_t>(kZero));
  EXPECT_EQ(root.end_time_unix_nano(), static_cast<std::uint64_t>(kZero + 5'000'000));
  EXPECT_EQ(served.start_time_unix_nano(), static_cast<std::uint64_t>(kZero + 1'000'000));
  EXPECT_EQ(root.kind(), otlp::Span::SPAN_KIND_CLIENT);
  EXPECT_EQ(served.kind(), otlp::Span::SPAN_KIND_SERVER);
  ASSERT_EQ(served.events_size(), 2);
  EXPECT_EQ(served.events(0).time_unix_nano(), static_cast<std::uint64_t>(kZero + 1'000'010));
  EXPECT_EQ(root.status().code(), otlp::Status::STATUS_CODE_UNSET);
  EXPECT_EQ(failed.status().code(), otlp::Status::STATUS_CODE_ERROR);
}

TEST(ExportSpans, OtlpSaysWhoAndWhatByTheSemanticConventions) {
  const auto spans = otlp_spans();
  const Read& failed = spans.at(bytes_of("00000000000000a3"));
  const RunSubject subject = two_zone_subject();
  EXPECT_EQ(failed.resource.at("service.name"), subject.pods[1].service);
  EXPECT_EQ(failed.resource.at("k8s.pod.name"), subject.pods[1].name);
  EXPECT_EQ(failed.resource.at("k8s.namespace.name"), "default");
  EXPECT_EQ(failed.resource.at("cloud.availability_zone"), subject.pods[1].zone);
  const Attributes attributes = attributes_in(failed.span.attributes());
  EXPECT_EQ(attributes.at("http.request.method"), "POST");
  EXPECT_EQ(attributes.at("http.response.status_code"), "503");
  EXPECT_EQ(attributes.at("http.request.resend_count"), "2");
  EXPECT_EQ(attributes.at("error.type"), "503");
  const Attributes served = attributes_in(spans.at(bytes_of("00000000000000a2")).span.attributes());
  EXPECT_EQ(served.at("meshtwin.computing_ns"), "2000000");
  EXPECT_FALSE(served.contains("error.type"));
  EXPECT_FALSE(served.contains("http.request.resend_count"));
}

TEST(ExportSpans, TheReaderRefusesWhatTheProtocolDoesNotName) {
  EXPECT_THROW(read_otlp(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"begin":"1"}]}]}]})"), std::runtime_error);
}

TEST(ExportSpans, ZipkinHasItsFieldsInItsUnits) {
  std::ostringstream out;
  write_zipkin(out, exported());
  const Json all = Json::parse(out.str());
  ASSERT_EQ(all.size(), 4u);
  static const std::set<std::string> kFields = {"traceId",        "id",          "parentId", "kind",
                                                "name",           "timestamp",   "duration", "localEndpoint",
                                                "remoteEndpoint", "annotations", "tags"};
  std::map<std::string, Json> spans;
  for (const Json& span : all) {
    for (const auto& [field, value] : span.items()) EXPECT_TRUE(kFields.contains(field)) << field;
    for (const auto& [tag, value] : span["tags"].items()) EXPECT_TRUE(value.is_string()) << tag;
    spans[span["id"]] = span;
  }
  const Json& failed = spans.at("00000000000000a3");
  EXPECT_EQ(failed["traceId"], "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(failed["parentId"], "00000000000000a2");
  EXPECT_EQ(failed["kind"], "CLIENT");
  EXPECT_EQ(failed["timestamp"], kZero / 1000 + 2000);
  EXPECT_EQ(failed["duration"], 1000);
  EXPECT_EQ(failed["tags"]["http.response.status_code"], "503");
  EXPECT_EQ(failed["tags"]["error"], "503");
  EXPECT_FALSE(spans.at("00000000000000a1").contains("parentId"));
}

TEST(ExportSpans, ARunWithoutSpansIsAnEmptyDocument) {
  TracedRun run;
  std::ostringstream otlp_out;
  write_otlp(otlp_out, run);
  EXPECT_EQ(read_otlp(otlp_out.str()).resource_spans_size(), 0);
  std::ostringstream zipkin_out;
  write_zipkin(zipkin_out, run);
  EXPECT_EQ(Json::parse(zipkin_out.str()).size(), 0u);
}

}  // namespace
}  // namespace meshtwin
