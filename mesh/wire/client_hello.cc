#include "mesh/wire/client_hello.h"

#include <cstddef>
#include <cstdint>

namespace meshtwin {
namespace {

constexpr std::size_t kHelloMost = 64 * 1024;

// Reads numbers and vectors off the front; what is not there makes it `bad`, and everything after empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  std::size_t number(std::size_t bytes) {
    std::size_t value = 0;
    for (const char c : take(bytes)) value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
  }
  std::string_view take(std::size_t bytes) {
    if (bytes > left_.size()) {
      bad_ = true;
      left_ = {};
      return {};
    }
    const std::string_view taken = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return taken;
  }
  std::string_view vector(std::size_t length_bytes) { return take(number(length_bytes)); }
  bool done() const { return bad_ || left_.empty(); }
  bool bad() const { return bad_; }

 private:
  std::string_view left_;
  bool bad_ = false;
};

std::string name_in(std::string_view extension) {
  Reader names(Reader(extension).vector(2));
  while (!names.done()) {
    const std::size_t kind = names.number(1);
    const std::string_view name = names.vector(2);
    if (kind == 0) return std::string(name);
  }
  return {};
}

std::string name_in_hello(std::string_view hello) {
  Reader reader(hello);
  reader.take(2 + 32);  // version, random
  reader.vector(1);     // session
  reader.vector(2);     // cipher suites
  reader.vector(1);     // compression
  Reader extensions(reader.vector(2));
  while (!extensions.done()) {
    const std::size_t kind = extensions.number(2);
    const std::string_view content = extensions.vector(2);
    if (kind == 0) return name_in(content);
  }
  return {};
}

}  // namespace

std::optional<std::string> server_name_of(std::string_view bytes) {
  std::string handshake;  // of all records
  while (!bytes.empty()) {
    Reader record(bytes);
    if (record.number(1) != 22) return std::string();
    record.take(2);
    const std::string_view part = record.vector(2);
    if (record.bad()) return std::nullopt;
    handshake += part;
    bytes.remove_prefix(5 + part.size());
    Reader reader(handshake);
    if (reader.number(1) != 1) return std::string();
    const std::size_t length = reader.number(3);
    if (length > kHelloMost) return std::string();
    if (const std::string_view hello = reader.take(length); !reader.bad()) return name_in_hello(hello);
  }
  return std::nullopt;
}

}  // namespace meshtwin
