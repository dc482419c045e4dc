#include "mesh/identity/x509.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstring>
#include <stdexcept>

namespace meshtwin {
namespace {

using BioPtr = std::unique_ptr<BIO, OpenSslDeleter<BIO_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpenSslDeleter<GENERAL_NAMES_free>>;

BioPtr reader_of(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::uint64_t number_of(const ASN1_OCTET_STRING* key_id) {
  std::uint64_t number = 0;
  if (key_id == nullptr || ASN1_STRING_length(key_id) < 8) return 0;
  std::memcpy(&number, ASN1_STRING_get0_data(key_id), sizeof number);
  return number;
}

Time unix_time_of(const ASN1_TIME* time) {
  tm broken_down{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &broken_down) != 1) return 0;
  return static_cast<Time>(timegm(&broken_down)) * kSecond;
}

// The one URI among its alternative names; none, or several, is no identity.
std::string uri_of(const X509& certificate) {
  const NamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string uri;
  int uris = 0;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    uri.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
               static_cast<std::size_t>(ASN1_STRING_length(text)));
    ++uris;
  }
  return uris == 1 ? uri : std::string();
}

}  // namespace

std::string openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

void throw_openssl(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + openssl_error());
}

CertificateFacts facts_of(const X509& certificate) {
  X509& x509 = const_cast<X509&>(certificate);  // it notes on first use which extensions there are
  CertificateFacts facts;
  facts.uri = uri_of(certificate);
  ASN1_INTEGER_get_uint64(&facts.serial, X509_get0_serialNumber(&certificate));
  facts.not_before = unix_time_of(X509_get0_notBefore(&certificate));
  facts.not_after = unix_time_of(X509_get0_notAfter(&certificate));
  facts.signed_by = number_of(X509_get0_authority_key_id(&x509));
  return facts;
}

std::uint64_t authority_number(const X509& certificate) {
  return number_of(X509_get0_subject_key_id(&const_cast<X509&>(certificate)));
}

std::vector<X509Ptr> read_chain(const std::string& pem) {
  const BioPtr reader = reader_of(pem);
  std::vector<X509Ptr> chain;
  while (X509* certificate = PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr))
    chain.emplace_back(certificate);
  if (chain.empty()) throw_openssl("read a certificate");
  ERR_clear_error();  // the end of the text
  return chain;
}

std::string to_pem(const X509& certificate) {
  const BioPtr writer(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(writer.get(), &const_cast<X509&>(certificate)) != 1) throw_openssl("write a certificate");
  char* data = nullptr;
  const long length = BIO_get_mem_data(writer.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

KeyPtr read_key(const std::string& pem) {
  KeyPtr key(PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, nullptr, nullptr));
  if (key == nullptr) throw_openssl("read a private key");
  return key;
}

}  // namespace meshtwin
