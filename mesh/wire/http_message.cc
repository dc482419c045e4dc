#include "mesh/wire/http_message.h"

namespace meshtwin {

std::size_t Headers::find(std::string_view name) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (this->name(i) == name) return i;
  }
  return fields_.size();
}

std::string_view Headers::get(std::string_view name) const {
  const std::size_t i = find(name);
  return i < size() ? value(i) : std::string_view();
}

Headers::Text Headers::keep(std::string_view text) {
  Text t = begin_text();
  grow_text(t, text);
  return t;
}

void Headers::grow_text(Text& t, std::string_view more) {
  text_.append(more.data(), more.size());
  t.length += static_cast<std::uint32_t>(more.size());
}

void Headers::add(std::string_view name, std::string_view value) {
  const Text kept = keep(name);
  fields_.push_back({kept, keep(value)});
}

void Headers::set(std::string_view name, std::string_view value) {
  remove(name);
  add(name, value);
}

void Headers::remove(std::string_view name) {
  for (std::size_t i = fields_.size(); i-- > 0;) {
    if (this->name(i) == name) fields_.erase(i);
  }
}

void Headers::lower_case(Text name) {
  char* c = text_.data() + name.at;
  for (std::uint32_t i = 0; i < name.length; ++i) {
    if (c[i] >= 'A' && c[i] <= 'Z') c[i] = static_cast<char>(c[i] - 'A' + 'a');
  }
}

std::unique_ptr<RequestHead> make_request(std::string_view method, std::string_view authority, std::string_view path) {
  auto head = std::make_unique<RequestHead>();
  head->set_method(method);
  head->set_authority(authority);
  head->set_path(path);
  return head;
}

}  // namespace meshtwin
