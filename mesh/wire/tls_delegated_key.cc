// OpenSSL 3 knows keys that live elsewhere as providers, a world of their own, or as methods of a key (deprecated in
// favour of providers, kept for as long as 3 is). The method is a function; the provider would be a file.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "mesh/wire/tls_delegated_key.h"

#include <openssl/async.h>
#include <openssl/ec.h>

#include <cstring>
#include <utility>

#include "mesh/identity/signer.h"

namespace meshtwin {
namespace {

thread_local DelegatedKeyUser* in_turn = nullptr;

using EcKeyPtr = std::unique_ptr<EC_KEY, OpenSslDeleter<EC_KEY_free>>;

int sign(int, const unsigned char* digest, int digest_length, unsigned char* signature, unsigned* length, const BIGNUM*,
         const BIGNUM*, EC_KEY* key) {
  if (in_turn == nullptr) return 0;
  const std::string_view asked(reinterpret_cast<const char*>(digest), static_cast<std::size_t>(digest_length));
  const std::string made = in_turn->wait_for_signature(asked);
  if (made.empty() || made.size() > static_cast<std::size_t>(ECDSA_size(key))) return 0;
  std::memcpy(signature, made.data(), made.size());
  *length = static_cast<unsigned>(made.size());
  return 1;
}

const EC_KEY_METHOD* method() {
  static EC_KEY_METHOD* const made = [] {
    EC_KEY_METHOD* m = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    EC_KEY_METHOD_set_sign(m, sign, nullptr, nullptr);
    return m;
  }();
  return made;
}

}  // namespace

std::string DelegatedKeyUser::wait_for_signature(std::string_view digest) {
  if (!ASYNC_is_capable() || ASYNC_get_current_job() == nullptr) return {};
  answered_ = false;
  waits_ = true;
  asked_ = signer().sign(digest, [this](std::string signature) {
    signature_ = std::move(signature);
    answered_ = true;
    on_signed();
  });
  while (!answered_) ASYNC_pause_job();
  waits_ = false;
  asked_ = nullptr;
  refused_ = signature_.empty();
  return std::move(signature_);
}

void DelegatedKeyUser::give_up() {
  asked_ = nullptr;
  signature_.clear();
  answered_ = true;
}

InTurn::InTurn(DelegatedKeyUser& user) : before_(std::exchange(in_turn, &user)) {}

InTurn::~InTurn() {
  in_turn = before_;
}

KeyPtr make_delegated_key(const X509& certificate) {
  const EVP_PKEY* its_key = X509_get0_pubkey(&certificate);
  const EC_KEY* known = its_key == nullptr ? nullptr : EVP_PKEY_get0_EC_KEY(its_key);
  if (known == nullptr) throw_openssl("use a key that lives elsewhere: the certificate's is none of ECDSA");
  EcKeyPtr key(EC_KEY_dup(known));
  KeyPtr whole(EVP_PKEY_new());
  if (key == nullptr || EC_KEY_set_method(key.get(), method()) != 1 ||
      EVP_PKEY_assign_EC_KEY(whole.get(), key.get()) != 1) {
    throw_openssl("use a key that lives elsewhere");
  }
  key.release();
  return whole;
}

}  // namespace meshtwin
