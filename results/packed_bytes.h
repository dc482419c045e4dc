#pragma once

// A growing sequence of numbers in as few bytes as each needs (7 bits a byte, small magnitudes short). Kept in blocks,
// so that growing never copies. A run writes several records a request; packed, each takes about 15 bytes instead of 32
// to 48.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace meshtwin {

class PackedBytes {
 public:
  void put(std::uint64_t value) {
    if (used_ + kLongest > kBlock) new_block();
    Block& block = *blocks_.back();
    while (value >= 0x80) {
      block[used_++] = static_cast<std::uint8_t>(value | 0x80);
      value >>= 7;
    }
    block[used_++] = static_cast<std::uint8_t>(value);
  }
  void put_signed(std::int64_t value) {
    put((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  // How much further `value` is than `from`; modulo 2^64, so that nothing overflows.
  void put_difference(std::int64_t value, std::int64_t from) {
    put_signed(static_cast<std::int64_t>(static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(from)));
  }
  std::size_t bytes() const { return blocks_.size() * kBlock; }

  // Reads back in the order of writing; asking for more than was put is a programmer's error.
  class Reader {
   public:
    explicit Reader(const PackedBytes& packed) : packed_(&packed) {}
    std::uint64_t get() {
      // The writer leaves a block when the longest number might not fit any more: so does the reader.
      if (at_ + kLongest > kBlock) {
        ++block_;
        at_ = 0;
      }
      const Block& block = *packed_->blocks_[block_];
      std::uint64_t value = 0;
      for (int shift = 0;; shift += 7) {
        const std::uint8_t byte = block[at_++];
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
      }
    }
    std::int64_t get_signed() {
      const std::uint64_t raw = get();
      return static_cast<std::int64_t>((raw >> 1) ^ (0 - (raw & 1)));
    }
    std::int64_t get_after(std::int64_t from) {
      return static_cast<std::int64_t>(static_cast<std::uint64_t>(from) + static_cast<std::uint64_t>(get_signed()));
    }

   private:
    const PackedBytes* packed_;
    std::size_t block_ = 0;
    std::size_t at_ = 0;
  };

 private:
  static constexpr std::size_t kBlock = 64 * 1024;
  static constexpr std::size_t kLongest = 10;  // bytes of a 64-bit number
  using Block = std::array<std::uint8_t, kBlock>;

  void new_block() {
    blocks_.push_back(std::make_unique<Block>());
    used_ = 0;
  }

  std::vector<std::unique_ptr<Block>> blocks_;
  std::size_t used_ = kBlock;
};

}  // namespace meshtwin
