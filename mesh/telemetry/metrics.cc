#include "mesh/telemetry/metrics.h"

#include <array>
#include <charconv>
#include <cmath>

namespace meshtwin {
namespace {

constexpr std::string_view type_of(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter:
      return "counter";
    case MetricKind::gauge:
      return "gauge";
    case MetricKind::histogram:
      return "histogram";
  }
  return "untyped";
}

// A line's end and a backslash would be taken for the format's own; in a label's value a quote, too.
void append_escaped(std::string& to, std::string_view text, bool quotes) {
  if (text.find_first_of("\n\\\"") == std::string_view::npos) {
    to += text;
    return;
  }
  for (const char c : text) {
    if (c == '\n') {
      to += "\\n";
    } else if (c == '\\' || (quotes && c == '"')) {
      to += '\\';
      to += c;
    } else {
      to += c;
    }
  }
}

// As short as it can be said exactly.
void append_number(std::string& to, double value) {
  if (std::isnan(value)) {
    to += "NaN";
  } else if (std::isinf(value)) {
    to += value > 0 ? "+Inf" : "-Inf";
  } else {
    std::array<char, 32> digits;
    const auto written = std::abs(value) < 1e15
                             ? std::to_chars(digits.begin(), digits.end(), value, std::chars_format::fixed)
                             : std::to_chars(digits.begin(), digits.end(), value);
    to.append(digits.data(), written.ptr);
  }
}

void append_number(std::string& to, std::uint64_t value) {
  to += std::to_string(value);
}

// `more`: further labels.
void append_series(std::string& to, std::string_view name, std::string_view suffix, std::string_view labels,
                   std::string_view more = {}) {
  to.append(name).append(suffix);
  if (labels.empty() && more.empty()) return;
  to.append("{").append(labels);
  if (!labels.empty() && !more.empty()) to += ',';
  to.append(more).append("}");
}

template <typename Value>
void append_sample(std::string& to, std::string_view name, std::string_view suffix, std::string_view labels,
                   std::string_view more, Value value) {
  append_series(to, name, suffix, labels, more);
  to += ' ';
  append_number(to, value);
  to += '\n';
}

void append_histogram(std::string& to, const MetricFamily& about, std::string_view labels,
                      std::span<const std::uint64_t> counts, std::int64_t sum) {
  std::uint64_t up_to = 0;
  for (std::size_t bucket = 0; bucket < about.bounds.size(); ++bucket) {
    up_to += counts[bucket];
    std::string bound = "le=\"";
    append_number(bound, in_unit(about.bounds[bucket], about));
    append_sample(to, about.name, "_bucket", labels, bound + '"', up_to);
  }
  up_to += counts[about.bounds.size()];
  append_sample(to, about.name, "_bucket", labels, "le=\"+Inf\"", up_to);
  append_sample(to, about.name, "_sum", labels, {}, in_unit(sum, about));
  append_sample(to, about.name, "_count", labels, {}, up_to);
}

// A page while it is put together: the lines of each family by their labels.
class Page final : public MetricSink {
 public:
  void counter(const MetricFamily& family, const std::string& labels, std::uint64_t value) override {
    append_sample(lines(family, labels), family.name, {}, labels, {}, value);
  }
  void gauge(const MetricFamily& family, const std::string& labels, double value) {
    append_sample(lines(family, labels), family.name, {}, labels, {}, value);
  }
  void histogram(const MetricFamily& family, const std::string& labels, std::span<const std::uint64_t> counts,
                 std::int64_t sum) override {
    append_histogram(lines(family, labels), family, labels, counts, sum);
  }
  std::string text() const {
    std::string page;
    for (const auto& [name, family] : families_) {
      page.append("# HELP ").append(name).append(" ");
      append_escaped(page, family.about->help, false);
      page.append("\n# TYPE ").append(name).append(" ").append(type_of(family.about->kind)).append("\n");
      for (const auto& [labels, lines] : family.lines) page += lines;
    }
    return page;
  }

 private:
  struct Family {
    const MetricFamily* about = nullptr;
    std::map<std::string, std::string> lines;
  };
  std::string& lines(const MetricFamily& family, const std::string& labels) {
    Family& known = families_[family.name];
    known.about = &family;
    return known.lines[labels];
  }
  std::map<std::string_view, Family> families_;
};

}  // namespace

double in_unit(std::int64_t amount, const MetricFamily& about) {
  return static_cast<double>(amount) / static_cast<double>(about.unit);
}

std::string series_text(std::string_view name, std::string_view suffix, std::string_view labels) {
  std::string series;
  series.reserve(name.size() + suffix.size() + labels.size() + 2);
  append_series(series, name, suffix, labels);
  return series;
}

LabelText& LabelText::add(std::string_view side, std::string_view name, std::string_view value) {
  if (!text_.empty()) text_ += ',';
  text_.append(side).append(name).append("=\"");
  append_escaped(text_, value, true);
  text_ += '"';
  return *this;
}

double MetricRegistry::Series::value(const MetricFamily& about) const {
  if (read) return read();
  if (about.kind == MetricKind::gauge) return level;
  return about.kind == MetricKind::histogram ? static_cast<double>(histogram.front().count())
                                             : static_cast<double>(counter.value());
}

MetricRegistry::Series& MetricRegistry::series(const MetricFamily& family, const LabelText& labels) {
  Family& known = families_[family.name];
  known.about = &family;
  return known.series[*labels_.insert(labels.text()).first];
}

Counter& MetricRegistry::counter(const MetricFamily& family, const LabelText& labels) {
  return series(family, labels).counter;
}

BucketCounts& MetricRegistry::histogram(const MetricFamily& family, const LabelText& labels) {
  Series& one = series(family, labels);
  if (one.histogram.empty()) one.histogram.emplace_back(family.bounds);
  return one.histogram.front();
}

void MetricRegistry::watch(const MetricFamily& family, const LabelText& labels, std::function<double()> read) {
  series(family, labels).read = std::move(read);
}

std::string MetricRegistry::text() const {
  Page page;
  for (const auto& [name, family] : families_) {
    for (const auto& [key, one] : family.series) {
      const std::string labels(key);
      if (family.about->kind == MetricKind::histogram) {
        page.histogram(*family.about, labels, one.histogram.front().counts(), one.histogram.front().sum());
      } else if (one.read || family.about->kind == MetricKind::gauge) {
        page.gauge(*family.about, labels, one.value(*family.about));
      } else {
        page.counter(*family.about, labels, one.counter.value());
      }
    }
  }
  for (const MetricCollector* collector : collectors_) collector->show(page);
  return page.text();
}

void MetricRegistry::changes(const Sample& sample) {
  for (auto& [name, family] : families_) {
    for (auto& [labels, one] : family.series) {
      const double value = one.value(*family.about);
      if (one.is_reported && value == one.reported) continue;
      one.is_reported = true;
      one.reported = value;
      if (family.about->kind != MetricKind::histogram) {
        sample(series_text(name, {}, labels), value);
        continue;
      }
      sample(series_text(name, "_count", labels), value);
      sample(series_text(name, "_sum", labels), in_unit(one.histogram.front().sum(), *family.about));
    }
  }
  for (MetricCollector* collector : collectors_) collector->changes(sample);
}

}  // namespace meshtwin
