#include "scenarios/axis_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "mesh/base/random.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/units.h"

namespace meshtwin {

namespace {

using Kind = Quantity::Kind;

constexpr std::size_t kValuesMost = 1000;
constexpr double kLargest = 1e15;  // of a range: exact as a double, in nanoseconds eleven days

bool is_whole(Kind kind) {
  return kind == Kind::integer || kind == Kind::time || kind == Kind::size || kind == Kind::bandwidth;
}

// To so many significant digits, which leaves no trace of how it was computed.
double rounded_to(double value, int digits) {
  const std::string text = fmt::format("{:.{}e}", value, digits - 1);
  double rounded = value;
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded;
}

Node scalar_at(const Node& place, std::string text) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = std::move(text);
  node.file = place.file;
  node.line = place.line;
  node.column = place.column;
  return node;
}

class Range {
 public:
  Range(const Node& range, ProblemList& problems) : range_(range), problems_(problems) {}

  std::vector<Node> values() {
    const std::optional<Quantity> from = end("from");
    const std::optional<Quantity> to = end("to");
    if (!from || !to) return {};
    kind_ = from->kind == to->kind ? from->kind : Kind::number;
    const bool plain = kind_ == Kind::number && is_plain(*from) && is_plain(*to);
    if (from->kind != to->kind && !plain) return refuse("to", "a value of the same kind as `from`");
    if (to->value <= from->value) return refuse("to", "more than `from`");
    const bool log = read_boolean(&range_, "log", false);
    if (log && from->value <= 0) return refuse("from", "more than 0 on a logarithmic axis");
    if (log && range_.find("step") != nullptr) return refuse("step", "`steps`, how many values, beside log: true");
    return range_.find("step") != nullptr ? by_step(from->value, to->value) : in_steps(from->value, to->value, log);
  }

 private:
  static bool is_plain(const Quantity& q) { return q.kind == Kind::integer || q.kind == Kind::number; }

  std::vector<Node> refuse(const char* key, const std::string& expected) {
    const Node* node = range_.find(key);
    const Node& at = node == nullptr ? range_ : *node;
    problems_.add(at.place(), "found " + describe(at) + ", expected " + expected);
    return {};
  }

  std::optional<Quantity> end(const char* key) {
    const Node* node = range_.find(key);
    if (node == nullptr || node->kind == Node::Kind::null) return std::nullopt;  // said by the shape check
    std::optional<Quantity> quantity;
    if (node->kind == Node::Kind::scalar && !node->quoted) quantity = parse_quantity(node->text);
    if (!quantity) refuse(key, "a number, or one with a unit, such as 4, 200/s, 10ms, 1KB or 5%");
    if (quantity && std::abs(quantity->value) > kLargest) {
      refuse(key, "a smaller value");
      return std::nullopt;
    }
    return quantity;
  }

  std::vector<Node> by_step(double from, double to) {
    const std::optional<Quantity> step = end("step");
    if (!step) return {};
    const bool same = step->kind == kind_ || (kind_ == Kind::number && is_plain(*step)) ||
                      (kind_ == Kind::integer && step->kind == Kind::number);
    if (!same) return refuse("step", "a step of the same kind as `from`");
    if (step->kind == Kind::number) kind_ = Kind::number;
    if (step->value <= 0) return refuse("step", "more than 0");
    const double count = std::floor((to - from) / step->value + 1e-9) + 1;
    if (count > static_cast<double>(kValuesMost)) return refuse("step", "at most 1000 values in all");
    std::vector<double> values;
    for (int i = 0; i < static_cast<int>(count); ++i) {
      const double value = from + i * step->value;
      values.push_back(is_whole(kind_) ? std::round(value) : rounded_to(value, 12));
    }
    return nodes_of(values);
  }

  std::vector<Node> in_steps(double from, double to, bool log) {
    const auto steps = static_cast<int>(read_integer(&range_, "steps", 2));
    if (steps < 2 || steps > static_cast<int>(kValuesMost)) return {};  // said by the shape check
    std::vector<double> values = {from};
    for (int i = 1; i + 1 < steps; ++i) {
      const double part = static_cast<double>(i) / (steps - 1);
      double value = log ? from * portable_exp(part * portable_log(to / from)) : from + part * (to - from);
      value = rounded_to(value, 4);
      values.push_back(is_whole(kind_) ? std::round(value) : value);
    }
    values.push_back(to);
    return nodes_of(values);
  }

  std::vector<Node> nodes_of(const std::vector<double>& values) {
    std::vector<Node> nodes;
    for (const double value : values) {
      nodes.push_back(scalar_at(range_, format_quantity({kind_, value})));
    }
    return nodes;
  }

  const Node& range_;
  ProblemList& problems_;
  Kind kind_ = Kind::number;
};

struct Unit {
  const char* name;
  double factor;
};

// The largest unit that the largest value fills.
Unit unit_for(Kind kind, double largest) {
  const auto pick = [largest](std::initializer_list<Unit> units) {
    Unit chosen = *units.begin();
    for (const Unit& unit : units) {
      if (largest >= unit.factor) chosen = unit;
    }
    return chosen;
  };
  switch (kind) {
    case Kind::time:
      return pick({{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}});
    case Kind::size:
      return pick({{"B", 1}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}});
    case Kind::bandwidth:
      return pick({{"bit/s", 1}, {"kbit/s", 1e3}, {"Mbit/s", 1e6}, {"Gbit/s", 1e9}});
    case Kind::rate:
      return {"requests a second", 1};
    case Kind::share:
      return {"%", 0.01};
    case Kind::integer:
    case Kind::number:
      break;
  }
  return {"", 1};
}

