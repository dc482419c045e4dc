#pragma once

// What is said on the link process's control socket (a Unix socket of type SOCK_SEQPACKET: one message a packet). Every
// command is answered by one reply, in order. The process ends when the socket closes. Links are numbered in the order
// they were added; "add" carries the descriptors of its two ends (SCM_RIGHTS).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mesh/telemetry/run_report.h"
#include "mesh/world/link_shape.h"

namespace meshtwin {

struct AddLink {
  std::string zone_a;
  std::string zone_b;
  LinkShape shape;
};
struct ShapeLink {
  std::uint32_t link = 0;
  LinkShape shape;
};
struct CutLink {
  std::uint32_t link = 0;
};
struct RestoreLink {
  std::uint32_t link = 0;
};
struct BeginLinks {};  // counts and histograms start anew; the compensation is fixed
struct ReportLinks {};

using LinkCommand = std::variant<AddLink, ShapeLink, CutLink, RestoreLink, BeginLinks, ReportLinks>;

// All of it since `begin`.
struct LinkReport {
  std::vector<LinkQuality> directions;  // two a link: a to b, b to a
  std::vector<std::uint64_t> dropped;   // per direction: of `lost`, those that found the queue full
  Duration cpu = 0;                     // processor time of the process
  Duration spin = 0;                    // of that, waiting for a release
  Duration compensation = 0;            // how much before its due instant a packet is written
  bool realtime = false;                // it runs at real-time priority
};

struct LinkReply {
  std::string error;  // empty: done
  LinkReport report;  // of ReportLinks
};

std::string encode(const LinkCommand& command);
std::string encode(const LinkReply& reply);
std::optional<LinkCommand> decode_link_command(std::string_view bytes);  // nullopt: not a command
std::optional<LinkReply> decode_link_reply(std::string_view bytes);

}  // namespace meshtwin
