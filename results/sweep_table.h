#pragma once

// What a sweep gives: a row a run, with where it stood on each axis and its figures. Tidy: everything else (medians,
// plots, a reader's own analysis) starts from these rows. Runs that are not valid stay in them, marked, and count in
// no median.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/figures.h"

namespace meshtwin {

inline constexpr int kSweepTableSchema = 1;

struct SweepTable {
  struct Value {
    std::string label;             // as it was written
    std::optional<double> number;  // in the axis's unit
  };
  struct Axis {
    std::string name;  // load.0.rate
    std::string unit;  // of the numbers; empty: plain numbers, or none
    bool numeric = false;
    bool logarithmic = false;
    std::vector<Value> values;
  };
  struct Row {
    std::vector<std::size_t> at;  // a place in each axis's values
    std::string world;
    std::uint64_t seed = 0;
    int repeat = 1;
    std::string folder;                          // with the run's results
    std::vector<std::string> invalid;            // why it is not valid; empty: it is
    std::vector<std::optional<double>> figures;  // in the order of the table's

    bool valid() const { return invalid.empty(); }
  };

  std::string name;
  std::string scenario;
  std::vector<Axis> axes;
  std::vector<Figure> figures;
  std::vector<Row> rows;
};

// The runs of one point in one world, in the table's order.
struct SweepPoint {
  std::vector<std::size_t> at;
  std::string world;
  std::vector<const SweepTable::Row*> rows;
};
std::vector<SweepPoint> points_of(const SweepTable& table);

// Of a figure over a point's valid runs; quartiles by linear interpolation between ranks.
struct Spread {
  std::size_t runs = 0;  // that have the figure
  double low = 0;        // quartiles
  double median = 0;
  double high = 0;
};
std::optional<Spread> spread_of(const SweepPoint& point, std::size_t figure);

// Columns: the axes, world, seed, repeat, valid, the figures. RFC 4180; absent figures are empty.
std::string csv_of(const SweepTable& table);
std::string json_of(const SweepTable& table);

}  // namespace meshtwin
