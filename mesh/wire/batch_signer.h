#pragma once

// A Signer that gathers signatures and makes them together, as Istio's private key providers do on machines whose
// processors sign eight at once (CryptoMB): when a batch is full, or a while after its first was asked for. A handshake
// waits meanwhile, and nothing else does.

#include <cstdint>
#include <memory>
#include <string>

#include "mesh/base/time.h"
#include "mesh/identity/signer.h"

namespace meshtwin {

struct Runtime;

struct KeyProvider {
  Duration poll_delay = 0;  // after the first of a batch; 0: there is no provider, the key is used where it is needed
  std::uint32_t batch = 8;

  explicit operator bool() const { return poll_delay > 0; }
};

// `key_pem` empty: the wire is modelled, and a signature is a word. Throws std::runtime_error on a bad key.
std::shared_ptr<Signer> make_batch_signer(Runtime& runtime, const KeyProvider& provider, const std::string& key_pem);

}  // namespace meshtwin
