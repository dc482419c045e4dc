#pragma once

// Large TCP (and UDP) segments as the kernel hands them over: one frame with one set of headers, to be cut into
// segments of `gso_size` by whoever has a wire. A link that loses or delays single segments has to cut, but no finer
// than needed: a run of neighbouring segments becomes one frame of its own, itself large when it holds more than one.
// Bytes in, bytes out.

#include <cstddef>
#include <cstdint>
#include <span>

namespace meshtwin {

// What stands before every frame on a packet socket with PACKET_VNET_HDR (struct virtio_net_hdr, native byte order).
struct VirtioHeader {
  static constexpr std::uint8_t kNeedsChecksum = 1;
  static constexpr std::uint8_t kGsoNone = 0;
  static constexpr std::uint8_t kGsoTcp4 = 1;
  static constexpr std::uint8_t kGsoUdp4 = 5;  // UDP_L4
  static constexpr std::uint8_t kGsoEcn = 0x80;

  std::uint8_t flags = 0;
  std::uint8_t gso_type = kGsoNone;
  std::uint16_t header_length = 0;
  std::uint16_t gso_size = 0;
  std::uint16_t checksum_start = 0;
  std::uint16_t checksum_offset = 0;
};
static_assert(sizeof(VirtioHeader) == 10);

inline constexpr std::size_t kEthernetHeader = 14;
inline constexpr std::size_t kLargestFrame = kEthernetHeader + 65535;

// How a frame divides. A frame that is not large, or whose headers do not add up, is one segment of its whole length.
struct FrameLayout {
  std::uint32_t headers = 0;  // bytes before the payload, repeated on the wire for each segment
  std::uint32_t payload = 0;
  std::uint32_t segment = 0;  // payload bytes of every segment but the last
  std::uint32_t count = 1;

  std::uint32_t wire_bytes(std::uint32_t index) const {
    const std::uint32_t begin = index * segment;
    const std::uint32_t left = payload - begin;
    return headers + (left < segment ? left : segment);
  }
};

FrameLayout layout_of(const VirtioHeader& header, std::span<const std::uint8_t> frame);

// Writes segments [first, first + count) of the frame to `out` as a frame of its own (with its own lengths, sequence
// number, IP id and flags; the transport checksum is left to be finished by the receiver's kernel) and returns its
// length, which is at most the length of `frame`. The whole of a frame is copied as it is.
std::size_t extract_run(const VirtioHeader& header, std::span<const std::uint8_t> frame, const FrameLayout& layout,
                        std::uint32_t first, std::uint32_t count, VirtioHeader& out_header, std::uint8_t* out);

// Folded ones' complement sum of 16-bit big-endian words, added to `sum`; not inverted.
std::uint16_t ones_sum(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0);

}  // namespace meshtwin
