#pragma once

// The metrics of the TCP connections between one client and one server. Bytes are the client's (received) and the
// server's (sent), as Istio counts them.

#include "mesh/telemetry/metrics.h"

namespace meshtwin {

struct TcpSeries {
  // Null: not counted, none of them.
  Counter* opened = nullptr;
  Counter* closed = nullptr;
  Counter* received = nullptr;
  Counter* sent = nullptr;

  void open() const {
    if (opened != nullptr) opened->add();
  }
  void close() const {
    if (closed != nullptr) closed->add();
  }
};

}  // namespace meshtwin
