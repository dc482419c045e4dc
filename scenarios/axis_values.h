#pragma once

// The values along an axis of a sweep as quantities: which are numbers and of what unit, so that a plot can put them
// where they belong; and ranges, which are values that nobody wrote down one by one.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mesh/base/problems.h"
#include "mesh/resource/node.h"

namespace meshtwin {

struct Quantity {
  enum class Kind : unsigned char { integer, number, share, rate, time, size, bandwidth };
  Kind kind = Kind::integer;
  double value = 0;  // as units.h reads it: nanoseconds, bytes, bits a second, a second, 0..1
};

std::optional<Quantity> parse_quantity(std::string_view text);
// The shortest text that reads back as the same.
std::string format_quantity(const Quantity& quantity);

// {from, to, step}, {from, to, steps}, {from, to, steps, log: true} as the scalars it stands for, with the range's
// place. Mistakes are added to `problems`, and nothing comes back.
std::vector<Node> expand_range(const Node& range, ProblemList& problems);

// How an axis of these texts is shown.
struct AxisScale {
  bool numeric = false;      // all of them are quantities of one kind
  bool logarithmic = false;  // and lie evenly on a logarithmic scale rather than on a linear one
  std::string unit;
  std::vector<std::optional<double>> numbers;  // in that unit
};
AxisScale scale_of(const std::vector<std::string>& texts);

// A tree in YAML's flow style on one line, which reads back as the same tree: `4`, `{median: 2.2ms, sigma: 0.4}`.
std::string flow_text(const Node& node);

}  // namespace meshtwin
