#include "results/records_csv.h"

#include <fmt/format.h>

#include <iterator>
#include <ostream>

#include "results/csv_field.h"

#include "results/json_units.h"

namespace meshtwin {

void write_requests_csv(std::ostream& out, const RunStore& store) {
  out << "load,number,intended_ns,sent_ns,done_ns,latency_ns,status,failure\n";
  fmt::memory_buffer line;
  for (const RequestRecord& request : store.ordered_requests()) {
    line.clear();
    fmt::format_to(std::back_inserter(line), "{},{},{},{},{},{},{},{}\n", request.load, request.number,
                   request.intended, request.sent, request.done, request.done - request.intended, request.status,
                   name_of(request.failure));
    out.write(line.data(), static_cast<std::streamsize>(line.size()));
  }
}

void write_events_csv(std::ostream& out, const RunStore& store) {
  out << "at_ns,kind,subject,detail\n";
  for (const EventRecord& event : store.ordered_events()) {
    out << event.at << ',' << csv_field(event.kind) << ',' << csv_field(event.subject) << ',' << csv_field(event.detail)
        << '\n';
  }
}

void write_access_log(std::ostream& out, const RunStore& store) {
  for (const AccessRecord& access : store.ordered_accesses()) {
    if (access.line.starts_with('{')) {  // an object, and stays one
      out << R"({"proxy":)" << Json(access.proxy).dump() << ',' << std::string_view(access.line).substr(1) << '\n';
    } else {
      out << access.proxy << ' ' << access.line << '\n';
    }
  }
}

}  // namespace meshtwin
