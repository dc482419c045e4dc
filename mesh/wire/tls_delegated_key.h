#pragma once

// A private key for OpenSSL that is not here: where the library would sign in a handshake, it asks the session's Signer
// and leaves the handshake (as an asynchronous job of the library's, SSL_ERROR_WANT_ASYNC) until the signature has
// come. For tls_openssl.cc alone: this header brings OpenSSL with it.

#include <string>
#include <string_view>

#include "mesh/base/handle.h"
#include "mesh/identity/x509.h"

namespace meshtwin {

class Signer;

// A session that may have to wait for a signature.
class DelegatedKeyUser {
 public:
  virtual Signer& signer() = 0;
  virtual void on_signed() = 0;  // the handshake is to be gone on with

  // Called by the key, within a job: empty when the signer refuses.
  std::string wait_for_signature(std::string_view digest);

 protected:
  ~DelegatedKeyUser() = default;
  bool waits_for_signature() const { return waits_; }
  bool refused() const { return refused_; }
  void give_up();  // the next turn of the handshake fails

 private:
  Handle asked_;
  std::string signature_;
  bool answered_ = false;
  bool waits_ = false;
  bool refused_ = false;
};

// While it lives, keys that are asked to sign are asked by that session.
class InTurn {
 public:
  explicit InTurn(DelegatedKeyUser& user);
  ~InTurn();
  InTurn(const InTurn&) = delete;
  InTurn& operator=(const InTurn&) = delete;

 private:
  DelegatedKeyUser* const before_;
};

// The public half of an ECDSA P-256 certificate's key, with which nothing can be signed but in an InTurn.
KeyPtr make_delegated_key(const X509& certificate);

}  // namespace meshtwin
