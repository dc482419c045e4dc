#pragma once

// Enters a pod of a run that is under way, from outside it: finds the process that plays one of its roles and joins its
// namespaces.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace meshtwin {

// Replaces this process's child by the command (empty: the user's shell) inside the pod, waits for it and returns its
// exit code. `run`: the process id of the run's meshtwin, when several are under way; 0: there is one. Throws
// std::runtime_error with what there is to choose from.
int run_in_pod(const std::string& pod, int run, const std::vector<std::string>& command);

// Prints the pod's metrics as its proxy serves them (or its workload, where it has none). `port` 0: its usual one.
// Throws likewise.
int scrape_pod(const std::string& pod, int run, std::uint16_t port);

}  // namespace meshtwin
