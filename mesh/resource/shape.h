#pragma once

// The shape of a document: which keys an object knows, what each value must look like. One description serves three
// ends: the check that reports every deviation with its place, the JSON Schema for editors, and paths given on the
// command line. Of how values relate to each other shapes say only which keys exclude each other; the rest is checked
// by whoever reads them.

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mesh/base/problems.h"
#include "mesh/resource/node.h"

namespace meshtwin {

struct Shape;
using ShapePtr = std::shared_ptr<const Shape>;

struct Field {
  std::string key;
  ShapePtr shape;
  bool required = false;
  std::string about;     // one line, for editors
  bool honoured = true;  // otherwise it is valid, but nothing here acts on it: a run refuses it by name
};

// What a document is checked for. A run refuses what it would have to leave out.
enum class Purpose : unsigned char { run, validate };

struct Shape {
  enum class Kind {
    text,
    name,
    word,
    boolean,
    integer,
    number,  // scalars
    time,
    go_duration,
    rate,
    size,
    bandwidth,
    share,
    list,
    map,
    object,
    choice,
    resource,  // an Istio or Kubernetes document (see resources.h)
    any,       // a value, whose shape somebody else knows
  };

  Kind kind = Kind::text;
  // integer: the value; time: nanoseconds; size: bytes; bandwidth: bits a second; list, map: items; text: characters.
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  double number_above = -1;  // number, rate: greater than this
  double number_most = 1e15;
  std::string pattern;                              // text: RE2 that the whole of it matches; empty: any
  std::string what;                                 // text: what it is, for messages; empty: said by its bounds
  bool nullable = false;                            // an explicit null stands for absence
  std::vector<std::string> words;                   // word: what it may be
  ShapePtr item;                                    // list: items; map: values
  ShapePtr key;                                     // map: keys (a name or a text)
  std::vector<Field> fields;                        // object
  std::vector<std::string> one_of;                  // object: exactly one of these keys is there
  std::vector<std::vector<std::string>> exclusive;  // object: of each of these groups at most one key is there
  std::vector<std::string> unsupported;  // object: known elsewhere, refused here by name; word: valid, but not honoured
  std::vector<ShapePtr> alternatives;    // choice: told apart by the value's kind; at most one object or map, one list
};

ShapePtr scalar(Shape::Kind kind);  // text, name, boolean, share
ShapePtr word(std::vector<std::string> words, std::vector<std::string> unsupported = {});
ShapePtr integer(std::int64_t least, std::int64_t most);
ShapePtr number_above(double bound, double most);  // number
ShapePtr rate_above(double bound);
ShapePtr quantity(Shape::Kind kind, std::int64_t least, std::int64_t most);  // time, go_duration, size, bandwidth
ShapePtr list_of(ShapePtr item, std::int64_t least = 0, std::int64_t most = 100'000);
ShapePtr map_of(ShapePtr key, ShapePtr item, std::int64_t least = 0);
ShapePtr object(std::vector<Field> fields, std::vector<std::string> one_of = {},
                std::vector<std::string> unsupported = {});
ShapePtr choice(std::vector<ShapePtr> alternatives);
ShapePtr resource_shape();
ShapePtr any_value();
ShapePtr text_of(std::int64_t least, std::int64_t most, std::string pattern = {}, std::string what = {});
ShapePtr nullable(const ShapePtr& shape);
// The object with groups of keys that exclude each other.
ShapePtr excluding(const ShapePtr& object, std::vector<std::vector<std::string>> groups);

bool is_scalar(const Shape& shape);  // of one scalar kind, no choice

// "a time with its unit, such as 250ms or 10s"
std::string expectation_of(const Shape& shape);
std::vector<std::string> keys_of(const Shape& object);
const Field* field_of(const Shape& object, std::string_view key);
// Which alternative a value of this kind stands for; the shape itself when it is no choice. Null: none.
const Shape* alternative_for(const Shape& shape, const Node& node);

// Adds a problem for everything in `node` that deviates from `shape`.
void check_shape(const Node& node, const Shape& shape, ProblemList& problems, Purpose purpose = Purpose::run);

}  // namespace meshtwin
