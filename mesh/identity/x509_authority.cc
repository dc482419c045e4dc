#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

#include "mesh/identity/authority.h"
#include "mesh/identity/x509.h"

namespace meshtwin {
namespace {

using BioPtr = std::unique_ptr<BIO, OpenSslDeleter<BIO_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, OpenSslDeleter<X509_REQ_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpenSslDeleter<X509_EXTENSION_free>>;

constexpr Duration kRootLifetime = 3650LL * 24 * 3600 * kSecond;

void check(bool good, const char* what) {
  if (!good) throw_openssl(what);
}

std::string text_of(BIO& bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(&bio, &data);
  return {data, static_cast<std::size_t>(length)};
}

template <typename Object, typename Writer>
std::string write_pem(Object* object, Writer write) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  check(write(bio.get(), object) == 1, "write PEM");
  return text_of(*bio);
}

std::string key_to_pem(EVP_PKEY* key) {
  return write_pem(key, [](BIO* bio, EVP_PKEY* what) {
    return PEM_write_bio_PrivateKey(bio, what, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

KeyPtr make_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
  check(key != nullptr, "make a P-256 key");
  return key;
}

void set_times(X509& certificate, Time not_before, Time not_after) {
  const time_t begin = not_before / kSecond, end = not_after / kSecond;
  check(ASN1_TIME_set(X509_getm_notBefore(&certificate), begin) != nullptr, "set a certificate's begin");
  check(ASN1_TIME_set(X509_getm_notAfter(&certificate), end) != nullptr, "set a certificate's end");
}

std::uint64_t set_serial(X509& certificate) {
  std::uint64_t serial = 0;
  check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1, "draw a serial number");
  serial = (serial >> 1) | (1ULL << 62);  // positive, and always as long
  check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(&certificate), serial) == 1, "set a serial number");
  return serial;
}

void add_extension(X509& certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer != nullptr ? issuer : &certificate, &certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  check(extension != nullptr && X509_add_ext(&certificate, extension.get(), -1) == 1, "add a certificate's extension");
}

X509Ptr make_root(EVP_PKEY* key, const std::string& trust_domain, Time unix_now) {
  X509Ptr root(X509_new());
  X509_set_version(root.get(), X509_VERSION_3);
  set_serial(*root);
  set_times(*root, unix_now - kClockSkew, unix_now + kRootLifetime);
  X509_NAME* name = X509_get_subject_name(root.get());
  X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(trust_domain.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(root.get(), name);
  X509_set_pubkey(root.get(), key);
  add_extension(*root, nullptr, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(*root, nullptr, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(*root, nullptr, NID_subject_key_identifier, "hash");
  check(X509_sign(root.get(), key, EVP_sha256()) > 0, "sign the root certificate");
  return root;
}

// The key a request asks a certificate for, when the request is signed with it; null: the request is no good.
KeyPtr key_of_request(const std::string& pem) {
  const BioPtr reader(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const RequestPtr request(PEM_read_bio_X509_REQ(reader.get(), nullptr, nullptr, nullptr));
  KeyPtr key(request != nullptr ? X509_REQ_get_pubkey(request.get()) : nullptr);
  if (key != nullptr && X509_REQ_verify(request.get(), key.get()) == 1) return key;
  ERR_clear_error();
  return nullptr;
}

class X509Authority final : public CertificateAuthority {
 public:
  X509Authority(const std::string& trust_domain, Time unix_now)
      : trust_domain_(trust_domain), key_(make_key()), root_(make_root(key_.get(), trust_domain, unix_now)) {
    root_pem_ = to_pem(*root_);
  }

  TrustBundle trust() const override { return {trust_domain_, {authority_number(*root_)}, root_pem_}; }

  IssuedCertificate issue(const std::string& request_pem, const SpiffeId& identity, Time unix_now,
                          Duration lifetime) override {
    const KeyPtr key = key_of_request(request_pem);
    if (key == nullptr) return {};
    const X509Ptr leaf(X509_new());
    X509_set_version(leaf.get(), X509_VERSION_3);
    set_serial(*leaf);
    set_times(*leaf, unix_now - kClockSkew, unix_now + lifetime);
    X509_set_issuer_name(leaf.get(), X509_get_subject_name(root_.get()));
    X509_set_pubkey(leaf.get(), key.get());
    add_extension(*leaf, root_.get(), NID_key_usage, "critical,digitalSignature");
    add_extension(*leaf, root_.get(), NID_ext_key_usage, "serverAuth,clientAuth");
    add_extension(*leaf, root_.get(), NID_authority_key_identifier, "keyid:always");
    add_extension(*leaf, root_.get(), NID_subject_alt_name, "critical,URI:" + to_string(identity));
    check(X509_sign(leaf.get(), key_.get(), EVP_sha256()) > 0, "sign a certificate");
    return {facts_of(*leaf), to_pem(*leaf) + root_pem_};
  }

 private:
  const std::string trust_domain_;
  const KeyPtr key_;
  const X509Ptr root_;
  std::string root_pem_;
};

}  // namespace

std::unique_ptr<CertificateAuthority> make_x509_authority(const std::string& trust_domain, Time unix_now) {
  return std::make_unique<X509Authority>(trust_domain, unix_now);
}

CertificateRequest make_certificate_request(const SpiffeId& identity) {
  const KeyPtr key = make_key();
  const RequestPtr request(X509_REQ_new());
  X509_REQ_set_pubkey(request.get(), key.get());
  STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
  const std::string name = "critical,URI:" + to_string(identity);
  sk_X509_EXTENSION_push(extensions, X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name.c_str()));
  const bool added = X509_REQ_add_extensions(request.get(), extensions) == 1;
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  check(added && X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0, "sign a certificate request");
  return {key_to_pem(key.get()), write_pem(request.get(), PEM_write_bio_X509_REQ)};
}

}  // namespace meshtwin
