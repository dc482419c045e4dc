// The language of sweep files as a description, and the JSON Schema written from it.

#include "mesh/base/time.h"
#include "scenarios/language.h"
#include "scenarios/sweep.h"

namespace meshtwin {

namespace {

using Kind = Shape::Kind;

ShapePtr text() {
  return scalar(Kind::text);
}

ShapePtr axis() {
  const ShapePtr range = object({{"from", any_value(), true, "the first value, such as 100/s"},
                                 {"to", any_value(), true, "the last"},
                                 {"step", any_value(), false, "from one value to the next"},
                                 {"steps", integer(2, 1000), false, "how many values"},
                                 {"log", scalar(Kind::boolean), false, "with steps: evenly in their logarithm"}},
                                {"step", "steps"});
  return choice({list_of(any_value(), 1, 1000), range});
}

ShapePtr plot() {
  return object({{"x", text(), false, "an axis; default: the first of numbers"},
                 {"y", text(), true, "a figure"},
                 {"by", text(), false, "an axis with a line for each of its values; default: another with at most 8"},
                 {"log", word({"none", "x", "y", "xy"}), false, "logarithmic axes; default: as the values lie"}});
}

ShapePtr settings() {
  return map_of(text(), any_value());
}

ShapePtr whole() {
  const ShapePtr plots = plot();
  return object(
      {{"schema", integer(1, 1), true, "version of the language: 1"},
       {"name", scalar(Kind::name), true, "of the sweep"},
       {"description", text(), false, "for people"},
       {"scenario", text(), true, "the scenario's file, relative to this one"},
       {"world", word({"sim", "emu", "both"}), false, "default sim"},
       {"set", settings(), false, "settings of every run, by their paths"},
       {"vary", map_of(text(), axis()), false, "axes: a setting's path, and its values"},
       {"cases", map_of(scalar(Kind::name), map_of(text(), settings(), 1)), false,
        "axes whose values are groups of settings, by name"},
       {"seeds", choice({integer(1, 1000), list_of(integer(0, std::numeric_limits<std::int64_t>::max()), 1, 1000)}),
        false, "so many, from the scenario's on; or these; default 1"},
       {"repeats", integer(1, 1000), false, "of each real run; default 1"},
       {"figures", list_of(text(), 1, 64), false, "columns of the table; default: latency, success, retries, CPU"},
       {"plot", choice({plots, list_of(plots, 1, 64)}), false, "what is drawn with --plot"}});
}

}  // namespace

const Shape& sweep_shape() {
  static const ShapePtr shape = whole();
  return *shape;
}

std::string sweep_schema() {
  return schema_of(sweep_shape(), "meshtwin sweep");
}

}  // namespace meshtwin
