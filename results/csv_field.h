#pragma once

// A field of a CSV file by RFC 4180: quoted where it has to be.

#include <string>
#include <string_view>

namespace meshtwin {

std::string csv_field(std::string_view text);

}  // namespace meshtwin
