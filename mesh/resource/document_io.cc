#include "mesh/resource/document_io.h"

#include "mesh/resource/yaml.h"

namespace meshtwin {
namespace {

void write_text(const std::string& text, std::string& into) {
  static constexpr char kHex[] = "0123456789abcdef";
  into += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      into += '\\';
      into += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      into += "\\u00";
      into += kHex[byte >> 4];
      into += kHex[byte & 15];
    } else {
      into += c;
    }
  }
  into += '"';
}

void write(const Node& node, std::string& into) {
  switch (node.kind) {
    case Node::Kind::null:
      into += "null";
      return;
    case Node::Kind::scalar:
      if (!node.quoted && (is_number(node) || is_boolean(node))) {
        into += node.text;
      } else {
        write_text(node.text, into);
      }
      return;
    case Node::Kind::list:
    case Node::Kind::map:
      break;
  }
  const bool map = node.kind == Node::Kind::map;
  into += map ? '{' : '[';
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (i > 0) into += ", ";
    if (map) {
      write_text(node.keys[i].text, into);
      into += ": ";
    }
    write(node.items[i], into);
  }
  into += map ? '}' : ']';
}

}  // namespace

DocumentText to_document_text(const Node& document) {
  DocumentText result;
  write(document, result.text);
  result.file = document.place().file;
  result.line = document.line;
  return result;
}

Resources read_documents(std::span<const DocumentText> documents) {
  ProblemList problems;
  Resources resources;
  for (const DocumentText& document : documents) {
    for (const Node& node : read_yaml(document.text, document.file, problems)) add_resource(node, resources, problems);
  }
  problems.throw_if_any();
  return resources;
}

}  // namespace meshtwin
