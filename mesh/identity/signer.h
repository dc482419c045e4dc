#pragma once

// A private key that may live elsewhere (a batch of signatures, a device): signs when it can, and calls back.

#include <string>
#include <string_view>

#include "mesh/base/function.h"
#include "mesh/base/handle.h"

namespace meshtwin {

using SignatureHandler = Function<void(std::string signature)>;  // DER; empty: refused

class Signer {
 public:
  virtual ~Signer() = default;
  // A SHA-256 digest, by ECDSA P-256; where the wire is modelled any digest, and any signature but an empty one. Never
  // calls back from inside; destroying the handle, which is done before the signer is, gives up.
  virtual Handle sign(std::string_view digest, SignatureHandler then) = 0;
};

}  // namespace meshtwin
