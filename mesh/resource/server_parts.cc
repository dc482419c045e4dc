#include "mesh/resource/server_parts.h"

#include "mesh/resource/document_parts.h"

namespace meshtwin {

ShapePtr server_protocol() {
  return text_of(1, 256, "(?i)HTTP|HTTPS|HTTP2|GRPC|GRPC-WEB|MONGO|MYSQL|REDIS|TCP|TLS|UDP|HBONE|AUTO|",
                 "one of HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, MONGO, MYSQL, REDIS, TCP, TLS");
}

ShapePtr server_tls() {
  const ShapePtr version = word({"TLS_AUTO", "TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"});
  const ShapePtr certificate =
      object({may("serverCertificate", text()), may("privateKey", text()), may("caCertificates", text())});
  return excluding(
      object(
          {may("httpsRedirect", boolean(), "301 to https"),
           may("mode", word({"PASSTHROUGH", "SIMPLE", "MUTUAL", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL", "OPTIONAL_MUTUAL"}),
               "default PASSTHROUGH"),
           may("credentialName", text(), "of the certificate; the mesh's authority makes one"),
           idle("credentialNames", list_of(text(), 1, 2)), idle("tlsCertificates", list_of(certificate, 1, 2)),
           idle("serverCertificate", text()), idle("privateKey", text()), idle("caCertificates", text()),
           idle("caCrl", text()), idle("caCertCredentialName", text()), idle("subjectAltNames", texts()),
           idle("verifyCertificateSpki", texts()), idle("verifyCertificateHash", texts()),
           idle("minProtocolVersion", version), idle("maxProtocolVersion", version), idle("cipherSuites", texts()),
           idle("insecureSkipVerify", nullable(boolean()))}),
      {{"credentialName", "credentialNames"}, {"credentialNames", "tlsCertificates"}});
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

void check_namespaced_host(const Node& host, Findings& findings) {
  const std::size_t slash = host.text.find('/');
  const std::string name = slash == std::string::npos ? host.text : host.text.substr(slash + 1);
  const bool sound = !name.empty() && slash != 0 && name.find('/') == std::string::npos &&
                     (name.find('*') == std::string::npos || name == "*" ||
                      (name.starts_with("*.") && name.find('*', 1) == std::string::npos));
  if (!sound)
    findings.refuse(host, "found " + quote(host.text) +
                              ", expected a host or namespace/host; * alone, or *. at its beginning, is any");
}

}  // namespace meshtwin
