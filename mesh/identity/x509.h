#pragma once

// OpenSSL's objects with owners, and what the engine reads of a certificate. For mesh/identity and
// mesh/wire/tls_real.cc alone: this header brings OpenSSL with it.

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

#include "mesh/identity/certificate.h"

namespace meshtwin {

template <auto free>
struct OpenSslDeleter {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};
using X509Ptr = std::unique_ptr<X509, OpenSslDeleter<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslDeleter<EVP_PKEY_free>>;

// The last error OpenSSL noted, and forgets all of them.
std::string openssl_error();
[[noreturn]] void throw_openssl(const char* what);

CertificateFacts facts_of(const X509& certificate);
std::vector<X509Ptr> read_chain(const std::string& pem);  // throws std::runtime_error
KeyPtr read_key(const std::string& pem);
std::string to_pem(const X509& certificate);

// Of an authority's certificate: the number that CertificateFacts::signed_by has in what it signs.
std::uint64_t authority_number(const X509& certificate);

}  // namespace meshtwin
