#pragma once

// How many bytes HPACK makes of a list of fields, without making them: the static table, the dynamic table by hashes
// and sizes, Huffman lengths, and an encoder's habit of not indexing what changes with every message (RFC 7541). Counts
// what nghttp2's encoder sends.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

namespace meshtwin {

class HpackModel {
 public:
  std::size_t add(std::string_view name, std::string_view value);  // the length of this field's encoding

 private:
  struct Entry {
    std::uint64_t name;  // hashes
    std::uint64_t field;
    std::size_t size;
  };
  std::size_t literal(std::size_t name_index, std::string_view name, std::string_view value, unsigned prefix) const;

  std::deque<Entry> entries_;  // the newest first
  std::size_t size_ = 0;
};

}  // namespace meshtwin
