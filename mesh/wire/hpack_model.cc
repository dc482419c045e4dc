#include "mesh/wire/hpack_model.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace meshtwin {
namespace {

constexpr std::size_t kTableSize = 4096;

// Bits of each byte's Huffman code (RFC 7541, appendix B).
constexpr std::array<unsigned char, 256> kCodeBits = {
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
    28, 28, 28, 6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,  5,  5,  5,  6,  6,  6,  6,  6,  6,  6,
    7,  8,  15, 6,  12, 10, 13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,
    7,  8,  7,  8,  13, 19, 13, 14, 6,  15, 5,  6,  5,  6,  5,  6,  6,  6,  5,  7,  7,  6,  6,  6,  5,  6,  7,  6,  5,
    5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24,
    24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22,
    23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26,
    27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23,
    22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
};

struct StaticField {
  std::string_view name;
  std::string_view value;
};

// RFC 7541, appendix A; the first has index 1.
constexpr std::array<StaticField, 61> kStatic = {{
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
}};

constexpr std::size_t integer_length(std::size_t value, unsigned prefix) {
  const std::size_t most = (std::size_t{1} << prefix) - 1;
  if (value < most) return 1;
  std::size_t length = 2;
  for (value -= most; value >= 128; value >>= 7) ++length;
  return length;
}

std::size_t string_length(std::string_view text) {
  std::size_t bits = 0;
  for (const char c : text) bits += kCodeBits[static_cast<unsigned char>(c)];
  const std::size_t length = std::min(text.size(), (bits + 7) / 8);
  return integer_length(length, 7) + length;
}

std::uint64_t hash(std::string_view text, std::uint64_t from = 0xcbf29ce484222325u) {
  for (const char c : text) from = (from ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return from;
}

// The first static entry of that name; 0: none.
std::size_t static_name(std::string_view name) {
  static const auto names = [] {
    std::unordered_map<std::string_view, std::size_t> all;
    for (std::size_t i = 0; i < kStatic.size(); ++i) all.emplace(kStatic[i].name, i + 1);
    return all;
  }();
  const auto found = names.find(name);
  return found == names.end() ? 0 : found->second;
}

std::size_t static_field(std::size_t first, std::string_view value) {
  const std::string_view name = kStatic[first - 1].name;
  for (std::size_t i = first; i <= kStatic.size() && kStatic[i - 1].name == name; ++i) {
    if (kStatic[i - 1].value == value) return i;
  }
  return 0;
}

enum class Indexing { never, without, with };

Indexing indexing_of(std::string_view name, std::string_view value) {
  if (name == "authorization" || (name == "cookie" && value.size() < 20)) return Indexing::never;
  static constexpr std::array<std::string_view, 8> kChanging = {
      ":path", "age", "content-length", "etag", "if-modified-since", "if-none-match", "location", "set-cookie"};
  if (std::ranges::find(kChanging, name) != kChanging.end()) return Indexing::without;
  return name.size() + value.size() + 32 > kTableSize * 3 / 4 ? Indexing::without : Indexing::with;
}

}  // namespace

std::size_t HpackModel::literal(std::size_t name_index, std::string_view name, std::string_view value,
                                unsigned prefix) const {
  const std::size_t name_length = name_index > 0 ? integer_length(name_index, prefix) : 1 + string_length(name);
  return name_length + string_length(value);
}

std::size_t HpackModel::add(std::string_view name, std::string_view value) {
  const Indexing indexing = indexing_of(name, value);
  std::size_t name_index = static_name(name);
  if (name_index > 0 && indexing != Indexing::never) {
    if (const std::size_t index = static_field(name_index, value); index > 0) return integer_length(index, 7);
  }
  if (indexing == Indexing::never) return literal(name_index, name, value, 4);
  const std::uint64_t name_hash = hash(name);
  const std::uint64_t field_hash = hash(value, name_hash * 31 + 1);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].field == field_hash) return integer_length(kStatic.size() + 1 + i, 7);
    if (name_index == 0 && entries_[i].name == name_hash) name_index = kStatic.size() + 1 + i;
  }
  if (indexing == Indexing::without) return literal(name_index, name, value, 4);
  const std::size_t entry_size = name.size() + value.size() + 32;
  while (!entries_.empty() && size_ + entry_size > kTableSize) {
    size_ -= entries_.back().size;
    entries_.pop_back();
  }
  entries_.push_front({name_hash, field_hash, entry_size});
  size_ += entry_size;
  return literal(name_index, name, value, 6);
}

}  // namespace meshtwin
