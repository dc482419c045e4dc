#pragma once

// Full-link traffic lanes (ASM's TrafficLabel, ASMSwimLaneGroup, ASMSwimLane) as what every mesh understands: subsets,
// routes and labels. Pure functions.
//
// A lane is the pods of a group's services that its selector takes; for each service it becomes a subset of the lane's
// name. Where requests go on from there:
//
// - Strict: every lane holds every service, and nothing travels with a request. A service's routes go by the labels of
//   whoever calls (sourceLabels): the pods of a lane call their own lane. A service that has no pods in the lane
//   answers 503. Who is in no lane calls any pod.
// - Permissive: the lane's name travels with a request as the value of `routeHeader`, and a service's routes go by it:
// to
//   the lane, where the service has pods in it, else to the fallback of the service or of the group (the baseline).
//   Requests without it go to the baseline. Applications pass on `traceHeader`: a trace's id, by which sidecars find
//   the lane again (TrafficLabel); or `baggage`, in which the lane travels; or `routeHeader` itself.
//
// At the ingress gateway a lane's rules, or the lanes' weights, choose the lane and set `routeHeader`. Of rules for the
// same hosts those that match more headers come first, whatever their lane.
//
// Users' own documents go before: a service that a VirtualService of theirs routes in the mesh gets no routes from its
// group, but theirs may name the lanes' subsets; a DestinationRule of theirs gets the subsets besides its own; at the
// gateway their routes come first; and a TrafficLabel for the same header has the last word.

#include <functional>
#include <string>
#include <vector>

#include "mesh/control/control_plane_config.h"
#include "mesh/resource/resources.h"

namespace meshtwin {

// Whether a service has pods with those labels, running or not: a lane that has lost its pods is still there.
using HasPods = std::function<bool(const std::string& name_space, const std::string& service, const Labels& labels)>;

// By what is declared. The configuration outlives it.
HasPods has_declared_pods(const ControlPlaneConfig& config);

// Adds to the resources what their lane groups stand for. What is returned are warnings: valid, but hardly meant.
std::vector<std::string> expand_lanes(Resources& resources, const HasPods& has_pods);

// Which lane a pod is in: that of the first group with its service whose selector takes it. Empty: none.
std::string lane_of_pod(const Resources& resources, const std::string& name_space, const std::string& service,
                        const Labels& labels);

}  // namespace meshtwin
