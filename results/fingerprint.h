#pragma once

// Two runs with the same fingerprint had the same requests, attempts and events, to the nanosecond. It is the sum
// (modulo 2^64) of a hash of each record over all its fields, so it does not depend on the order of recording; the
// order of what happened is in the records' times.

#include <cstdint>
#include <string>

#include "results/run_store.h"

namespace meshtwin {

std::uint64_t fingerprint_of(const RunStore& store);

// The same over (load, number, intended) alone: equal where two runs were asked for the same arrivals.
std::uint64_t arrivals_fingerprint_of(const RunStore& store);

std::string hex(std::uint64_t value);  // 16 digits

}  // namespace meshtwin
