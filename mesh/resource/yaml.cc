#include "mesh/resource/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "mesh/resource/utf8.h"

namespace meshtwin {

namespace {

struct StopReading {};

// yaml-cpp counts columns in bytes, people in characters.
class Places {
 public:
  explicit Places(std::string_view text) : text_(text) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') starts_.push_back(i + 1);
  }

  LineColumn operator()(const YAML::Mark& mark) const {
    if (mark.is_null()) return {};
    const auto line = std::min(static_cast<std::size_t>(mark.line), starts_.size() - 1);
    const std::string_view before = text_.substr(starts_[line], static_cast<std::size_t>(mark.column));
    return {static_cast<int>(line) + 1, line_column(before, before.size()).column};
  }

  std::string_view from(std::size_t offset) const { return text_.substr(std::min(offset, text_.size())); }

 private:
  std::string_view text_;
  std::vector<std::size_t> starts_;
};

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const Places& places, const std::string& file_name, ProblemList& problems)
      : places_(places), file_(std::make_shared<const std::string>(file_name)), problems_(problems) {}

  std::optional<Node> take() { return std::exchange(done_, std::nullopt); }
  bool take_started() { return std::exchange(started_, false); }

  void OnDocumentStart(const YAML::Mark&) override {
    started_ = true;
    anchors_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(make(mark, Node::Kind::null), anchor); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Node here = make(mark, Node::Kind::null);
    if (++aliases_ > kYamlAliasesMost) stop(here, "more than " + std::to_string(kYamlAliasesMost) + " aliases");
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop(here, "an alias inside the value it names");
    count(here, found->second.size);
    if (open_.size() + found->second.depth > kYamlDepthMost) stop_too_deep(here);
    add(found->second.node, 0, found->second.size, found->second.depth);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    Node node = make(mark, Node::Kind::scalar);
    node.text = text;
    node.quoted = tag == "!";
    refuse_tag(node, tag);
    scalar_end_ = static_cast<std::size_t>(mark.pos) + text.size();
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    start(make(mark, Node::Kind::list), tag, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    start(make(mark, Node::Kind::map), tag, anchor);
  }
  void OnMapEnd() override {
    if (is_address(open_.back())) become_scalar(open_.back());
    end();
  }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::size_t size = 1;   // values in it, itself included
    std::size_t depth = 1;  // levels in it, its own included
    bool has_key = false;   // map: a key waits for its value
    std::set<std::string> seen;
  };
  struct Anchored {
    Node node;
    std::size_t size;
    std::size_t depth;
  };

  Node make(const YAML::Mark& mark, Node::Kind kind) const {
    const LineColumn at = places_(mark);
    Node node;
    node.kind = kind;
    node.file = file_;
    node.line = at.line;
    node.column = at.column;
    return node;
  }

  // `[fd00::]`: YAML 1.2 sees a key without a value, Kubernetes' reader a text that ends in a colon.
  bool is_address(const Open& map) const {
    if (map.node.keys.size() != 1 || map.node.keys[0].quoted || map.node.items[0].kind != Node::Kind::null)
      return false;
    const bool in_list = open_.size() > 1 && open_[open_.size() - 2].node.kind == Node::Kind::list;
    const std::string_view rest = places_.from(scalar_end_);
    return in_list && rest.size() > 1 && rest[0] == ':' && (rest[1] == ']' || rest[1] == ',');
  }

  static void become_scalar(Open& map) {
    Node key = std::move(map.node.keys[0]);
    key.text += ':';
    map.node = std::move(key);
  }

  [[noreturn]] void stop(const Node& at, const std::string& found) {
    problems_.add(at.place(), "found " + found + ", expected a plain document without such");
    throw StopReading();
  }

  [[noreturn]] void stop_too_deep(const Node& at) {
    stop(at, "more than " + std::to_string(kYamlDepthMost) + " levels of nesting");
  }

  void count(const Node& at, std::size_t more) {
    nodes_ += more;
    if (nodes_ > kYamlNodesMost)
      stop(at, "more than " + std::to_string(kYamlNodesMost) + " values (with what aliases expand to)");
  }

  void refuse_tag(const Node& node, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      problems_.add(node.place(), "found the tag " + quote(tag) + ", expected a value without a tag");
  }

  void start(Node node, const std::string& tag, YAML::anchor_t anchor) {
    count(node, 1);
    refuse_tag(node, tag);
    if (open_.size() >= kYamlDepthMost) stop_too_deep(node);
    open_.emplace_back();
    open_.back().node = std::move(node);
    open_.back().anchor = anchor;
  }

  void end() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    add(std::move(closed.node), closed.anchor, closed.size, closed.depth);
  }

  void add(Node node, YAML::anchor_t anchor) {
    count(node, 1);
    add(std::move(node), anchor, 1, 1);
  }

  void add(Node node, YAML::anchor_t anchor, std::size_t size, std::size_t depth) {
    if (anchor != 0) {
      count(node, size);  // the copy kept for aliases takes memory too
      anchors_.insert_or_assign(anchor, Anchored{node, size, depth});
    }
    if (open_.empty()) {
      done_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    parent.size += size;
    parent.depth = std::max(parent.depth, depth + 1);
    if (parent.node.kind == Node::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!std::exchange(parent.has_key, !parent.has_key)) {
      add_key(parent, std::move(node));
    } else {
      add_value(parent, std::move(node));
    }
  }

  void add_key(Open& parent, Node key) {
    if (key.kind != Node::Kind::scalar) {
      problems_.add(key.place(), "found " + describe(key) + " as a key, expected a text");
      key.text.clear();
    } else if (!parent.seen.insert(key.text).second) {
      problems_.add(key.place(), "found the key " + quote(key.text) + " a second time, expected it once");
    }
    parent.node.keys.push_back(std::move(key));
  }

  static void add_value(Open& parent, Node value) {
    const Node& key = parent.node.keys.back();
    if (value.kind == Node::Kind::null) {  // its mark is that of whatever comes next
      value.line = key.line;
      value.column = key.column;
    }
    parent.node.items.push_back(std::move(value));
  }

  const Places& places_;
  std::shared_ptr<const std::string> file_;
  ProblemList& problems_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::optional<Node> done_;
  bool started_ = false;
  std::size_t nodes_ = 0;
  std::size_t aliases_ = 0;
  std::size_t scalar_end_ = 0;  // of the last scalar, where it is plain
};

