#include "mesh/traffic/baggage.h"

namespace meshtwin {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the first member off.
std::string_view next_member(std::string_view& rest) {
  const std::size_t comma = rest.find(',');
  const std::string_view member = rest.substr(0, comma);
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  return trimmed(member);
}

std::string_view key_of(std::string_view member) {
  return trimmed(member.substr(0, member.find('=')));
}

// Not of what separates members and properties, nor of the escape itself.
bool stands_for_itself(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\' && c != '%';
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string encoded(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (stands_for_itself(c)) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += '%';
      text += "0123456789ABCDEF"[byte >> 4];
      text += "0123456789ABCDEF"[byte & 15U];
    }
  }
  return text;
}

std::string decoded(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && digit_of(text[i + 1]) >= 0 && digit_of(text[i + 2]) >= 0;
    value += escape ? static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return value;
}

}  // namespace

std::string baggage_member(std::string_view baggage, std::string_view key) {
  while (!baggage.empty()) {
    const std::string_view member = next_member(baggage);
    const std::size_t equals = member.find('=');
    if (equals == std::string_view::npos || key_of(member) != key) continue;
    std::string_view value = member.substr(equals + 1);
    return decoded(trimmed(value.substr(0, value.find(';'))));
  }
  return {};
}

std::string with_baggage_member(std::string_view baggage, std::string_view key, std::string_view value) {
  std::string all = std::string(key) + '=' + encoded(value);
  while (!baggage.empty()) {
    const std::string_view member = next_member(baggage);
    if (!member.empty() && key_of(member) != key) all.append(",").append(member);
  }
  return all;
}

}  // namespace meshtwin
