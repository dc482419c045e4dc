// TLS by OpenSSL between two sessions that hand each other their bytes: handshakes, and records of two sizes.

#include <algorithm>
#include <string>

#include "emu/burn_pool.h"
#include "emu/calibrate/blocks.h"
#include "emu/calibrate/engine_work.h"
#include "emu/calibrate/process.h"
#include "emu/emu_clock.h"
#include "emu/event_loop.h"
#include "mesh/identity/authority.h"
#include "mesh/runtime/chance.h"
#include "mesh/runtime/runtime.h"
#include "mesh/wire/tls_session.h"

namespace meshtwin {
namespace {

constexpr int kBlocks = 40;
constexpr int kRecords = 64;  // of a block
constexpr std::size_t kRecordSizes[] = {200, kRecordBytes};
constexpr Duration kLifetime = 24 * 3600 * kSecond;

// What the two sides of one handshake took.
struct Shaken {
  double client = 0;
  double server = 0;
  bool resumed = false;
};

class TlsRig {
 public:
  TlsRig() {
    const Time now = clock_.unix_zero() + clock_.now();
    const auto authority = make_x509_authority("cluster.local", now);
    const auto trust = std::make_shared<TrustBundle>(authority->trust());
    for (TlsSessions* sessions : {clients_.get(), servers_.get()}) {
      const SpiffeId id{"cluster.local", "default", "calibration"};
      const CertificateRequest request = make_certificate_request(id);
      IssuedCertificate issued = authority->issue(request.request_pem, id, now, kLifetime);
      auto credential = std::make_shared<Credential>();
      credential->facts = issued.facts;
      credential->chain_pem = issued.chain_pem;
      credential->key_pem = request.key_pem;
      sessions->update(credential, trust);
    }
  }

  Shaken shake(bool resume) {
    Buffer ending;
    if (client_ != nullptr) client_->close(ending);  // a session that was not closed is not resumed
    TlsClientOptions options;
    if (resume) options.session_key = "server";
    client_ = clients_->client(options);
    server_ = servers_->server({});
    Shaken shaken;
    Buffer to_client, to_server;
    bool more = true;
    while (more) {
      const Duration begin = thread_cpu_now();
      const auto client = client_->handshake(to_client, to_server);
      const Duration middle = thread_cpu_now();
      const auto server = server_->handshake(to_server, to_client);
      shaken.client += static_cast<double>(middle - begin);
      shaken.server += static_cast<double>(thread_cpu_now() - middle);
      more = client == TlsSession::State::handshaking || server == TlsSession::State::handshaking;
      if (client == TlsSession::State::failed || server == TlsSession::State::failed) {
        throw std::runtime_error("calibration: a TLS handshake failed: " + client_->outcome().detail + " " +
                                 server_->outcome().detail);
      }
    }
    // The tickets come after the handshake.
    Buffer plaintext, nothing;
    client_->open(to_client, plaintext, 1, nothing);
    shaken.resumed = client_->outcome().resumed;
    return shaken;
  }

  // {all of it, sealing one record, opening it}
  std::vector<double> records(std::size_t bytes) {
    std::vector<Buffer> sealed(kRecords);
    Buffer plaintext, nothing;
    std::vector<Buffer> texts;
    for (int i = 0; i < kRecords; ++i) texts.emplace_back(std::string(bytes, 'x'));
    const Duration begin = thread_cpu_now();
    for (int i = 0; i < kRecords; ++i)
      client_->seal(texts[static_cast<std::size_t>(i)], sealed[static_cast<std::size_t>(i)]);
    const Duration middle = thread_cpu_now();
    for (Buffer& record : sealed) server_->open(record, plaintext, plaintext.size() + bytes + 1, nothing);
    const Duration end = thread_cpu_now();
    return {static_cast<double>(end - begin), static_cast<double>(middle - begin) / kRecords,
            static_cast<double>(end - middle) / kRecords};
  }

 private:
  EventLoop loop_;
  EmuClock clock_{loop_, 0};
  SeededChance chance_{1};
  BurnPool cpu_{loop_};
  Runtime runtime_{clock_, chance_, cpu_};
  std::unique_ptr<TlsSessions> clients_ = make_openssl_sessions(runtime_);
  std::unique_ptr<TlsSessions> servers_ = make_openssl_sessions(runtime_);
  std::unique_ptr<TlsSession> client_;
  std::unique_ptr<TlsSession> server_;
};

void measure_handshakes(TlsRig& rig, int blocks, TlsWork& work) {
  std::vector<std::vector<double>> full, resumed;
  for (int i = 0; i < blocks; ++i) {
    const Shaken one = rig.shake(false);
    full.push_back({one.client + one.server, one.client, one.server});
  }
  rig.shake(true);  // whose ticket the next takes
  for (int i = 0; i < blocks; ++i) {
    const Shaken one = rig.shake(true);
    if (one.resumed) resumed.push_back({one.client + one.server, (one.client + one.server) / 2});
  }
  const std::vector<double> medians = quiet_medians(std::move(full));
  work.full_client = medians[1];
  work.full_server = medians[2];
  if (!resumed.empty()) work.resumed = quiet_medians(std::move(resumed))[1];
}

}  // namespace

TlsWork measure_tls(double effort) {
  MeasuredProcess process(-1, [&](const Fd& report) {
    TlsRig rig;
    TlsWork work;
    const int blocks = std::max(8, static_cast<int>(kBlocks * effort));
    measure_handshakes(rig, blocks, work);
    for (std::size_t size = 0; size < work.bytes.size(); ++size) {
      std::vector<std::vector<double>> rows;
      for (int i = 0; i < blocks; ++i) rows.push_back(rig.records(kRecordSizes[size]));
      const std::vector<double> medians = quiet_medians(std::move(rows));
      work.bytes[size] = static_cast<double>(kRecordSizes[size]);
      work.seal[size] = medians[1];
      work.open[size] = medians[2];
    }
    report_value(report, work);
  });
  return process.read<TlsWork>();
}

}  // namespace meshtwin
