#include "results/sweep_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/csv_field.h"
#include "results/json_units.h"

namespace meshtwin {
namespace {

// The value of rank `share` among sorted values, in a straight line between its neighbours.
double quantile(const std::vector<double>& sorted, double share) {
  const double rank = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  if (below + 1 >= sorted.size()) return sorted.back();
  return sorted[below] + (rank - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
}

// With the fewest digits that read back as the same number.
std::string shown(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : std::string();
}

Json json_of(const SweepTable::Axis& axis) {
  Json values = Json::array();
  for (const SweepTable::Value& value : axis.values) {
    values.push_back({{"label", value.label}, {"number", value.number ? Json(*value.number) : Json(nullptr)}});
  }
  return {{"name", axis.name}, {"unit", axis.unit}, {"logarithmic", axis.logarithmic}, {"values", std::move(values)}};
}

Json axes_json(const SweepTable& table, const std::vector<std::size_t>& at) {
  Json axes = Json::object();
  for (std::size_t i = 0; i < at.size(); ++i) axes[table.axes[i].name] = table.axes[i].values[at[i]].label;
  return axes;
}

Json json_of(const SweepTable& table, const SweepTable::Row& row) {
  Json json = {{"axes", axes_json(table, row.at)},
               {"world", row.world},
               {"seed", row.seed},
               {"repeat", row.repeat},
               {"valid", row.valid()},
               {"invalid_reasons", row.invalid},
               {"folder", row.folder},
               {"figures", Json::object()}};
  for (std::size_t i = 0; i < table.figures.size(); ++i) {
    json["figures"][table.figures[i].name] = row.figures[i] ? Json(*row.figures[i]) : Json(nullptr);
  }
  return json;
}

Json json_of(const SweepTable& table, const SweepPoint& point) {
  Json json = {{"axes", axes_json(table, point.at)}, {"world", point.world}, {"figures", Json::object()}};
  for (std::size_t i = 0; i < table.figures.size(); ++i) {
    Json figure = nullptr;
    if (const auto spread = spread_of(point, i)) {
      figure = {{"runs", spread->runs}, {"low", spread->low}, {"median", spread->median}, {"high", spread->high}};
    }
    json["figures"][table.figures[i].name] = std::move(figure);
  }
  return json;
}

}  // namespace

std::vector<SweepPoint> points_of(const SweepTable& table) {
  std::vector<SweepPoint> points;
  for (const SweepTable::Row& row : table.rows) {
    if (points.empty() || points.back().at != row.at || points.back().world != row.world) {
      points.push_back({row.at, row.world, {}});
    }
    points.back().rows.push_back(&row);
  }
  return points;
}

std::optional<Spread> spread_of(const SweepPoint& point, std::size_t figure) {
  std::vector<double> values;
  for (const SweepTable::Row* row : point.rows) {
    if (row->valid() && row->figures[figure]) values.push_back(*row->figures[figure]);
  }
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  return Spread{values.size(), quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75)};
}

std::string csv_of(const SweepTable& table) {
  std::string csv;
  for (const SweepTable::Axis& axis : table.axes) csv += csv_field(axis.name) + ',';
  csv += "world,seed,repeat,valid";
  for (const Figure& figure : table.figures) csv += ',' + csv_field(figure.name);
  csv += '\n';
  for (const SweepTable::Row& row : table.rows) {
    for (std::size_t i = 0; i < row.at.size(); ++i) csv += csv_field(table.axes[i].values[row.at[i]].label) + ',';
    csv += fmt::format("{},{},{},{}", row.world, row.seed, row.repeat, row.valid());
    for (const std::optional<double>& value : row.figures) csv += ',' + shown(value);
    csv += '\n';
  }
  return csv;
}

std::string json_of(const SweepTable& table) {
  Json json;
  json["schema"] = kSweepTableSchema;
  json["name"] = table.name;
  json["scenario"] = table.scenario;
  json["axes"] = Json::array();
  for (const SweepTable::Axis& axis : table.axes) json["axes"].push_back(json_of(axis));
  json["figures"] = Json::object();
  for (const Figure& figure : table.figures) json["figures"][figure.name] = figure.title;
  json["runs"] = Json::array();
  for (const SweepTable::Row& row : table.rows) json["runs"].push_back(json_of(table, row));
  json["points"] = Json::array();
  for (const SweepPoint& point : points_of(table)) json["points"].push_back(json_of(table, point));
  return dump(json);
}

}  // namespace meshtwin
