#include "scenarios/override.h"

#include <algorithm>
#include <optional>

#include "mesh/resource/nearest.h"
#include "mesh/resource/units.h"
#include "mesh/resource/utf8.h"
#include "mesh/resource/yaml.h"

namespace meshtwin {

namespace {

struct Step {
  std::string name;
  int column = 1;
};

std::vector<Step> split(std::string_view path) {
  std::vector<Step> steps;
  std::size_t at = 0;
  while (true) {
    const std::size_t dot = std::min(path.find('.', at), path.size());
    steps.push_back({std::string(path.substr(at, dot - at)), static_cast<int>(at) + 1});
    if (dot == path.size()) return steps;
    at = dot + 1;
  }
}

class Override {
 public:
  Override(const Setting& setting, ProblemList& problems)
      : setting_(setting), file_(std::make_shared<const std::string>(setting.place.file)), problems_(problems) {}

  void apply(Node& root, const Shape& shape) {
    std::vector<Step> steps = split(setting_.path);
    Node* node = &root;
    const Shape* at = &shape;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      at = at == nullptr ? nullptr : alternative_for(*at, *node);
      if (at != nullptr && at->kind == Shape::Kind::map && is_scalar(*at->item)) join_from(i, steps);
      node = descend(*node, at, steps[i], i + 1 == steps.size());
      if (node == nullptr) return;
    }
    *node = setting_.value;
  }

 private:
  // Below a mapping of plain values there is nothing more to name: dots belong to the key (app.kubernetes.io/name).
  static void join_from(std::size_t first, std::vector<Step>& steps) {
    for (std::size_t i = first + 1; i < steps.size(); ++i) steps[first].name += '.' + steps[i].name;
    steps.resize(first + 1);
  }

  Place place_of(const Step& step) const {
    return {setting_.place.file, setting_.place.line, setting_.place.column + step.column - 1};
  }
  void problem(const Step& step, const std::string& message) { problems_.add(place_of(step), message); }

  // The child that `step` names, made when the language knows it and it may be added; null when it does not. Moves
  // `shape` on to the child's.
  Node* descend(Node& node, const Shape*& shape, const Step& step, bool last) {
    if (node.kind == Node::Kind::list) return descend_list(node, shape, step);
    const bool is_object = shape != nullptr && shape->kind == Shape::Kind::object;
    const bool is_map = shape != nullptr && shape->kind == Shape::Kind::map;
    if (node.kind != Node::Kind::map) {
      problem(step, "found " + quote(step.name) + " inside " + describe(node) + ", expected no further step here");
      return nullptr;
    }
    if (is_object) {
      const Field* field = field_of(*shape, step.name);
      if (field == nullptr) {
        const std::vector<std::string> known = keys_of(*shape);
        problem(step, "found the unknown key " + quote(step.name) + ", expected one of " + listing(known) +
                          suggestion(step.name, known));
        return nullptr;
      }
      shape = field->shape.get();
      return child_or_new(node, step, *shape);
    }
    Node* child = node.find(step.name);
    if (child == nullptr && !(is_map && last)) {
      std::vector<std::string> known;
      for (const Node& key : node.keys) known.push_back(key.text);
      problem(step, "found the unknown name " + quote(step.name) + ", expected " +
                        (known.empty() ? "no further step here" : "one of " + listing(known)) +
                        suggestion(step.name, known));
      return nullptr;
    }
    shape = is_map ? shape->item.get() : nullptr;
    return child != nullptr ? child : child_or_new(node, step, *shape);
  }

  Node* child_or_new(Node& node, const Step& step, const Shape& shape) {
    if (Node* child = node.find(step.name)) return child;
    Node fresh;
    fresh.kind = shape.kind == Shape::Kind::list ? Node::Kind::list : Node::Kind::map;
    fresh.file = file_;
    fresh.line = setting_.place.line;
    fresh.column = place_of(step).column;
    Node key = fresh;
    key.kind = Node::Kind::scalar;
    key.text = step.name;
    node.keys.push_back(std::move(key));
    node.items.push_back(std::move(fresh));
    return &node.items.back();
  }

  Node* descend_list(Node& node, const Shape*& shape, const Step& step) {
    const auto index = parse_integer(step.name);
    if (!index.value || *index.value < 0 || static_cast<std::size_t>(*index.value) >= node.items.size()) {
      const std::string most = node.items.empty() ? "nothing: the list is empty"
                                                  : "a number from 0 to " + std::to_string(node.items.size() - 1);
      problem(step, "found " + quote(step.name) + " for an item of a list, expected " + most);
      return nullptr;
    }
    shape = shape != nullptr && shape->kind == Shape::Kind::list ? shape->item.get() : nullptr;
    return &node.items[static_cast<std::size_t>(*index.value)];
  }

  const Setting& setting_;
  std::shared_ptr<const std::string> file_;
  ProblemList& problems_;
};

// path=value as a setting; nothing when it is none, which has been said then.
std::optional<Setting> read_setting(const std::string& text, ProblemList& problems) {
  Setting setting;
  setting.place = {"--set " + text, 1, 1};
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    problems.add(setting.place, "found " + quote(text) + ", expected path=value");
    return std::nullopt;
  }
  setting.path = text.substr(0, equals);
  // Blanks in place of the path, so that columns are those of the whole setting.
  const std::string padded = std::string(equals + 1, ' ') + text.substr(equals + 1);
  const int column = static_cast<int>(equals) + 2;
  const std::size_t before = problems.size();
  std::vector<Node> documents = read_yaml(padded, setting.place.file, problems);
  if (problems.size() != before) return std::nullopt;
  if (documents.size() > 1) {
    problems.add({setting.place.file, 1, column}, "found several documents, expected one value");
    return std::nullopt;
  }
  setting.value.file = std::make_shared<const std::string>(setting.place.file);
  setting.value.line = 1;
  setting.value.column = column;
  if (documents.size() == 1) setting.value = std::move(documents.front());
  return setting;
}

}  // namespace

void apply_override(Node& root, const Shape& shape, const Setting& setting, ProblemList& problems) {
  Override(setting, problems).apply(root, shape);
}

void apply_override(Node& root, const Shape& shape, const std::string& text, ProblemList& problems) {
  if (const auto fault = find_text_fault(text)) {
    problems.add({"--set", 1, static_cast<int>(fault->offset) + 1},
                 "found " + fault->what + ", expected text in UTF-8");
    return;
  }
  if (const auto setting = read_setting(text, problems)) apply_override(root, shape, *setting, problems);
}

}  // namespace meshtwin
