#pragma once

// The right spelling of a wrong name: the known name with the fewest letters changed, added, dropped or swapped.

#include <string>
#include <string_view>
#include <vector>

namespace meshtwin {

std::size_t edit_distance(std::string_view a, std::string_view b);

// Empty when nothing is near (more than a third of the letters differ). The first of equally near names.
std::string nearest(std::string_view name, const std::vector<std::string>& known);

// `; did you mean "backend"?`, or empty.
std::string suggestion(std::string_view name, const std::vector<std::string>& known);

// "a, b, c and 7 more"
std::string listing(const std::vector<std::string>& names, std::size_t most = 24);

}  // namespace meshtwin
