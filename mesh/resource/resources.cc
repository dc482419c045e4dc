#include "mesh/resource/resources.h"

#include <algorithm>

#include "mesh/resource/document_io.h"
#include "mesh/resource/document_kind.h"
#include "mesh/resource/nearest.h"
#include "mesh/resource/reading.h"

namespace meshtwin {

namespace {

class Reader {
 public:
  Reader(Resources& into, ProblemList& problems, const ReadOptions& options)
      : into_(into), problems_(problems), options_(options) {}

  void read(const Node& document) {
    if (problems_.full() || !is_mapping(document)) return;
    const Node* kind_node = kind_of(document);
    if (kind_node == nullptr) return;
    if (is_list(kind_node->text)) return read_items(document, kind_node->text);
    const Node* version = document.find("apiVersion");
    const std::string api_version = version == nullptr ? std::string() : version->text;
    if (is_ignored(kind_node->text, std::string(group_of(api_version)))) {
      ++into_.ignored;
      return;
    }
    const DocumentKind* kind = find_kind(kind_node->text, api_version);
    if (kind == nullptr) {
      problems_.add(kind_node->place(), "found " + describe(*kind_node) + ", expected one of " +
                                            listing(kind_names(), 60) + suggestion(kind_node->text, kind_names()) +
                                            "; other kinds can be left out by name (ignore)");
      return;
    }
    if (version != nullptr && kind->group != group_of(api_version)) {
      problems_.add(version->place(), "found " + describe(*version) + ", expected " +
                                          (kind->versions.size() > 1 ? "one of " : "") + listing(kind->api_versions()) +
                                          " for a " + kind->kind);
      return;
    }
    read_as(*kind, document);
  }

 private:
  // By "Kind" or "group/Kind".
  bool is_ignored(const std::string& kind, const std::string& group) const {
    return std::any_of(options_.ignored_kinds.begin(), options_.ignored_kinds.end(),
                       [&](const std::string& name) { return name == kind || name == group + "/" + kind; });
  }

  bool is_mapping(const Node& document) {
    if (document.kind == Node::Kind::map) return true;
    problems_.add(document.place(), "found " + describe(document) + ", expected a document with apiVersion and kind");
    return false;
  }

  const Node* kind_of(const Node& document) {
    const Node* kind = document.find("kind");
    if (kind != nullptr && kind->kind == Node::Kind::scalar) return kind;
    problems_.add(
        kind == nullptr ? document.place() : kind->place(),
        (kind == nullptr ? "found no key \"kind\"" : "found " + describe(*kind)) +
            ", expected the kind of a document, such as kind: VirtualService, or {file: …}" +
            (document.keys.empty() || kind != nullptr ? "" : suggestion(document.keys[0].text, {"kind", "file"})));
    return nullptr;
  }

  // `List`, and `DestinationRuleList` and the like.
  static bool is_list(const std::string& kind) {
    if (kind == "List") return true;
    constexpr std::string_view kSuffix = "List";
    return kind.ends_with(kSuffix) &&
           find_kind(std::string_view(kind).substr(0, kind.size() - kSuffix.size()), "") != nullptr;
  }

  void read_items(const Node& document, const std::string& kind) {
    const Node* items = document.find("items");
    if (items == nullptr || items->kind != Node::Kind::list) {
      problems_.add(items == nullptr ? document.place() : items->place(),
                    "found no list of items in a " + kind + ", expected items: […]");
      return;
    }
    for (const Node& item : items->items) read(item);
  }

  void read_as(const DocumentKind& kind, const Node& document) {
    const bool run = options_.purpose == Purpose::run;
    if (run && !kind.honoured) {
      problems_.add(document.find("kind")->place(), "found " + quote(kind.kind) +
                                                        ", which is valid, but a run does not act on it yet; it "
                                                        "can be left out by name (ignore)");
      return;
    }
    const std::size_t before = problems_.size();
    check_shape(document, *kind.shape, problems_, options_.purpose);
    if (problems_.size() != before) return;
    Findings findings(problems_, into_.warnings, options_.purpose);
    if (kind.rules != nullptr) kind.rules(document, findings);
    if (problems_.size() != before) return;
    ObjectMeta meta = read_meta(kind, document);
    if (!take_name(meta, document)) return;
    ++into_.kinds[kind.kind];
    into_.texts.push_back(to_document_text(document));
    if (kind.read != nullptr) kind.read(document, std::move(meta), into_);
  }

  static ObjectMeta read_meta(const DocumentKind& kind, const Node& document) {
    const Node* node = document.find("metadata");
    ObjectMeta meta;
    meta.kind = kind.kind;
    meta.name = read_text(node, "name");
    if (kind.in_namespace) meta.name_space = read_text(node, "namespace", "default");
    meta.labels = read_labels(node, "labels");
    meta.annotations = read_labels(node, "annotations");
    meta.place = document.place();
    return meta;
  }

  bool take_name(const ObjectMeta& meta, const Node& document) {
    const std::string group = document.find("apiVersion")->text.substr(0, document.find("apiVersion")->text.find('/'));
    if (into_.names.insert(group + "/" + meta.kind + "/" + meta.name_space + "/" + meta.name).second) return true;
    problems_.add(document.find("metadata")->find("name")->place(),
                  "found a second " + meta.kind + " " + quote(meta.name) + ", expected each name once");
    return false;
  }

  Resources& into_;
  ProblemList& problems_;
  const ReadOptions& options_;
};

}  // namespace

void add_resource(const Node& document, Resources& into, ProblemList& problems, const ReadOptions& options) {
  Reader(into, problems, options).read(document);
}

}  // namespace meshtwin
