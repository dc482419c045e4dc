#pragma once

// Istio's modes of mutual TLS between workloads.

namespace meshtwin {

enum class Mtls : unsigned char {
  disable,     // plaintext is sent and taken
  permissive,  // mutual TLS is sent to whoever has it, both are taken (Istio's default)
  strict,      // plaintext is not taken
};

}  // namespace meshtwin
