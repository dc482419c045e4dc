#include "results/present/explain_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace meshtwin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Explanation some(const std::string& world, double proxy_ms) {
  Explanation explanation;
  explanation.world = world;
  explanation.requests = 8000;
  explanation.averaged = 81;
  explanation.low = 0.45;
  explanation.high = 0.55;
  explanation.figure = 5 * kMillisecond;
  Explanation::Hop server{"backend", {}};
  server.parts[static_cast<std::size_t>(Part::compute)] = 4e6;
  server.parts[static_cast<std::size_t>(Part::network)] = 5e5;
  Explanation::Hop proxy{"backend inbound", {}};
  proxy.parts[static_cast<std::size_t>(Part::proxy)] = proxy_ms * 1e6;
  explanation.hops = {server, proxy};
  explanation.latency = 4.5e6 + proxy_ms * 1e6;
  return explanation;
}

std::string line_with(const std::string& text, const std::string& begin) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.find(begin) != std::string::npos) return line;
  }
  return "";
}

TEST(ExplainView, BothWorldsWithTheDifferenceOfEachPart) {
  const Style style{100, false, false};
  const std::string text = view_of({some("sim", 0.25), some("emu", 0.5)}, "p50", style);
  EXPECT_THAT(text,
              HasSubstr("sim: p50 is 5.000 ms, of 8,000 requests; 81 sampled ones between the ranks 45 and 55 %"));
  EXPECT_THAT(line_with(text, "proxies"), HasSubstr("0.250    0.500       -0.250        -5.0 %"));
  EXPECT_THAT(line_with(text, "computing"), HasSubstr("4.000    4.000"));
  EXPECT_THAT(line_with(text, "backend inbound"), HasSubstr("0.250    0.500       -0.250"));
  EXPECT_THAT(line_with(text, "latency"), HasSubstr("4.750    5.000       -0.250        -5.0 %"));
  EXPECT_THAT(text, Not(HasSubstr("TLS handshakes"))) << "nobody has any";
}

TEST(ExplainView, HopsOfNoWeightAreOneLine) {
  Explanation many = some("sim", 0.25);
  for (int i = 0; i < 40; ++i) {
    Explanation::Hop hop{"tiny-" + std::to_string(i), {}};
    hop.parts[static_cast<std::size_t>(Part::proxy)] = 2000;
    many.hops.push_back(hop);
    many.latency += 2000;
  }
  const std::string text = view_of({many}, "p50", Style{100, false, false});
  EXPECT_THAT(text, Not(HasSubstr("tiny-")));
  EXPECT_THAT(line_with(text, "40 more"), HasSubstr("0.080"));
}

TEST(ExplainView, OneWorldHasShares) {
  const std::string text = view_of({some("sim", 0.5)}, "p50", Style{100, false, false});
  EXPECT_THAT(line_with(text, "computing"), HasSubstr("80.0 %"));
  EXPECT_THAT(text, Not(HasSubstr("difference")));
}

TEST(ExplainView, JsonHasEveryPart) {
  const auto json = nlohmann::json::parse(json_of({some("sim", 0.5)}, "p50"));
  const auto& world = json["worlds"]["sim"];
  EXPECT_EQ(world["parts_ms"].size(), kPartCount);
  EXPECT_DOUBLE_EQ(world["parts_ms"]["compute"].get<double>(), 4);
  EXPECT_DOUBLE_EQ(world["hops"][1]["parts_ms"]["proxy"].get<double>(), 0.5);
}

TEST(ExplainView, AWaterfallShowsWhoHadTheRequestWhen) {
  TracedRun run;
  run.world = "emu";
  run.pods = {{"load-0", "", "az-a"}, {"frontend-az-a-0", "frontend", "az-a"}};
  RequestRecord request;
  request.number = 17;
  request.intended = kSecond;
  request.sent = kSecond;
  request.done = kSecond + 10 * kMillisecond;
  request.status = 503;
  request.failure = Failure::http_5xx;
  request.trace_low = 0xab;
  SpanRecord root;
  root.span = 1;
  root.begin = root.sent = kSecond;
  root.returned = root.end = request.done;
  root.status = 503;
  root.failure = Failure::http_5xx;
  SpanRecord served = root;
  served.span = 2;
  served.parent = 1;
  served.pod = 1;
  served.kind = SpanKind::server;
  served.begin = kSecond + 2 * kMillisecond;
  served.sent = kSecond + 5 * kMillisecond;
  served.end = served.returned = kSecond + 8 * kMillisecond;
  served.failure = Failure::none;
  run.traces[{0, 0xab}] = {root, served};
  const std::string text = waterfall_of({run, request}, Style{100, false, false});
  EXPECT_THAT(text, HasSubstr("emu: request 0/17, 1 s after the begin, 10.00 ms, HTTP_5XX; trace"));
  EXPECT_THAT(line_with(text, "frontend"), HasSubstr("2.00      6.00           503"));
  EXPECT_THAT(line_with(text, "frontend"), ::testing::MatchesRegex(".* \\.+#+")) << "it waits, then works";
  EXPECT_THAT(line_with(text, "load-0"), HasSubstr("503 HTTP_5XX"));
}

}  // namespace
}  // namespace meshtwin
