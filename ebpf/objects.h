#pragma once

// The compiled programs, built into this program.

#include <string_view>

namespace meshtwin {

std::string_view capture_object();
std::string_view acceleration_object();

}  // namespace meshtwin
