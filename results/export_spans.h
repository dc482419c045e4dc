#pragma once

// A run's spans in the formats that tracing tools read: OTLP's JSON (a TracesData of OpenTelemetry's protocol: ids in
// hexadecimal, 64-bit numbers as text, enumerations as numbers) and Zipkin's v2 JSON. Times are Unix times, from the
// run's unix_zero. Written piece by piece, in the order of the pods and of time: the same bytes for the same store.

#include <iosfwd>

#include "results/traced_run.h"

namespace meshtwin {

void write_otlp(std::ostream& out, const TracedRun& run);
void write_zipkin(std::ostream& out, const TracedRun& run);

}  // namespace meshtwin
