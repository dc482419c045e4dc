#include "mesh/resource/shape.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>

#include "mesh/resource/nearest.h"
#include "mesh/resource/units.h"

namespace meshtwin {

namespace {

using Kind = Shape::Kind;

std::shared_ptr<Shape> make(Kind kind) {
  auto shape = std::make_shared<Shape>();
  shape->kind = kind;
  return shape;
}

bool is_object_like(const Shape& shape) {
  return shape.kind == Kind::object || shape.kind == Kind::map || shape.kind == Kind::resource;
}

bool is_dns_label(std::string_view text) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (text.empty() || text.size() > 63 || !alphanumeric(text.front()) || !alphanumeric(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) { return c == '-' || alphanumeric(c); });
}

std::string in_unit(const Shape& shape, std::int64_t value) {
  switch (shape.kind) {
    case Kind::time:
    case Kind::go_duration:
      return format_time(value);
    case Kind::size:
      return format_size(value);
    case Kind::bandwidth:
      return format_bandwidth(value);
    default:
      return std::to_string(value);
  }
}

// " of at least 1ms", " from 1 to 64", …
std::string bounds_of(const Shape& shape) {
  const bool has_most = shape.most != std::numeric_limits<std::int64_t>::max();
  if ((shape.least > 0 || shape.kind == Kind::integer) && has_most)
    return " from " + in_unit(shape, shape.least) + " to " + in_unit(shape, shape.most);
  if (shape.least > 0 || shape.kind == Kind::integer) return " of at least " + in_unit(shape, shape.least);
  if (has_most) return " of at most " + in_unit(shape, shape.most);
  return {};
}

std::string real_bounds_of(const Shape& shape) {
  if (shape.number_above < 0 && shape.number_most <= 100)
    return " from 0 to " + std::to_string(static_cast<int>(shape.number_most));
  if (shape.number_above < 0) return {};
  const std::string rate = format_rate(shape.number_above);
  return " above " + rate.substr(0, rate.size() - 2);
}

std::string words_of(const Shape& shape) {
  return (shape.words.size() > 1 ? "one of " : "") + listing(shape.words);
}

template <typename T, typename In>
std::string why_not(const Parsed<T>& parsed, In&& in_bounds) {
  if (!parsed.value) return parsed.why;
  return in_bounds(*parsed.value) ? std::string() : "it is out of bounds";
}

bool matches(std::string_view text, const std::string& pattern) {
  static std::map<std::string, RE2> compiled;
  return RE2::FullMatch(text, compiled.try_emplace(pattern, pattern).first->second);
}

std::string why_no_text(const Node& node, const Shape& shape) {
  if (!is_text(node)) return " ";
  const auto characters = std::count_if(node.text.begin(), node.text.end(),
                                        [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  if (characters < shape.least) return node.text.empty() ? " " : "it is too short";
  if (characters > shape.most) return "it has " + std::to_string(characters) + " characters";
  return shape.pattern.empty() || matches(node.text, shape.pattern) ? "" : " ";
}

std::string text_expectation(const Shape& shape) {
  if (!shape.what.empty()) return shape.what;
  std::string text = shape.least > 0 ? "a text that is not empty" : "a text";
  if (shape.most != std::numeric_limits<std::int64_t>::max())
    text +=
        std::string(shape.least > 0 ? ", of at most " : " of at most ") + std::to_string(shape.most) + " characters";
  if (!shape.pattern.empty()) text += " like " + shape.pattern;
  return text;
}

// Empty: the scalar is as it should be. Otherwise the reason, or " " when there is nothing to add to what was found.
std::string why_not(const Node& node, const Shape& shape) {
  const auto whole = [&](std::int64_t value) { return value >= shape.least && value <= shape.most; };
  const auto real = [&](double value) { return value > shape.number_above && value <= shape.number_most; };
  const auto share = [](double value) { return value <= 1; };
  switch (shape.kind) {
    case Kind::text:
      return why_no_text(node, shape);
    case Kind::name:
      return is_text(node) && is_dns_label(node.text) ? "" : " ";
    case Kind::word:
      return is_text(node) && std::count(shape.words.begin(), shape.words.end(), node.text) ? "" : " ";
    case Kind::boolean:
      return is_boolean(node) ? "" : " ";
    case Kind::integer:
      return is_number(node) ? why_not(parse_integer(node.text), whole) : " ";
    case Kind::number:
      return is_number(node) ? why_not(parse_number(node.text), real) : " ";
    case Kind::time:
      return why_not(parse_time(node.text), whole);
    case Kind::go_duration:
      return why_not(parse_go_duration(node.text), whole);
    case Kind::rate:
      return why_not(parse_rate(node.text), real);
    case Kind::size:
      return why_not(parse_size(node.text), whole);
    case Kind::bandwidth:
      return why_not(parse_bandwidth(node.text), whole);
    case Kind::share:
      return why_not(parse_share(node.text), share);
    case Kind::list:
    case Kind::map:
    case Kind::object:
    case Kind::choice:
    case Kind::resource:
    case Kind::any:
      break;
  }
  return " ";
}

void refuse(const Node& node, const Shape& shape, const std::string& why, ProblemList& problems) {
  const bool reason = !why.empty() && why != " " && !is_number(node);
  const bool number_reason = is_number(node) && (why.starts_with("it has no unit") || why == "it is too large");
  std::string text = "found " + describe(node);
  if (reason || number_reason) text += " (" + why + ")";
  text += ", expected " + expectation_of(shape);
  if (node.kind == Node::Kind::scalar) {
    if (shape.kind == Kind::word) {
      const bool known = std::count(shape.unsupported.begin(), shape.unsupported.end(), node.text) > 0;
      text += known ? "; " + quote(node.text) + " is not supported yet" : suggestion(node.text, shape.words);
    } else if (shape.kind == Kind::text && !is_text(node)) {
      text += "; put it in quotes";
    }
  }
  problems.add(node.place(), text);
}

void check_length(const Node& node, const Shape& shape, ProblemList& problems) {
  const auto count = static_cast<std::int64_t>(node.items.size());
  if (count >= shape.least && count <= shape.most) return;
  if (node.kind == Node::Kind::map && count == 0) {
    problems.add(node.place(), "found an empty mapping, expected at least one entry");
    return;
  }
  const std::string expected = shape.least == shape.most ? "exactly " + std::to_string(shape.least)
                               : count < shape.least     ? "at least " + std::to_string(shape.least)
                                                         : "at most " + std::to_string(shape.most);
  problems.add(node.place(), "found a " + std::string(node.kind == Node::Kind::map ? "mapping" : "list") + " of " +
                                 std::to_string(count) + ", expected " + expected);
}

class ShapeCheck {
 public:
  ShapeCheck(ProblemList& problems, Purpose purpose) : problems_(problems), purpose_(purpose) {}

  void check(const Node& node, const Shape& choice_or_shape) {
    if (problems_.full()) return;
    if (node.kind == Node::Kind::null && choice_or_shape.nullable) return;
    const Shape* shape = alternative_for(choice_or_shape, node);
    if (shape == nullptr || node.kind == Node::Kind::null) return refuse(node, choice_or_shape, {}, problems_);
    if (shape->kind == Kind::any) return;
    if (is_scalar(*shape)) return check_scalar(node, *shape);
    const Node::Kind kind = shape->kind == Kind::list ? Node::Kind::list : Node::Kind::map;
    if (node.kind != kind) return refuse(node, choice_or_shape, {}, problems_);
    if (shape->kind == Kind::resource) return;
    if (shape->kind == Kind::object) return check_object(node, *shape);
    check_length(node, *shape, problems_);
    for (const Node& key : node.keys) check_map_key(key, *shape->key);
    for (const Node& item : node.items) check(item, *shape->item);
  }

 private:
  void check_scalar(const Node& node, const Shape& shape) {
    const bool known = std::count(shape.unsupported.begin(), shape.unsupported.end(), node.text) > 0;
    if (purpose_ == Purpose::validate && shape.kind == Kind::word && known) return;
    const std::string why = node.kind == Node::Kind::scalar ? why_not(node, shape) : " ";
    if (!why.empty()) refuse(node, shape, why, problems_);
  }

  void check_map_key(Node key, const Shape& shape) {
    key.quoted = true;  // a number may be a name
    check(key, shape);
  }

  // The keys that would be taken.
  std::vector<std::string> taken(const Shape& shape) const {
    std::vector<std::string> keys;
    for (const Field& field : shape.fields)
      if (field.honoured || purpose_ == Purpose::validate) keys.push_back(field.key);
    return keys;
  }

  void check_key(const Node& key, const Shape& shape) {
    const std::vector<std::string> known = taken(shape);
    if (std::count(shape.unsupported.begin(), shape.unsupported.end(), key.text) > 0) {
      problems_.add(key.place(), "found the key " + quote(key.text) + ", which is not supported yet, expected one of " +
                                     listing(known));
      return;
    }
    problems_.add(key.place(), "found the unknown key " + quote(key.text) + ", expected one of " + listing(known) +
                                   suggestion(key.text, known));
  }

  void check_object(const Node& node, const Shape& shape) {
    std::vector<std::string> meant;  // by misspelt keys: these are not reported as absent, too
    for (std::size_t i = 0; i < node.keys.size() && !problems_.full(); ++i) {
      const Field* field = field_of(shape, node.keys[i].text);
      if (field == nullptr) {
        check_key(node.keys[i], shape);
        meant.push_back(nearest(node.keys[i].text, keys_of(shape)));
      } else if (!field->honoured && purpose_ == Purpose::run) {
        problems_.add(node.keys[i].place(), "found the key " + quote(field->key) +
                                                ", which is valid, but a run does not act on it yet, expected one of " +
                                                listing(taken(shape)));
      } else {
        check(node.items[i], *field->shape);
      }
    }
    const auto is_meant = [&](const std::string& key) { return std::count(meant.begin(), meant.end(), key) > 0; };
    for (const Field& field : shape.fields) {
      if (field.required && node.find(field.key) == nullptr && !is_meant(field.key))
        problems_.add(node.place(),
                      "found no key " + quote(field.key) + ", expected it here: " + expectation_of(*field.shape));
    }
    if (!shape.one_of.empty() && std::none_of(shape.one_of.begin(), shape.one_of.end(), is_meant))
      check_group(node, shape.one_of, true);
    for (const std::vector<std::string>& group : shape.exclusive) check_group(node, group, false);
  }

  void check_group(const Node& node, const std::vector<std::string>& group, bool required) {
    std::vector<std::string> present;
    for (const std::string& key : group)
      if (node.find(key) != nullptr) present.push_back(key);
    if (present.size() == 1 || (present.empty() && !required)) return;
    problems_.add(node.place(), "found " + (present.empty() ? "none" : listing(present)) + ", expected " +
                                    (required ? "exactly" : "at most") + " one of " + listing(group));
  }

  ProblemList& problems_;
  Purpose purpose_;
};

}  // namespace

ShapePtr scalar(Kind kind) {
  return make(kind);
}

ShapePtr word(std::vector<std::string> words, std::vector<std::string> unsupported) {
  auto shape = make(Kind::word);
  shape->words = std::move(words);
  shape->unsupported = std::move(unsupported);
  return shape;
}

ShapePtr integer(std::int64_t least, std::int64_t most) {
  return quantity(Kind::integer, least, most);
}

ShapePtr number_above(double bound, double most) {
  auto shape = make(Kind::number);
  shape->number_above = bound;
  shape->number_most = most;
  return shape;
}

ShapePtr rate_above(double bound) {
  auto shape = make(Kind::rate);
  shape->number_above = bound;
  shape->number_most = 1e7;
  return shape;
}

ShapePtr quantity(Kind kind, std::int64_t least, std::int64_t most) {
  auto shape = make(kind);
  shape->least = least;
  shape->most = most;
  return shape;
}

ShapePtr list_of(ShapePtr item, std::int64_t least, std::int64_t most) {
  auto shape = make(Kind::list);
  shape->item = std::move(item);
  shape->least = least;
  shape->most = most;
  return shape;
}

ShapePtr map_of(ShapePtr key, ShapePtr item, std::int64_t least) {
  auto shape = make(Kind::map);
  shape->key = std::move(key);
  shape->item = std::move(item);
  shape->least = least;
  return shape;
}

ShapePtr object(std::vector<Field> fields, std::vector<std::string> one_of, std::vector<std::string> unsupported) {
  auto shape = make(Kind::object);
  shape->fields = std::move(fields);
  shape->one_of = std::move(one_of);
  shape->unsupported = std::move(unsupported);
  return shape;
}

ShapePtr choice(std::vector<ShapePtr> alternatives) {
  auto shape = make(Kind::choice);
  shape->alternatives = std::move(alternatives);
  return shape;
}

ShapePtr resource_shape() {
  return make(Kind::resource);
}

ShapePtr any_value() {
  return make(Kind::any);
}

ShapePtr text_of(std::int64_t least, std::int64_t most, std::string pattern, std::string what) {
  auto shape = make(Kind::text);
  shape->least = least;
  shape->most = most;
  shape->pattern = std::move(pattern);
  shape->what = std::move(what);
  return shape;
}

ShapePtr nullable(const ShapePtr& shape) {
  auto copy = std::make_shared<Shape>(*shape);
  copy->nullable = true;
  return copy;
}

ShapePtr excluding(const ShapePtr& object, std::vector<std::vector<std::string>> groups) {
  auto copy = std::make_shared<Shape>(*object);
  copy->exclusive = std::move(groups);
  return copy;
}

bool is_scalar(const Shape& shape) {
  return shape.kind < Kind::list;
}

std::string expectation_of(const Shape& shape) {
  switch (shape.kind) {
    case Kind::text:
      return text_expectation(shape);
    case Kind::name:
      return "a name of a-z, 0-9 and - (at most 63, no - at its ends)";
    case Kind::word:
      return words_of(shape);
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
      return shape.least == shape.most ? "the number " + std::to_string(shape.least)
                                       : "a whole number" + bounds_of(shape);
    case Kind::number:
      return "a number" + real_bounds_of(shape);
    case Kind::time:
    case Kind::go_duration:
      return "a time" + bounds_of(shape) + ", such as 250ms or 10s";
    case Kind::rate:
      return "a rate" + real_bounds_of(shape) + ", such as 200/s or 90/m";
    case Kind::size:
      return "a size" + bounds_of(shape) + ", such as 512B or 1KB";
    case Kind::bandwidth:
      return "a bandwidth" + bounds_of(shape) + ", such as 100Mbit or 1Gbit";
    case Kind::share:
      return "a share from 0% to 100%, such as 0.5%";
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a mapping";
    case Kind::object:
      return "a mapping with " + listing(shape.one_of.empty() ? keys_of(shape) : shape.one_of, 12);
    case Kind::resource:
      return "an Istio document or {file: …}";
    case Kind::any:
      return "a value";
    case Kind::choice:
      break;
  }
  std::string text;
  for (const ShapePtr& alternative : shape.alternatives)
    text += (text.empty() ? "" : ", or ") + expectation_of(*alternative);
  return text;
}

std::vector<std::string> keys_of(const Shape& object) {
  std::vector<std::string> keys;
  for (const Field& field : object.fields) keys.push_back(field.key);
  return keys;
}

const Field* field_of(const Shape& object, std::string_view key) {
  for (const Field& field : object.fields)
    if (field.key == key) return &field;
  return nullptr;
}

const Shape* alternative_for(const Shape& shape, const Node& node) {
  if (shape.kind != Kind::choice) return &shape;
  const Shape* last = nullptr;
  for (const ShapePtr& alternative : shape.alternatives) {
    const bool fits = node.kind == Node::Kind::map    ? is_object_like(*alternative)
                      : node.kind == Node::Kind::list ? alternative->kind == Kind::list
                                                      : is_scalar(*alternative);
    if (!fits) continue;
    last = alternative.get();
    if (node.kind != Node::Kind::scalar || why_not(node, *alternative).empty()) return last;
  }
  // Several kinds of scalars and none fits: let the whole choice be named.
  const auto scalars = std::count_if(shape.alternatives.begin(), shape.alternatives.end(),
                                     [](const ShapePtr& a) { return is_scalar(*a); });
  return node.kind == Node::Kind::scalar && scalars > 1 ? nullptr : last;
}

void check_shape(const Node& node, const Shape& shape, ProblemList& problems, Purpose purpose) {
  ShapeCheck(problems, purpose).check(node, shape);
}

}  // namespace meshtwin
