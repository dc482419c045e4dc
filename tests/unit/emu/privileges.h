#pragma once

// Tests that make network namespaces need to be root, at least in a user namespace of their own.

#include <string>

namespace meshtwin {

// Makes this process root in a user namespace when it is not privileged already. Empty, or why it cannot.
std::string acquire_test_privileges();

}  // namespace meshtwin
