#pragma once

// Work inside a network namespace that is not the process's own: a namespace belongs to a thread, so the work is done
// on a thread made for it, which joins the namespace first, and the caller's own is never touched.

#include <functional>

#include "emu/link/fd.h"

namespace meshtwin {

// A new network namespace with its loopback up, which lives as long as the descriptor (or anything else) holds it.
Fd new_net_namespace();

// Runs `work` inside the namespace and returns when it is done; its exception comes out here. -1: the current
// namespace.
void in_net_namespace(int netns_fd, const std::function<void()>& work);

}  // namespace meshtwin
