// Cutting large frames: every byte of every piece, and checksums as a receiver would verify them.

#include "emu/link/segment.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace meshtwin {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t kMss = 1448;
constexpr std::size_t kIp = 14;
constexpr std::size_t kTransport = 34;

void put(Bytes& b, std::size_t at, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i)
    b[at + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> 8 * (bytes - 1 - i));
}
std::uint32_t get(const Bytes& b, std::size_t at, int bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < bytes; ++i) value = value << 8 | b[at + static_cast<std::size_t>(i)];
  return value;
}

std::uint8_t content(std::size_t i) {
  return static_cast<std::uint8_t>(i * 7 + i / 251);
}

// An Ethernet frame with IPv4 and TCP (12 bytes of options) or UDP, its payload recognisable by position.
Bytes make_frame(std::uint8_t protocol, std::size_t payload, std::uint8_t tcp_flags = 0) {
  const std::size_t transport = protocol == 6 ? 32 : 8;
  Bytes b(kTransport + transport + payload);
  for (std::size_t i = 0; i < 12; ++i) b[i] = static_cast<std::uint8_t>(0xa0 + i);
  put(b, 12, 0x0800, 2);
  b[kIp] = 0x45;
  put(b, kIp + 2, static_cast<std::uint32_t>(b.size() - kIp), 2);
  put(b, kIp + 4, 0xfffe, 2);  // the id wraps in the third segment
  put(b, kIp + 6, 0x4000, 2);
  b[kIp + 8] = 64;
  b[kIp + 9] = protocol;
  put(b, kIp + 12, 0x0a010001, 4);
  put(b, kIp + 16, 0x0a020001, 4);
  put(b, kTransport, 40000, 2);
  put(b, kTransport + 2, 80, 2);
  if (protocol == 6) {
    put(b, kTransport + 4, 0xfffffff0, 4);  // the sequence number wraps in the first segment
    put(b, kTransport + 8, 77777, 4);
    b[kTransport + 12] = 0x80;
    b[kTransport + 13] = tcp_flags;
    for (std::size_t i = 20; i < 32; ++i) b[kTransport + i] = static_cast<std::uint8_t>(i);
  } else {
    put(b, kTransport + 4, static_cast<std::uint32_t>(8 + payload), 2);
  }
  for (std::size_t i = 0; i < payload; ++i) b[kTransport + transport + i] = content(i);
  return b;
}

VirtioHeader gso(std::uint8_t type, std::uint16_t size) {
  return {VirtioHeader::kNeedsChecksum, type, 66, size, kTransport, 16};
}

struct Piece {
  VirtioHeader header;
  Bytes bytes;
};

Piece extract(const VirtioHeader& header, const Bytes& frame, std::uint32_t first, std::uint32_t count) {
  Piece piece;
  piece.bytes.resize(frame.size());
  piece.bytes.resize(
      extract_run(header, frame, layout_of(header, frame), first, count, piece.header, piece.bytes.data()));
  return piece;
}

// Ones' complement sum the slow way: a second opinion on ones_sum.
std::uint32_t plain_sum(const Bytes& b, std::size_t from, std::size_t to) {
  std::uint32_t sum = 0;
  for (std::size_t i = from; i < to; ++i) {
    sum += i % 2 == from % 2 ? std::uint32_t{b[i]} << 8 : b[i];
    if (sum > 0xffff) sum -= 0xffff;
  }
  return sum;
}

// Finishes the transport checksum as a kernel does for a frame that needs it, then verifies both as a receiver does.
void expect_checksums_hold(Piece piece) {
  ASSERT_EQ(piece.header.flags, VirtioHeader::kNeedsChecksum);
  ASSERT_EQ(piece.header.checksum_start, kTransport);
  Bytes& b = piece.bytes;
  EXPECT_EQ(plain_sum(b, kIp, kTransport), 0xffffu) << "IP header checksum";
  const std::uint32_t unfinished = plain_sum(b, kTransport, b.size());
  put(b, kTransport + piece.header.checksum_offset, ~unfinished & 0xffff, 2);
  std::uint32_t sum = plain_sum(b, kIp + 12, kIp + 20) + b[kIp + 9] + static_cast<std::uint32_t>(b.size() - kTransport);
  sum += plain_sum(b, kTransport, b.size());
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  EXPECT_EQ(sum, 0xffffu) << "transport checksum";
}

struct Row {
  std::uint32_t first, count;
  std::size_t payload;
  std::uint8_t flags;  // of TCP; the frame has CWR, ACK, PSH and FIN
  std::uint8_t gso_type;
};

