#include "emu/link/segment.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace meshtwin {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kFin = 0x01;
constexpr std::uint8_t kPsh = 0x08;
constexpr std::uint8_t kCwr = 0x80;

std::uint16_t get16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}
std::uint32_t get32(const std::uint8_t* at) {
  return std::uint32_t{get16(at)} << 16 | get16(at + 2);
}
void put16(std::uint8_t* at, std::uint32_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
void put32(std::uint8_t* at, std::uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value);
}

std::uint8_t gso_kind(const VirtioHeader& header) {
  return header.gso_type & ~VirtioHeader::kGsoEcn;
}

std::size_t ip_header_length(std::span<const std::uint8_t> frame) {
  return (frame[kEthernetHeader] & 0x0f) * 4u;
}

// Sum of the pseudo header: the addresses, the protocol, the length of transport header and payload.
std::uint16_t pseudo_sum(const std::uint8_t* ip, std::size_t transport_length) {
  return ones_sum({ip + 12, 8}, static_cast<std::uint32_t>(ip[9] + transport_length));
}

void rewrite_ip(std::uint8_t* ip, std::size_t header_length, std::size_t total_length, std::uint32_t id_step) {
  put16(ip + 2, static_cast<std::uint32_t>(total_length));
  put16(ip + 4, get16(ip + 4) + id_step);
  put16(ip + 10, 0);
  put16(ip + 10, static_cast<std::uint16_t>(~ones_sum({ip, header_length})));
}

void rewrite_tcp(std::uint8_t* tcp, std::uint32_t bytes_before, bool last) {
  put32(tcp + 4, get32(tcp + 4) + bytes_before);
  if (bytes_before > 0) tcp[13] &= static_cast<std::uint8_t>(~kCwr);
  if (!last) tcp[13] &= static_cast<std::uint8_t>(~(kFin | kPsh));
}

}  // namespace

std::uint16_t ones_sum(std::span<const std::uint8_t> bytes, std::uint32_t start) {
  std::uint64_t sum = start;
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum += get16(bytes.data() + i);
  if (i < bytes.size()) sum += std::uint32_t{bytes[i]} << 8;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

FrameLayout layout_of(const VirtioHeader& header, std::span<const std::uint8_t> frame) {
  const auto size = static_cast<std::uint32_t>(frame.size());
  const FrameLayout whole{0, size, size, 1};
  const std::uint8_t kind = gso_kind(header);
  if ((kind != VirtioHeader::kGsoTcp4 && kind != VirtioHeader::kGsoUdp4) || header.gso_size == 0) return whole;
  if (frame.size() < kEthernetHeader + 20 || frame[kEthernetHeader] >> 4 != 4) return whole;
  const std::size_t ip = ip_header_length(frame);
  const std::uint8_t protocol = kind == VirtioHeader::kGsoTcp4 ? kTcp : kUdp;
  const std::size_t transport = kEthernetHeader + ip;
  const std::size_t least = protocol == kTcp ? 20 : 8;
  if (ip < 20 || frame[kEthernetHeader + 9] != protocol || frame.size() < transport + least) return whole;
  const std::size_t transport_header = protocol == kTcp ? (frame[transport + 12] >> 4) * 4u : 8;
  const std::size_t headers = transport + transport_header;
  const std::size_t end = kEthernetHeader + get16(frame.data() + kEthernetHeader + 2);
  if (transport_header < least || headers >= frame.size() || end != frame.size()) return whole;
  const auto payload = static_cast<std::uint32_t>(frame.size() - headers);
  return {static_cast<std::uint32_t>(headers), payload, header.gso_size,
          (payload + header.gso_size - 1) / header.gso_size};
}

std::size_t extract_run(const VirtioHeader& header, std::span<const std::uint8_t> frame, const FrameLayout& layout,
                        std::uint32_t first, std::uint32_t count, VirtioHeader& out_header, std::uint8_t* out) {
  assert(count > 0 && first + count <= layout.count);
  out_header = header;
  if (count == layout.count) {
    std::copy(frame.begin(), frame.end(), out);
    return frame.size();
  }
  const std::uint32_t begin = first * layout.segment;
  const bool last = first + count == layout.count;
  const std::uint32_t payload = last ? layout.payload - begin : count * layout.segment;
  std::memcpy(out, frame.data(), layout.headers);
  std::memcpy(out + layout.headers, frame.data() + layout.headers + begin, payload);

  std::uint8_t* ip = out + kEthernetHeader;
  const std::size_t ip_length = ip_header_length(frame);
  std::uint8_t* transport = ip + ip_length;
  const std::size_t transport_length = layout.headers - kEthernetHeader - ip_length + payload;
  rewrite_ip(ip, ip_length, ip_length + transport_length, first);
  const bool tcp = gso_kind(header) == VirtioHeader::kGsoTcp4;
  if (tcp) rewrite_tcp(transport, begin, last);
  if (!tcp) put16(transport + 4, static_cast<std::uint32_t>(transport_length));
  const std::uint16_t checksum_offset = tcp ? 16 : 6;
  put16(transport + checksum_offset, pseudo_sum(ip, transport_length));

  out_header.flags = VirtioHeader::kNeedsChecksum;
  out_header.checksum_start = static_cast<std::uint16_t>(kEthernetHeader + ip_length);
  out_header.checksum_offset = checksum_offset;
  out_header.header_length = static_cast<std::uint16_t>(layout.headers);
  if (first > 0) out_header.gso_type &= static_cast<std::uint8_t>(~VirtioHeader::kGsoEcn);
  if (count == 1) {
    out_header.gso_type = VirtioHeader::kGsoNone;
    out_header.gso_size = 0;
  }
  return layout.headers + payload;
}

}  // namespace meshtwin
