#include <gtest/gtest.h>

#include "emu/frame_channel.h"
#include "emu/record_codec.h"
#include "mesh/base/random.h"

namespace meshtwin {
namespace {

struct Kept : Recorder {
  void request(const RequestRecord& r) override {
    text += "r" + std::to_string(r.load) + "," + std::to_string(r.number) + "," + std::to_string(r.intended) + "," +
            std::to_string(r.sent) + "," + std::to_string(r.done) + "," + std::to_string(r.status) + "," +
            std::string(name_of(r.failure)) + "\n";
  }
  void attempt(const AttemptRecord& r) override {
    text += "a" + std::to_string(r.from_pod) + "," + std::to_string(r.to_pod) + "," + std::to_string(r.at) + "," +
            std::to_string(r.done) + "," + std::to_string(r.status) + "," + std::string(name_of(r.failure)) + "," +
            (r.retry ? "retry" : "first") + "\n";
  }
  void span(const SpanRecord& r) override {
    text += "s" + std::to_string(r.trace_low) + "," + std::to_string(r.span) + "," + std::to_string(r.parent) + "," +
            std::string(name_of(r.kind)) + "," + std::to_string(r.begin) + "," + std::to_string(r.end) + "," +
            std::to_string(r.computing) + "," + std::to_string(r.attempts) + "\n";
  }
  void metric(MetricRecord r) override {
    text += "m" + std::to_string(r.at) + "," + r.series + "," + std::to_string(r.value) + "\n";
  }
  void access(AccessRecord r) override { text += "l" + std::to_string(r.at) + "," + r.proxy + "," + r.line + "\n"; }
  void event(EventRecord r) override {
    text += "e" + std::to_string(r.at) + "," + r.kind + "," + r.subject + "," + r.detail + "\n";
  }
  std::string text;
};

std::string some_batch(Recorder& direct) {
  std::string batch;
  const RequestRecord request{4000000000u, 1ULL << 63, -1, 1LL << 62, 3, 65535, Failure::unfinished};
  const AttemptRecord attempt{1, 4000000000u, -5, 6, 503, Failure::connect_refused, true};
  const EventRecord event{-(1LL << 62), "ejected", "10.1.0.2:8080", std::string("with\0zero", 9)};
  direct.request(request);
  direct.attempt(attempt);
  const AccessRecord access{77, "sidecar", "[1970] \"GET\""};
  direct.event(event);
  direct.access(access);
  append_record(batch, request);
  append_record(batch, attempt);
  append_record(batch, event);
  append_record(batch, access);
  const SpanRecord span{.trace_low = 1ULL << 63,
                        .span = 7,
                        .parent = 8,
                        .kind = SpanKind::server,
                        .begin = -9,
                        .end = 1LL << 62,
                        .computing = 11,
                        .attempts = 2};
  const MetricRecord metric{12, 3, "istio_requests_total{reporter=\"source\"}", -0.25};
  direct.span(span);
  direct.metric(metric);
  append_record(batch, span);
  append_record(batch, metric);
  return batch;
}

TEST(RecordCodec, RecordsComeBackWhole) {
  Kept direct;
  const std::string batch = some_batch(direct);
  Kept read;
  EXPECT_TRUE(read_records(batch, read));
  EXPECT_EQ(read.text, direct.text);
}

TEST(RecordCodec, EveryCutShortBatchIsRefused) {
  Kept direct;
  const std::string batch = some_batch(direct);
  std::size_t accepted = 0;
  for (std::size_t length = 0; length < batch.size(); ++length) {
    Kept read;
    if (read_records(std::string_view(batch).substr(0, length), read)) ++accepted;
    EXPECT_EQ(direct.text.rfind(read.text, 0), 0u) << "records that were never written, cut at " << length;
  }
  EXPECT_EQ(accepted, 6u) << "only the empty batch and the five cuts between records are well-formed";
}

TEST(RecordCodec, NoiseIsReadWithoutHarm) {
  RandomStream random(1, "noise");
  Kept direct;
  const std::string batch = some_batch(direct);
  std::size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string noisy = batch;
    for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips) {
      noisy[random.below(noisy.size())] = static_cast<char>(random.bits());
    }
    Kept read;
    if (!read_records(noisy, read)) ++refused;
  }
  EXPECT_GT(refused, 1000u);  // lengths, kinds and enumerations out of range
}

std::string cut(const std::string& bytes, std::size_t step) {
  std::string seen;
  FrameCutter cutter;
  FrameCutter::Handler handler = [&](std::uint8_t type, std::string_view content) {
    seen += std::to_string(type) + ":" + std::string(content) + ";";
  };
  for (std::size_t at = 0; at < bytes.size(); at += step)
    cutter.feed(std::string_view(bytes).substr(at, step), handler);
  return seen;
}

TEST(FrameCutter, FramesComeOutHoweverTheBytesArrive) {
  std::string bytes;
  append_frame(bytes, 1, "one");
  append_frame(bytes, 255, "");
  append_frame(bytes, 7, std::string(70'000, 'x'));
  const std::string expected = "1:one;255:;7:" + std::string(70'000, 'x') + ";";
  for (const std::size_t step : {1ul, 2ul, 3ul, 5ul, 4096ul, 65536ul, bytes.size()}) {
    EXPECT_TRUE(cut(bytes, step) == expected) << "in pieces of " << step;
  }
}

TEST(FrameCutter, AnImpossibleLengthIsRefused) {
  EXPECT_THROW(cut(std::string("\0\0\0\0\1", 5), 5), FrameError);
  EXPECT_THROW(cut("\xff\xff\xff\xff\1", 5), FrameError);
}

}  // namespace
}  // namespace meshtwin
