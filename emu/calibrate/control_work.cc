// Endpoints taken over by a proxy: read from their encoding and applied to an upstream in use.

#include <algorithm>
#include <memory>
#include <string>

#include "emu/calibrate/blocks.h"
#include "emu/calibrate/engine_work.h"
#include "emu/calibrate/process.h"
#include "mesh/control/xds_codec.h"
#include "mesh/traffic/upstream_cluster.h"

namespace meshtwin {
namespace {

constexpr int kBlocks = 40;
constexpr int kOfBlock = 8;
constexpr std::size_t kEndpoints[] = {2, 200};

std::shared_ptr<const ClusterAssignment> assignment_of(std::size_t endpoints, std::uint32_t offset) {
  auto assignment = std::make_shared<ClusterAssignment>();
  assignment->cluster = "outbound|8080||backend.default.svc.cluster.local";
  LocalityEndpoints locality;
  locality.locality = {"region", "zone", ""};
  for (std::size_t i = 0; i < endpoints; ++i) {
    locality.endpoints.push_back({{0x0a010000 + offset + static_cast<std::uint32_t>(i), 8080}});
  }
  assignment->localities.push_back(std::move(locality));
  return assignment;
}

// Every application changes an endpoint, so that none is taken for the last one.
double apply_cost(std::size_t endpoints, double& bytes) {
  std::string encoded[2] = {encode_body(assignment_of(endpoints, 1)), encode_body(assignment_of(endpoints, 2))};
  bytes = static_cast<double>(encoded[0].size());
  const auto config = std::make_shared<const ClusterConfig>();
  UpstreamCluster cluster(config, RandomStream(1, "calibration"));
  cluster.update_endpoints(assignment_of(endpoints, 2), 0);
  const Duration begin = thread_cpu_now();
  for (int i = 0; i < kOfBlock; ++i) {
    const XdsResource resource = decode_body(XdsKind::endpoints, encoded[i % 2]);
    cluster.update_endpoints(std::get<std::shared_ptr<const ClusterAssignment>>(resource.body), 0);
  }
  return static_cast<double>(thread_cpu_now() - begin) / kOfBlock;
}

}  // namespace

ControlWork measure_control(double effort) {
  MeasuredProcess process(-1, [&](const Fd& report) {
    ControlWork work{};
    for (std::size_t size = 0; size < std::size(kEndpoints); ++size) {
      std::vector<std::vector<double>> rows;
      for (int i = 0; i < std::max(8, static_cast<int>(kBlocks * effort)); ++i) {
        rows.push_back({apply_cost(kEndpoints[size], work.bytes[size])});
      }
      work.cpu[size] = quiet_medians(std::move(rows)).front();
    }
    report_value(report, work);
  });
  return process.read<ControlWork>();
}

}  // namespace meshtwin
