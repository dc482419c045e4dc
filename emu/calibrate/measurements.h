#pragma once

// What one round of calibration has measured, before any of it is taken for the cost of an operation. Processor times
// are nanoseconds of the processes concerned; "a message" is one direction of an exchange, so that each of the two
// sides reads one and writes one.

#include <array>
#include <cstddef>
#include <cstdint>

#include "mesh/base/time.h"
#include "mesh/runtime/operation.h"

namespace meshtwin {

// The ages at which the profile says how much dearer an operation is. What is done more often than the first of them
// counts as hot, what is done more seldom than the last as cold as can be.
inline constexpr std::array<Duration, 4> kAges = {300 * kMicrosecond, 1200 * kMicrosecond, 5 * kMillisecond,
                                                  20 * kMillisecond};
// How much each of them counts for an age between two, by its logarithm.
std::array<double, kAges.size()> shares_of_ages(Duration age);

// Echoes of one size over one way. With many connections a round of requests is written without sleeping in between.
struct EchoFigures {
  std::size_t bytes = 0;
  double cpu = 0;         // of a side, for each message
  double sleeps = 0;      // of a side, for each message
  double reads = 0;       // of a side, for each message: a long one may take several
  double write = 0;       // one write call (bursts only)
  double round_trip = 0;  // wall time (ping-pong only): median
  double exchanged = 0;   // messages in all, both ways, from the first on
};

inline constexpr std::array<std::size_t, 4> kEchoSizes = {1, 1024, 16 * 1024, 64 * 1024};

struct WayFigures {
  std::array<EchoFigures, kEchoSizes.size()> ping_pong;  // one connection
  std::array<EchoFigures, kEchoSizes.size()> burst;      // the same sizes, many connections
};

// Two processes that wake each other by an eventfd, as fast as they can: waking up and nothing else.
struct WakeFigures {
  double cpu = 0;  // of a side, for each wake-up
  double round_trip = 0;
  // The same after a pause: from the signal to the woken process running, and its processor time; first without one.
  std::array<double, kAges.size()> delay{};
  std::array<double, kAges.size()> delay_cpu{};
};

struct ChurnFigures {
  double dialling_cpu = 0;  // of the dialling side, for each connection, closing it included
  double dialling_sleeps = 0;
  double accepting_cpu = 0;
  double accepting_sleeps = 0;
  double close = 0;  // one close by the dialling side
};

struct TimerFigures {
  double cpu = 0;  // for each timer that fired
  double sleeps = 0;
  double lateness = 0;  // median, from the due time to the callback
  Duration age = 0;     // between two
};

// Ping-pong through the user-space link; its own processor time (without what it spun) for each message.
struct LinkFigures {
  Duration asked = 0;  // one way
  EchoFigures small;
  double small_cpu = 0;
  EchoFigures large;
  double large_cpu = 0;
};

// The roles of the chain that is run for their own cost (chain.h).
enum class ChainRole { load, client_sidecar, server_sidecar, workload };
inline constexpr std::size_t kChainRoles = 4;

// Durations by size, eight buckets to each power of two from 8 ns on.
inline constexpr std::size_t kStepsOfOctave = 8;
using TimeCounts = std::array<std::uint32_t, 40 * kStepsOfOctave>;
std::size_t bucket_of(Duration time);
double middle_of(std::size_t bucket);

// What one role spent for each request of the chain, and how often it did what it charges for.
struct ChainRoleFigures {
  double cpu = 0;
  double sleeps = 0;
  std::array<double, kOperationCount> calls{};
  std::array<double, kOperationCount> amounts{};
  std::array<std::array<double, kAges.size()>, kOperationCount> ages{};  // of the calls, how many at each of kAges
  TimeCounts hops{};   // from another role's call of write to this one's callback, where it slept meanwhile
  TimeCounts turns{};  // from the beginning of a callback after a sleep to its end
};

// A chain at one rate.
struct ChainFigures {
  std::array<ChainRoleFigures, kChainRoles> roles;  // for each request
  double latency_p50 = 0;
  double latency_p90 = 0;
  double latency_mean = 0;
  double answered = 0;  // requests in all
  double failed = 0;
  double others = 0;  // share of the host's cores that other work took meanwhile
};

// The rates at which a request's own part and its coldness are looked for: evenly spaced, so that what each role does
// is as old as the time between two.
struct ChainPlace {
  bool sidecars = false;
  double rate = 0;
};
inline constexpr std::array<ChainPlace, 8> kChainPlaces = {
    {{false, 40}, {false, 150}, {false, 500}, {false, 2000}, {true, 40}, {true, 150}, {true, 500}, {true, 1200}}};

using ChainSet = std::array<ChainFigures, kChainPlaces.size()>;

// Codec work of one exchange, without sockets.
struct CodecFigures {
  double parse_bytes = 0;
  double parse = 0;
  double serialize_bytes = 0;
  double serialize = 0;
};
struct CodecWork {
  std::array<CodecFigures, 3> heads;  // of different sizes
  double body_per_byte = 0;
};

// What something took, and how often and for how much an operation was charged meanwhile.
struct CountedCost {
  double calls = 0;
  double units = 0;
  double cost = 0;
};

// Exchanges over HTTP/2, by the number of headers and by the size of the body (its time alone), and messages relayed.
struct Http2Work {
  std::array<CountedCost, 3> heads;
  std::array<CountedCost, 3> bodies;
  std::array<CountedCost, 2> relayed;
};

// Handshakes, and records of two sizes.
struct TlsWork {
  double full_client = 0;
  double full_server = 0;
  double resumed = 0;  // either side; 0: none was
  std::array<double, 2> bytes{};
  std::array<double, 2> seal{};
  std::array<double, 2> open{};
};

// A resource of the control plane taken over by a proxy: small and large.
struct ControlWork {
  std::array<double, 2> bytes{};
  std::array<double, 2> cpu{};
};

struct Measurements {
  WayFigures loopback;                               // two sockets of a pod with capture
  WayFigures local;                                  // two pods of a zone, both with capture
  std::array<double, kEchoSizes.size()> redirect{};  // one write that eBPF hands over, by size; 0: not to be had
  WakeFigures wake;
  ChurnFigures churn;
  TimerFigures timer;
  LinkFigures link;
  CodecWork codec;
  Http2Work http2;
  TlsWork tls;
  ControlWork control;
  ChainSet chains;
};

}  // namespace meshtwin
