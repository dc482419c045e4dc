#pragma once

// A role's metrics: counters, histograms and values that are read when somebody asks, in families with labels. Looking
// a series up costs a search, so it is done once and the series kept: counting is an addition then. Served as
// Prometheus' text, and written down over time as records.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshtwin {

enum class MetricKind : unsigned char { counter, gauge, histogram };

// What stands over a family's series. Lives as long as the program.
struct MetricFamily {
  std::string_view name;
  std::string_view help;
  MetricKind kind = MetricKind::counter;
  // Of a histogram: the buckets' upper bounds, in the unit that is counted; and how many of those make one of the unit
  // that is shown.
  std::span<const std::int64_t> bounds = {};
  std::int64_t unit = 1;
};

// Labels as they stand between the braces.
class LabelText {
 public:
  LabelText& add(std::string_view name, std::string_view value) { return add({}, name, value); }
  LabelText& add(std::string_view side, std::string_view name, std::string_view value);  // a name in two parts
  void reserve(std::size_t length) { text_.reserve(length); }
  const std::string& text() const& { return text_; }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

class Counter {
 public:
  void add(std::uint64_t amount = 1) { value_ += amount; }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

class BucketCounts {
 public:
  explicit BucketCounts(std::span<const std::int64_t> bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}

  void add(std::int64_t value) {
    std::size_t bucket = 0;
    while (bucket < bounds_.size() && value > bounds_[bucket]) ++bucket;
    ++counts_[bucket];
    ++count_;
    sum_ += value;
  }
  std::uint64_t count() const { return count_; }
  std::int64_t sum() const { return sum_; }
  const std::vector<std::uint64_t>& counts() const {
    return counts_;
  }  // each bucket's own; the last is above all bounds

 private:
  std::span<const std::int64_t> bounds_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::int64_t sum_ = 0;
};

// Takes series as they are now, each at most once.
class MetricSink {
 public:
  virtual void counter(const MetricFamily& family, const std::string& labels, std::uint64_t value) = 0;
  // `counts`: each bucket's own; the last is above all bounds.
  virtual void histogram(const MetricFamily& family, const std::string& labels, std::span<const std::uint64_t> counts,
                         std::int64_t sum) = 0;

 protected:
  ~MetricSink() = default;
};

// Keeps many series in a way of its own, and puts their labels into words only when somebody asks.
class MetricCollector {
 public:
  using Sample = std::function<void(std::string series, double value)>;
  virtual void show(MetricSink& sink) const = 0;
  virtual void changes(const Sample& sample) = 0;  // as MetricRegistry's

 protected:
  ~MetricCollector() = default;
};

class MetricRegistry {
 public:
  // The series stays where it is as long as the registry lives.
  Counter& counter(const MetricFamily& family, const LabelText& labels);
  BucketCounts& histogram(const MetricFamily& family, const LabelText& labels);
  // A gauge that is set.
  double& gauge(const MetricFamily& family, const LabelText& labels) { return series(family, labels).level; }
  // A counter or a gauge that is read when somebody asks; `read` outlives the registry's use.
  void watch(const MetricFamily& family, const LabelText& labels, std::function<double()> read);

  void add(MetricCollector& collector) { collectors_.push_back(&collector); }  // lives as long as the registry is used

  // Prometheus' text exposition format, version 0.0.4; families and series in alphabetical order.
  std::string text() const;
  // Every sample that is new or another than when this was last called, but for histograms' buckets.
  using Sample = MetricCollector::Sample;
  void changes(const Sample& sample);

 private:
  struct Series {
    Counter counter;
    double level = 0;                     // of a gauge
    std::vector<BucketCounts> histogram;  // one, of a histogram
    std::function<double()> read;         // of one that is watched
    double reported = 0;
    bool is_reported = false;

    double value(const MetricFamily& about) const;
  };
  struct Family {
    const MetricFamily* about = nullptr;
    std::map<std::string_view, Series> series;  // by their labels' text
  };

  Series& series(const MetricFamily& family, const LabelText& labels);

  std::set<std::string> labels_;  // what the families' keys look at: several families have the same
  std::map<std::string_view, Family> families_;
  std::vector<MetricCollector*> collectors_;
};

std::string series_text(std::string_view name, std::string_view suffix, std::string_view labels);
double in_unit(std::int64_t amount, const MetricFamily& about);

inline constexpr std::string_view kPrometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace meshtwin