bool acceptable(std::string_view text, const std::string& file_name, ProblemList& problems) {
  if (text.size() > kYamlBytesMost) {
    problems.add({file_name, 0, 0},
                 "found " + std::to_string(text.size()) + " bytes, expected at most " + std::to_string(kYamlBytesMost));
    return false;
  }
  if (const auto fault = find_text_fault(text)) {
    const LineColumn at = line_column(text, fault->offset);
    problems.add({file_name, at.line, at.column}, "found " + fault->what + ", expected text in UTF-8");
    return false;
  }
  return true;
}

}  // namespace

std::vector<Node> read_yaml(std::string_view text, const std::string& file_name, ProblemList& problems) {
  std::vector<Node> documents;
  if (!acceptable(text, file_name, problems)) return documents;
  const Places places(text);
  TreeBuilder builder(places, file_name, problems);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
      auto document = builder.take();
      if (document && document->kind != Node::Kind::null) documents.push_back(std::move(*document));
    }
  } catch (const StopReading&) {
    // said already
  } catch (const YAML::Exception& error) {
    const LineColumn at = places(error.mark);
    problems.add({file_name, at.line, at.column}, "found what is no YAML (" + error.msg + "), expected YAML");
  }
  return documents;
}

std::string read_text_file(const std::string& path, std::size_t bytes_most) {
  namespace fs = std::filesystem;
  const auto refuse = [&](const std::string& message) -> Problem { return {{path, 0, 0}, message}; };
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) throw refuse("found no such file");
  if (error) throw refuse("cannot look at the file: " + error.message());
  if (!fs::is_regular_file(status)) throw refuse("found no regular file, expected one");
  const auto size = fs::file_size(path, error);
  if (error) throw refuse("cannot see how large the file is: " + error.message());
  const auto too_large = [&](const std::string& found) {
    return refuse("found " + found + " bytes, expected at most " + std::to_string(bytes_most));
  };
  if (size > bytes_most) throw too_large(std::to_string(size));

  const auto close = [](std::FILE* file) { std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rb"), close);
  if (!file) throw refuse(std::string("cannot open the file: ") + std::strerror(errno));
  std::string text(size + 1, '\0');  // one more: it may have grown meanwhile
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get())) throw refuse(std::string("cannot read the file: ") + std::strerror(errno));
  if (text.size() > size) throw refuse("found it growing while it was read");
  return text;
}

}  // namespace meshtwin
