#include "emu/record_codec.h"

#include <bit>
#include <type_traits>

namespace meshtwin {

namespace {

enum class Kind : std::uint8_t { request = 1, attempt = 2, event = 3, access = 4, span = 5, metric = 6 };

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  template <typename T>
  Writer& operator()(const T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      (*this)(static_cast<std::uint32_t>(value.size()));
      out_.append(value);
    } else {
      std::uint64_t bits = 0;
      if constexpr (std::is_same_v<T, double>) {
        bits = std::bit_cast<std::uint64_t>(value);
      } else {
        bits = static_cast<std::uint64_t>(value);
      }
      for (std::size_t i = 0; i < sizeof(T); ++i) out_.push_back(static_cast<char>(bits >> (8 * i)));
    }
    return *this;
  }

 private:
  std::string& out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool good() const { return good_; }
  bool at_end() const { return bytes_.empty(); }

  template <typename T>
  Reader& operator()(T& value) {
    if constexpr (std::is_same_v<T, std::string>) {
      std::uint32_t size = 0;
      (*this)(size);
      if (!has(size)) return *this;
      value = bytes_.substr(0, size);
      bytes_.remove_prefix(size);
    } else if (has(sizeof(T))) {
      std::uint64_t bits = 0;
      for (std::size_t i = sizeof(T); i-- > 0;) bits = bits << 8 | static_cast<unsigned char>(bytes_[i]);
      check(value, bits);
      if constexpr (std::is_same_v<T, double>) {
        value = std::bit_cast<double>(bits);
      } else {
        value = static_cast<T>(bits);
      }
      bytes_.remove_prefix(sizeof(T));
    }
    return *this;
  }

 private:
  bool has(std::size_t size) {
    good_ = good_ && bytes_.size() >= size;
    return good_;
  }
  template <typename T>
  void check(const T&, std::uint64_t bits) {
    if constexpr (std::is_same_v<T, Failure>) good_ = good_ && bits < kFailureCount;
    if constexpr (std::is_same_v<T, SpanKind>) good_ = good_ && bits < kSpanKindCount;
    if constexpr (std::is_same_v<T, Method>) good_ = good_ && bits < kMethodCount;
    if constexpr (std::is_same_v<T, bool>) good_ = good_ && bits <= 1;
  }

  std::string_view bytes_;
  bool good_ = true;
};

// The fields of each record, once for both ways. The structured bindings break the build when a field is added.
template <typename Record, typename Visitor>
void fields(Record& record, Visitor&& visit) {
  if constexpr (std::is_same_v<std::remove_const_t<Record>, RequestRecord>) {
    auto& [load, number, intended, sent, done, status, failure, trace_high, trace_low] = record;
    visit(load)(number)(intended)(sent)(done)(status)(failure)(trace_high)(trace_low);
  } else if constexpr (std::is_same_v<std::remove_const_t<Record>, AttemptRecord>) {
    auto& [from_pod, to_pod, at, done, status, failure, retry] = record;
    visit(from_pod)(to_pod)(at)(done)(status)(failure)(retry);
  } else if constexpr (std::is_same_v<std::remove_const_t<Record>, EventRecord>) {
    auto& [at, kind, subject, detail] = record;
    visit(at)(kind)(subject)(detail);
  } else if constexpr (std::is_same_v<std::remove_const_t<Record>, SpanRecord>) {
    auto& [trace_high, trace_low, span, parent, pod, peer, kind, begin, sent, returned, end, connecting, dialling,
           securing, retrying, computing, status, failure, attempts, method] = record;
    visit(trace_high)(trace_low)(span)(parent)(pod)(peer)(kind)(begin)(sent)(returned)(end);
    visit(connecting)(dialling)(securing)(retrying)(computing)(status)(failure)(attempts)(method);
  } else if constexpr (std::is_same_v<std::remove_const_t<Record>, MetricRecord>) {
    auto& [at, pod, series, value] = record;
    visit(at)(pod)(series)(value);
  } else {
    auto& [at, proxy, line] = record;
    visit(at)(proxy)(line);
  }
}

template <typename Record>
void append(std::string& batch, Kind kind, const Record& record) {
  Writer write(batch);
  write(kind);
  fields(record, write);
}

template <typename Record>
bool read_one(Reader& read, Record& record) {
  fields(record, read);
  return read.good();
}

}  // namespace

void append_record(std::string& batch, const RequestRecord& record) {
  append(batch, Kind::request, record);
}
void append_record(std::string& batch, const AttemptRecord& record) {
  append(batch, Kind::attempt, record);
}
void append_record(std::string& batch, const EventRecord& record) {
  append(batch, Kind::event, record);
}
void append_record(std::string& batch, const AccessRecord& record) {
  append(batch, Kind::access, record);
}
void append_record(std::string& batch, const SpanRecord& record) {
  append(batch, Kind::span, record);
}
void append_record(std::string& batch, const MetricRecord& record) {
  append(batch, Kind::metric, record);
}

bool read_records(std::string_view batch, Recorder& to) {
  Reader read(batch);
  while (!read.at_end()) {
    Kind kind{};
    read(kind);
    if (RequestRecord request; kind == Kind::request && read_one(read, request)) {
      to.request(request);
    } else if (AttemptRecord attempt; kind == Kind::attempt && read_one(read, attempt)) {
      to.attempt(attempt);
    } else if (EventRecord event; kind == Kind::event && read_one(read, event)) {
      to.event(std::move(event));
    } else if (AccessRecord access; kind == Kind::access && read_one(read, access)) {
      to.access(std::move(access));
    } else if (SpanRecord span; kind == Kind::span && read_one(read, span)) {
      to.span(span);
    } else if (MetricRecord metric; kind == Kind::metric && read_one(read, metric)) {
      to.metric(std::move(metric));
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace meshtwin
