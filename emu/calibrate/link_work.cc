#include "emu/calibrate/link_work.h"

#include <algorithm>
#include <utility>

#include "emu/calibrate/process.h"
#include "emu/link/link_client.h"
#include "emu/link/link_process.h"

namespace meshtwin {
namespace {

constexpr Duration kRoundTrip = 2 * kMillisecond;  // long enough for the link to sleep meanwhile
constexpr std::size_t kLargeBytes = 14'480;        // ten segments: one packet within the initial window

double cpu_of_message(LinkClient& link, const Way& way, const EchoOptions& options, EchoFigures& figures) {
  const LinkReport before = link.report();
  figures = measure_echo(way, options);
  const LinkReport after = link.report();
  return static_cast<double>(after.cpu - after.spin - (before.cpu - before.spin)) / figures.exchanged;
}

}  // namespace

LinkFigures measure_link(const Way& way, const Fd& end_a, const Fd& end_b, double effort) {
  std::pair<Fd, Fd> control = link_control_pair();
  MeasuredProcess process(-1, [&](const Fd&) {
    control.first.reset();
    run_link_process({control.second.release(), 1, true});
  });
  control.second.reset();
  LinkClient link(std::move(control.first));
  LinkShape shape;
  shape.rtt = kRoundTrip;
  link.add("a", end_a, "b", end_b, shape);
  LinkFigures figures;
  figures.asked = kRoundTrip / 2;
  EchoOptions options;
  options.blocks = std::max(4, static_cast<int>(20 * effort));
  figures.small_cpu = cpu_of_message(link, way, options, figures.small);
  options.bytes = kLargeBytes;
  figures.large_cpu = cpu_of_message(link, way, options, figures.large);
  return figures;
}

}  // namespace meshtwin
