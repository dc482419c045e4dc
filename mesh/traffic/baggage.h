#pragma once

// The members of a `baggage` header (W3C): "key=value;property, key=value". Values are percent-encoded there.

#include <string>
#include <string_view>

namespace meshtwin {

std::string baggage_member(std::string_view baggage, std::string_view key);  // empty: there is none
// With that member in place of those of its key; the others as they came.
std::string with_baggage_member(std::string_view baggage, std::string_view key, std::string_view value);

}  // namespace meshtwin
