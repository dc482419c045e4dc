#include "scenarios/models.h"

#include <cmath>
#include <filesystem>

#include "mesh/base/random.h"
#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"
#include "mesh/resource/utf8.h"
#include "mesh/resource/yaml.h"
#include "scenarios/language.h"

namespace meshtwin {

namespace {

void read_histogram(Loading& loading, const Node& list, DurationModel& model) {
  double sum = 0;
  Duration before = 0;
  bool readable = true;
  for (const Node& item : items_of(&list, Node::Kind::list)) {
    const DurationModel::Bin bin{read_time(&item, "upto", -1), read_share(&item, "share", -1)};
    readable = readable && bin.upto >= 0 && bin.share >= 0;
    if (readable && bin.upto <= before)
      loading.problem(*item.find("upto"), "found " + format_time(bin.upto) + " after " + format_time(before) +
                                              ", expected each bin to end later than the one before");
    before = bin.upto;
    sum += bin.share;
    model.bins.push_back(bin);
  }
  if (readable && !model.bins.empty() && std::abs(sum - 1) > 1e-9)
    loading.problem(list,
                    "found shares that add up to " + format_share(std::round(sum * 1e9) / 1e9) + ", expected 100%");
}

// "time,rate", then lines like "10s,200/s".
class RateCsv {
 public:
  RateCsv(Loading& loading, std::string file, bool ramp) : loading_(loading), file_(std::move(file)), ramp_(ramp) {}

  std::vector<RatePoint> read(std::string_view text) {
    if (const auto fault = find_text_fault(text)) {
      const LineColumn at = line_column(text, fault->offset);
      problem(at.line, at.column, "found " + fault->what + ", expected text in UTF-8");
      return {};
    }
    for (int number = 1; !text.empty(); ++number) {
      std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (number == 1) {
        if (line != "time,rate") problem(1, 1, "found " + quote(line) + ", expected the header \"time,rate\"");
      } else if (!line.empty()) {
        read_line(line, number);
      }
    }
    if (!any_line_) problem(0, 0, "found no line with a rate, expected at least one");
    if (ramp_ && !points_.empty()) points_.back().ramp = false;  // there is nothing to go to
    return std::move(points_);
  }

 private:
  void problem(int line, int column, const std::string& message) {
    loading_.problems.add({file_, line, column}, message);
  }

  void read_line(std::string_view line, int number) {
    any_line_ = true;
    const std::size_t comma = line.find(',');
    const std::string_view rate_text = comma == line.npos ? std::string_view() : line.substr(comma + 1);
    const auto at = parse_time(line.substr(0, comma));
    const auto rate = parse_rate(rate_text);
    if (!at.value)
      problem(number, 1, "found " + quote(line.substr(0, comma)) + " (" + at.why + "), expected a time, such as 10s");
    const int column = static_cast<int>(comma == line.npos ? line.size() : comma + 1) + 1;
    if (!rate.value)
      problem(number, column, "found " + quote(rate_text) + " (" + rate.why + "), expected a rate, such as 200/s");
    if (!at.value || !rate.value) return;
    if (*rate.value > 1e7)
      return problem(number, column, "found " + quote(rate_text) + ", expected at most 10000000/s");
    if (!points_.empty() && *at.value <= points_.back().at)
      problem(number, 1,
              "found " + format_time(*at.value) + " after " + format_time(points_.back().at) +
                  ", expected later times line by line");
    points_.push_back({*at.value, *rate.value, ramp_});
  }

  Loading& loading_;
  std::string file_;
  bool ramp_;
  bool any_line_ = false;
  std::vector<RatePoint> points_;
};

std::vector<RatePoint> read_points(Loading& loading, const Node& list) {
  std::vector<RatePoint> points;
  for (const Node& item : items_of(&list, Node::Kind::list)) {
    const RatePoint point{read_time(&item, "at", -1), read_rate(&item, "rate"), read_boolean(&item, "ramp", false)};
    if (point.at >= 0 && !points.empty() && point.at <= points.back().at)
      loading.problem(*item.find("at"), "found " + format_time(point.at) + " after " + format_time(points.back().at) +
                                            ", expected each point later than the one before");
    points.push_back(point);
  }
  if (!points.empty() && points.back().ramp)
    loading.problem(list.items.back(), "found a ramp on the last point, expected a point after it to go to");
  return points;
}

}  // namespace

DurationModel read_duration_model(Loading& loading, const Node& node) {
  DurationModel model;
  using Kind = DurationModel::Kind;
  if (node.kind == Node::Kind::scalar) {
    model.a = parse_time(node.text).value.value_or(0);
  } else if (node.find("constant") != nullptr) {
    model.a = read_time(&node, "constant");
  } else if (const Node* uniform = node.find("uniform")) {
    model.kind = Kind::uniform;
    model.a = read_time(uniform, "low");
    model.b = read_time(uniform, "high", model.a);
    if (model.b < model.a)
      loading.problem(*uniform->find("high"),
                      "found " + format_time(model.b) + ", expected at least low, which is " + format_time(model.a));
  } else if (const Node* exponential = node.find("exponential")) {
    model.kind = Kind::exponential;
    model.a = read_time(exponential, "mean");
  } else if (const Node* lognormal = node.find("lognormal")) {
    model.kind = Kind::lognormal;
    model.a = read_time(lognormal, "median");
    model.sigma = read_number(lognormal, "sigma", 0);
  } else if (const Node* histogram = node.find("histogram")) {
    model.kind = Kind::histogram;
    read_histogram(loading, *histogram, model);
  }
  return model;
}

std::string beside(const Loading& loading, const std::string& path) {
  return (std::filesystem::path(loading.scenario.file).parent_path() / path).string();
}

std::string Loading::source(std::string text) {
  scenario.sources = hash_mix(scenario.sources, hash_text(text));
  return text;
}

std::vector<RatePoint> read_rate_schedule(Loading& loading, const Node& node) {
  std::vector<RatePoint> points;
  if (node.kind == Node::Kind::scalar) return {{0, parse_rate(node.text).value.value_or(1), false}};
  if (node.kind == Node::Kind::list) {
    points = read_points(loading, node);
  } else if (const Node* file = node.find("file"); file != nullptr && file->kind == Node::Kind::scalar) {
    try {
      const std::string path = beside(loading, file->text);
      points = RateCsv(loading, path, read_boolean(&node, "ramp", false))
                   .read(loading.source(read_text_file(path, kCsvBytesMost)));
    } catch (const Problem& problem) {
      loading.problem(*file, problem.text());
      return {};
    }
  }
  bool any = false;
  for (const RatePoint& point : points) any = any || point.per_second > 0;
  if (!points.empty() && !any) loading.problem(node, "found a rate of 0 throughout, expected a rate above 0 somewhere");
  return points;
}

}  // namespace meshtwin
