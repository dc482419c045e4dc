#include "emu/link/link_control.h"

#include <cstring>
#include <type_traits>

namespace meshtwin {
namespace {

constexpr std::size_t kLongestText = 4096;
constexpr std::size_t kMostDirections = 100'000;

class Writer {
 public:
  template <typename T>
  requires std::is_arithmetic_v<T>
  void put(T value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void put(const std::string& text) {
    put(static_cast<std::uint32_t>(text.size()));
    bytes_ += text;
  }
  void put(const LinkShape& s) {
    put(s.rtt);
    put(s.jitter);
    put(s.loss);
    put(s.bandwidth_bps);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads what a Writer wrote; once something is missing or out of range, `good` is false and stays so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  requires std::is_arithmetic_v<T>
  void get(T& value) {
    if (!good_ || bytes_.size() < sizeof value) return fail();
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
  }
  void get(bool& value) {
    std::uint8_t byte = 0;
    get(byte);
    require(byte <= 1);
    value = byte == 1;
  }
  void get(std::string& text) {
    std::uint32_t size = 0;
    get(size);
    if (!good_ || size > bytes_.size()) return fail();
    text = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
  }
  void get(LinkShape& s) {
    get(s.rtt);
    get(s.jitter);
    get(s.loss);
    get(s.bandwidth_bps);
    require(s.rtt >= 0 && s.rtt <= 3600 * kSecond && s.jitter >= 0 && s.jitter <= 3600 * kSecond);
    require(s.loss >= 0 && s.loss <= 1 && s.bandwidth_bps >= 0);
  }
  void require(bool holds) {
    if (!holds) fail();
  }
  bool finished() const { return good_ && bytes_.empty(); }
  bool good() const { return good_; }

 private:
  void fail() { good_ = false; }

  std::string_view bytes_;
  bool good_ = true;
};

void write(Writer& w, const AddLink& c) {
  w.put(c.zone_a);
  w.put(c.zone_b);
  w.put(c.shape);
}
void write(Writer& w, const ShapeLink& c) {
  w.put(c.link);
  w.put(c.shape);
}
void write(Writer& w, const CutLink& c) {
  w.put(c.link);
}
void write(Writer& w, const RestoreLink& c) {
  w.put(c.link);
}
void write(Writer&, const BeginLinks&) {}
void write(Writer&, const ReportLinks&) {}

void read(Reader& r, AddLink& c) {
  r.get(c.zone_a);
  r.get(c.zone_b);
  r.get(c.shape);
  r.require(c.zone_a.size() <= kLongestText && c.zone_b.size() <= kLongestText);
}
void read(Reader& r, ShapeLink& c) {
  r.get(c.link);
  r.get(c.shape);
}
void read(Reader& r, CutLink& c) {
  r.get(c.link);
}
void read(Reader& r, RestoreLink& c) {
  r.get(c.link);
}
void read(Reader&, BeginLinks&) {}
void read(Reader&, ReportLinks&) {}

template <std::size_t I = 0>
std::optional<LinkCommand> read_alternative(std::size_t index, Reader& r) {
  if constexpr (I < std::variant_size_v<LinkCommand>) {
    if (index != I) return read_alternative<I + 1>(index, r);
    std::variant_alternative_t<I, LinkCommand> command;
    read(r, command);
    if (r.finished()) return command;
  }
  return std::nullopt;
}

template <typename Coder, typename Quality>
void each_field(Coder&& code, Quality& q) {
  code(q.name);
  code(q.delay_wanted);
  code(q.delay_p50);
  code(q.delay_p99);
  code(q.lateness_p50);
  code(q.lateness_p99);
  code(q.packets);
  code(q.lost);
}

}  // namespace

std::string encode(const LinkCommand& command) {
  Writer w;
  w.put(static_cast<std::uint8_t>(command.index()));
  std::visit([&](const auto& c) { write(w, c); }, command);
  return w.take();
}

std::optional<LinkCommand> decode_link_command(std::string_view bytes) {
  Reader r(bytes);
  std::uint8_t index = 0;
  r.get(index);
  return read_alternative(index, r);
}

std::string encode(const LinkReply& reply) {
  Writer w;
  w.put(reply.error);
  const LinkReport& report = reply.report;
  w.put(static_cast<std::uint32_t>(report.directions.size()));
  for (std::size_t i = 0; i < report.directions.size(); ++i) {
    each_field([&](const auto& field) { w.put(field); }, report.directions[i]);
    w.put(i < report.dropped.size() ? report.dropped[i] : std::uint64_t{0});
  }
  w.put(report.cpu);
  w.put(report.spin);
  w.put(report.compensation);
  w.put(static_cast<std::uint8_t>(report.realtime));
  return w.take();
}

std::optional<LinkReply> decode_link_reply(std::string_view bytes) {
  Reader r(bytes);
  LinkReply reply;
  r.get(reply.error);
  LinkReport& report = reply.report;
  std::uint32_t directions = 0;
  r.get(directions);
  r.require(directions <= kMostDirections);
  for (std::uint32_t i = 0; r.good() && i < directions; ++i) {
    each_field([&](auto& field) { r.get(field); }, report.directions.emplace_back());
    r.get(report.dropped.emplace_back());
  }
  r.get(report.cpu);
  r.get(report.spin);
  r.get(report.compensation);
  r.get(report.realtime);
  if (!r.finished()) return std::nullopt;
  return reply;
}

}  // namespace meshtwin