TEST(Segment, EveryRunOfALargeTcpFrame) {
  constexpr std::size_t kPayload = 3 * kMss + 500;  // four segments, the last short
  const Bytes frame = make_frame(6, kPayload, 0x80 | 0x10 | 0x08 | 0x01);
  const VirtioHeader header = gso(VirtioHeader::kGsoTcp4 | VirtioHeader::kGsoEcn, kMss);
  constexpr std::uint8_t kTcpEcn = VirtioHeader::kGsoTcp4 | VirtioHeader::kGsoEcn;
  for (const Row& row : {Row{0, 1, kMss, 0x90, VirtioHeader::kGsoNone},
                         {1, 1, kMss, 0x10, VirtioHeader::kGsoNone},
                         {3, 1, 500, 0x19, VirtioHeader::kGsoNone},
                         {0, 2, 2 * kMss, 0x90, kTcpEcn},
                         {1, 2, 2 * kMss, 0x10, VirtioHeader::kGsoTcp4},
                         {2, 2, kMss + 500, 0x19, VirtioHeader::kGsoTcp4},
                         {0, 3, 3 * kMss, 0x90, kTcpEcn}}) {
    SCOPED_TRACE("segments " + std::to_string(row.first) + " to " + std::to_string(row.first + row.count - 1));
    const Piece piece = extract(header, frame, row.first, row.count);
    const Bytes& b = piece.bytes;
    ASSERT_EQ(b.size(), 66 + row.payload);
    Bytes expected = frame;
    expected.resize(66);
    put(expected, kIp + 2, static_cast<std::uint32_t>(52 + row.payload), 2);
    put(expected, kIp + 4, 0xfffe + row.first, 2);
    put(expected, kTransport + 4, 0xfffffff0 + row.first * kMss, 4);
    expected[kTransport + 13] = row.flags;
    for (std::size_t i = 0; i < 66; ++i) {
      const bool checksum = i == kIp + 10 || i == kIp + 11 || i == kTransport + 16 || i == kTransport + 17;
      if (!checksum) {
        EXPECT_EQ(b[i], expected[i]) << "header byte " << i;
      }
    }
    for (std::size_t i = 0; i < row.payload; ++i) {
      ASSERT_EQ(b[66 + i], content(row.first * kMss + i)) << "payload byte " << i;
    }
    EXPECT_EQ(piece.header.gso_type, row.gso_type);
    EXPECT_EQ(piece.header.gso_size, row.count > 1 ? kMss : 0);
    EXPECT_EQ(piece.header.header_length, 66);
    EXPECT_EQ(piece.header.checksum_offset, 16);
    expect_checksums_hold(piece);
  }
}

TEST(Segment, AllOfAFrameIsCopiedAsItIs) {
  const Bytes frame = make_frame(6, 2 * kMss, 0x18);
  const VirtioHeader header = gso(VirtioHeader::kGsoTcp4, kMss);
  const Piece piece = extract(header, frame, 0, 2);
  EXPECT_EQ(piece.bytes, frame);
  EXPECT_EQ(piece.header.gso_type, header.gso_type);
  EXPECT_EQ(piece.header.gso_size, header.gso_size);
}

TEST(Segment, LargeUdpFramesHaveALengthOfTheirOwn) {
  const Bytes frame = make_frame(17, 2500);
  VirtioHeader header = gso(VirtioHeader::kGsoUdp4, 1000);
  header.checksum_offset = 6;
  ASSERT_EQ(layout_of(header, frame).count, 3u);
  const Piece piece = extract(header, frame, 2, 1);
  EXPECT_EQ(piece.bytes.size(), 42u + 500);
  EXPECT_EQ(get(piece.bytes, kTransport + 4, 2), 508u);
  EXPECT_EQ(get(piece.bytes, kIp + 4, 2), 0u) << "0xfffe + 2";
  expect_checksums_hold(piece);
}

TEST(Segment, LayoutCountsWireBytesOfEachSegment) {
  const FrameLayout layout = layout_of(gso(VirtioHeader::kGsoTcp4, kMss), make_frame(6, kMss + 10));
  EXPECT_EQ(layout.headers, 66u);
  EXPECT_EQ(layout.count, 2u);
  EXPECT_EQ(layout.wire_bytes(0), 1514u);
  EXPECT_EQ(layout.wire_bytes(1), 76u);
}

struct OddRow {
  const char* what;
  VirtioHeader header;
  Bytes frame;
};

TEST(Segment, WhatDoesNotAddUpIsOneSegment) {
  const VirtioHeader large = gso(VirtioHeader::kGsoTcp4, kMss);
  const Bytes good = make_frame(6, 3 * kMss);
  const auto with = [&](std::size_t at, std::uint8_t value) {
    Bytes b = good;
    b[at] = value;
    return b;
  };
  for (const OddRow& row : {OddRow{"not large", gso(VirtioHeader::kGsoNone, 0), make_frame(6, 100)},
                            {"no segment size", gso(VirtioHeader::kGsoTcp4, 0), good},
                            {"an unknown kind", gso(4, kMss), good},
                            {"IP version 6", large, with(kIp, 0x65)},
                            {"an IP header too short", large, with(kIp, 0x44)},
                            {"not TCP", large, with(kIp + 9, 17)},
                            {"a length that is not the frame's", large, with(kIp + 3, 1)},
                            {"a TCP header too short", large, with(kTransport + 12, 0x40)},
                            {"nothing", large, {}},
                            {"cut within the IP header", large, Bytes(good.begin(), good.begin() + 20)},
                            {"cut within the TCP header", large, Bytes(good.begin(), good.begin() + 40)},
                            {"headers alone", large, make_frame(6, 0)}}) {
    const FrameLayout layout = layout_of(row.header, row.frame);
    EXPECT_EQ(layout.count, 1u) << row.what;
    EXPECT_EQ(layout.wire_bytes(0), row.frame.size()) << row.what;
    Piece piece;
    piece.bytes.resize(row.frame.size() + 1);
    EXPECT_EQ(extract_run(row.header, row.frame, layout, 0, 1, piece.header, piece.bytes.data()), row.frame.size());
  }
}

}  // namespace
}  // namespace meshtwin
