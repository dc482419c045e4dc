#pragma once

// What the conductor and a role's process say to each other, in frames (frame_channel.h).

#include <cstdint>
#include <string>
#include <string_view>

#include "emu/socket_network.h"
#include "mesh/resource/document_text.h"
#include "mesh/roles/plan.h"

namespace meshtwin {

enum class ToRole : std::uint8_t {
  setup = 1,  // RoleSetup as JSON; the first frame, once
  begin,      // time zero (CLOCK_MONOTONIC, nanoseconds, decimal)
  slow,       // factor, decimal
  fail,       // share, decimal
  configure,  // ConfigChange as JSON
  drain,      // accept nothing new
  report,     // send everything that is still here, then `reported`
};

enum class FromRole : std::uint8_t {
  ready = 1,
  finished,
  records,  // a batch of record_codec.h
  usage,    // RoleSpent as JSON; every now and then, so that little is lost when a role is killed
  reported,
};

struct RoleSetup {
  std::string name;
  RoleConfig config;
  std::uint64_t seed = 1;
  std::uint32_t pod = 0;
  Hosts hosts;
  std::map<std::uint32_t, std::uint32_t> pod_of_ip;
  std::int64_t time_zero = 0;  // CLOCK_MONOTONIC; an estimate until `begin`
};

struct RoleSpent {
  Duration cpu = 0;               // since time zero
  std::int64_t memory_peak = -1;  // bytes resident; -1: not read yet
};

std::string to_json_text(const RoleSetup& setup);
std::string to_json_text(const RoleSpent& spent);
std::string to_json_text(const ConfigChange& change);
// Throw std::exception with the reason when the text is not what `to_json_text` gives.
RoleSetup role_setup_from_json(std::string_view text);
RoleSpent role_spent_from_json(std::string_view text);
ConfigChange config_change_from_json(std::string_view text);

}  // namespace meshtwin
