#pragma once

// Records as bytes, for their way from a role's process to the conductor's: a batch is a row of them, each with a
// leading byte for its kind.

#include <string>
#include <string_view>

#include "mesh/telemetry/record.h"

namespace meshtwin {

void append_record(std::string& batch, const RequestRecord& record);
void append_record(std::string& batch, const AttemptRecord& record);
void append_record(std::string& batch, const EventRecord& record);
void append_record(std::string& batch, const AccessRecord& record);
void append_record(std::string& batch, const SpanRecord& record);
void append_record(std::string& batch, const MetricRecord& record);

// Hands every record of the batch to `to`. False when the batch is not well-formed; the records before the flaw are
// given.
bool read_records(std::string_view batch, Recorder& to);

}  // namespace meshtwin