// How uneven the gaps of sorted values are: the widest to the narrowest.
double unevenness(const std::vector<double>& values, bool ratios) {
  double widest = 0;
  double narrowest = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    const double gap = ratios ? std::log(values[i] / values[i - 1]) : values[i] - values[i - 1];
    widest = std::max(widest, gap);
    narrowest = i == 1 ? gap : std::min(narrowest, gap);
  }
  return narrowest > 0 ? widest / narrowest : 1e300;
}

bool lies_logarithmically(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  if (values.size() < 2 || values.front() <= 0) return false;
  const double span = values.back() / values.front();
  if (values.size() == 2) return span >= 20;
  return span >= 4 && unevenness(values, true) < unevenness(values, false);
}

bool is_plain_text(const std::string& text) {
  if (text.empty() || std::string_view("-?:").find(text.front()) != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_-./%+").find(c) != std::string_view::npos;
  });
}

// Words that YAML takes for something else than text.
bool is_word_of_yaml(const std::string& text) {
  for (const char* word : {"true", "false", "null", "~"}) {
    if (text == word) return true;
  }
  return false;
}

}  // namespace

std::optional<Quantity> parse_quantity(std::string_view text) {
  const auto whole = [](Kind kind, std::int64_t value) { return Quantity{kind, static_cast<double>(value)}; };
  if (const auto value = parse_integer(text).value) return whole(Kind::integer, *value);
  if (const auto value = parse_number(text).value) return Quantity{Kind::number, *value};
  if (const auto value = parse_share(text).value) return Quantity{Kind::share, *value};
  if (const auto value = parse_rate(text).value) return Quantity{Kind::rate, *value};
  if (const auto value = parse_time(text).value) return whole(Kind::time, *value);
  if (const auto value = parse_size(text).value) return whole(Kind::size, *value);
  if (const auto value = parse_bandwidth(text).value) return whole(Kind::bandwidth, *value);
  return std::nullopt;
}

std::string format_quantity(const Quantity& quantity) {
  const auto whole = static_cast<std::int64_t>(quantity.value);
  switch (quantity.kind) {
    case Kind::integer:
      return std::to_string(whole);
    case Kind::time:
      return format_time(whole);
    case Kind::size:
      return format_size(whole);
    case Kind::bandwidth:
      return format_bandwidth(whole);
    case Kind::share:
      return format_share(quantity.value);
    case Kind::rate:
      return format_rate(quantity.value);
    case Kind::number:
      break;
  }
  const std::string rate = format_rate(quantity.value);
  return rate.substr(0, rate.size() - 2);
}

std::vector<Node> expand_range(const Node& range, ProblemList& problems) {
  std::vector<Node> values = Range(range, problems).values();
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i].text != values[i - 1].text) continue;
    problems.add(range.place(), "found a range that comes to " + values[i].text + " twice, expected fewer steps");
    return {};
  }
  return values;
}

AxisScale scale_of(const std::vector<std::string>& texts) {
  AxisScale scale;
  std::vector<Quantity> quantities;
  for (const std::string& text : texts) {
    if (const auto quantity = parse_quantity(text)) quantities.push_back(*quantity);
  }
  scale.numbers.resize(texts.size());
  const auto plain = [](const Quantity& q) { return q.kind == Kind::integer || q.kind == Kind::number; };
  scale.numeric = !texts.empty() && quantities.size() == texts.size() &&
                  std::all_of(quantities.begin(), quantities.end(), [&](const Quantity& q) {
                    return q.kind == quantities.front().kind || (plain(q) && plain(quantities.front()));
                  });
  if (!scale.numeric) return scale;
  std::vector<double> values;
  for (const Quantity& quantity : quantities) values.push_back(quantity.value);
  const Unit unit = unit_for(quantities.front().kind, *std::max_element(values.begin(), values.end()));
  scale.unit = unit.name;
  scale.logarithmic = lies_logarithmically(values);
  for (std::size_t i = 0; i < values.size(); ++i) scale.numbers[i] = rounded_to(values[i] / unit.factor, 12);
  return scale;
}

std::string flow_text(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return "null";
    case Node::Kind::scalar: {
      const bool bare = node.quoted ? !is_number(scalar_at(node, node.text)) && !is_word_of_yaml(node.text) : true;
      return bare && is_plain_text(node.text) ? node.text : nlohmann::json(node.text).dump();
    }
    case Node::Kind::list: {
      std::string text;
      for (const Node& item : node.items) text += (text.empty() ? "" : ", ") + flow_text(item);
      return '[' + text + ']';
    }
    case Node::Kind::map:
      break;
  }
  std::string text;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    text += (text.empty() ? "" : ", ") + flow_text(node.keys[i]) + ": " + flow_text(node.items[i]);
  }
  return '{' + text + '}';
}

}  // namespace meshtwin
