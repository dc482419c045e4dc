// What is said on the control socket: it comes back as it was, and nothing else is taken for it.

#include "emu/link/link_control.h"

#include <gtest/gtest.h>

#include <limits>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

const LinkShape kShape{
    .rtt = 2 * kMillisecond, .jitter = 100 * kMicrosecond, .loss = 0.01, .bandwidth_bps = 1'000'000'000};

std::vector<LinkCommand> every_command() {
  return {
      AddLink{"az-a", "az-b", kShape}, ShapeLink{3, kShape}, CutLink{4}, RestoreLink{5}, BeginLinks{}, ReportLinks{}};
}

LinkReply full_reply() {
  LinkReply reply;
  reply.error = "no";
  reply.report.directions = {{"a>b", 1, 2, 3, 4, 5, 6, 7}, {"b>a", 8, 9, 10, 11, 12, 13, 14}};
  reply.report.dropped = {15, 16};
  reply.report.cpu = 17;
  reply.report.spin = 18;
  reply.report.compensation = 19;
  reply.report.realtime = true;
  return reply;
}

TEST(LinkControl, EveryCommandComesBackAsItWas) {
  ASSERT_EQ(every_command().size(), std::variant_size_v<LinkCommand>);
  for (const LinkCommand& command : every_command()) {
    const auto back = decode_link_command(encode(command));
    ASSERT_TRUE(back) << command.index();
    EXPECT_EQ(back->index(), command.index());
    EXPECT_EQ(encode(*back), encode(command));
  }
  const LinkCommand add = *decode_link_command(encode(AddLink{"az-a", "az-b", kShape}));
  EXPECT_EQ(std::get<AddLink>(add).zone_a, "az-a");
  EXPECT_EQ(std::get<AddLink>(add).zone_b, "az-b");
  EXPECT_EQ(std::get<AddLink>(add).shape.rtt, kShape.rtt);
  EXPECT_EQ(std::get<AddLink>(add).shape.jitter, kShape.jitter);
  EXPECT_EQ(std::get<AddLink>(add).shape.loss, kShape.loss);
  EXPECT_EQ(std::get<AddLink>(add).shape.bandwidth_bps, kShape.bandwidth_bps);
}

TEST(LinkControl, AReplyComesBackAsItWas) {
  const auto back = decode_link_reply(encode(full_reply()));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->error, "no");
  ASSERT_EQ(back->report.directions.size(), 2u);
  const LinkQuality& q = back->report.directions[1];
  EXPECT_EQ(q.name, "b>a");
  EXPECT_EQ(q.delay_wanted, 8);
  EXPECT_EQ(q.delay_p50, 9);
  EXPECT_EQ(q.delay_p99, 10);
  EXPECT_EQ(q.lateness_p50, 11);
  EXPECT_EQ(q.lateness_p99, 12);
  EXPECT_EQ(q.packets, 13u);
  EXPECT_EQ(q.lost, 14u);
  EXPECT_EQ(back->report.dropped, (std::vector<std::uint64_t>{15, 16}));
  EXPECT_EQ(back->report.cpu, 17);
  EXPECT_EQ(back->report.spin, 18);
  EXPECT_EQ(back->report.compensation, 19);
  EXPECT_TRUE(back->report.realtime);
}

TEST(LinkControl, NothingShorterOrLongerIsTaken) {
  for (const LinkCommand& command : every_command()) {
    const std::string whole = encode(command);
    for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(decode_link_command(whole.substr(0, n))) << n;
    EXPECT_FALSE(decode_link_command(whole + '\0'));
  }
  const std::string whole = encode(full_reply());
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(decode_link_reply(whole.substr(0, n))) << n;
  EXPECT_FALSE(decode_link_reply(whole + '\0'));
}

TEST(LinkControl, ImpossibleShapesAreRefused) {
  const auto with = [](auto&& change) {
    LinkShape shape = kShape;
    change(shape);
    return decode_link_command(encode(ShapeLink{0, shape})).has_value();
  };
  EXPECT_TRUE(with([](LinkShape&) {}));
  EXPECT_FALSE(with([](LinkShape& s) { s.rtt = -1; }));
  EXPECT_FALSE(with([](LinkShape& s) { s.jitter = -1; }));
  EXPECT_FALSE(with([](LinkShape& s) { s.loss = 1.01; }));
  EXPECT_FALSE(with([](LinkShape& s) { s.loss = -0.01; }));
  EXPECT_FALSE(with([](LinkShape& s) { s.loss = std::numeric_limits<double>::quiet_NaN(); }));
  EXPECT_FALSE(with([](LinkShape& s) { s.bandwidth_bps = -1; }));
}

TEST(LinkControl, GarbageIsNoCommandOrComesBackTheSame) {
  RandomStream random(3, "garbage");
  for (int i = 0; i < 100'000; ++i) {
    std::string bytes(random.below(64), '\0');
    for (char& c : bytes) c = static_cast<char>(random.below(random.chance(0.5) ? 8 : 256));
    const auto command = decode_link_command(bytes);
    if (command) {
      EXPECT_EQ(encode(*command), bytes);
    }
    const auto reply = decode_link_reply(bytes);
    if (reply) {
      EXPECT_EQ(encode(*reply), bytes);
    }
  }
}

}  // namespace
}  // namespace meshtwin
