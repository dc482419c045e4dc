#include "mesh/control/certificate_client.h"

#include <algorithm>
#include <deque>
#include <list>
#include <utility>

#include "mesh/control/certificate_messages.h"
#include "mesh/control/framed_stream.h"
#include "mesh/identity/authority.h"
#include "mesh/identity/trust_of_chain.h"
#include "mesh/runtime/chance.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/network.h"
#include "mesh/runtime/runtime.h"

namespace meshtwin {
namespace {

constexpr Duration kFirstBackOff = 100 * kMillisecond;
constexpr Duration kLongestBackOff = 15 * kSecond;  // ztunnel's
constexpr Duration kConnectTimeout = 5 * kSecond;
constexpr Duration kAnswerTimeout = 10 * kSecond;

}  // namespace

class CertificateClient::Impl {
 public:
  Impl(Runtime& runtime, Network& network, CertificateClientOptions options)
      : runtime_(runtime),
        network_(network),
        options_(std::move(options)),
        random_(runtime.chance.stream("certificates/" + options_.node_id)) {}

  void want(const SpiffeId& identity, Changed changed) {
    wanted_.push_back({identity, std::move(changed), {}, {}});
    due(wanted_.back());
  }

 private:
  struct Wanted {
    SpiffeId identity;
    Changed changed;
    std::string key_pem;  // of the request under way
    Timer renewal;
  };

  void due(Wanted& wanted) {
    queue_.push_back(&wanted);
    if (!retry_pending_) connect();
  }

  // One connection carries what is due when it is there, and closes when all of it has been answered.
  void connect() {
    if (dialling_ != nullptr || stream_ != nullptr) return;
    dialling_ = network_.dial(options_.authority, {.timeout = kConnectTimeout, .bypass_capture = true},
                              [this](std::unique_ptr<ByteStream> stream, DialError) {
                                dialling_.reset();
                                stream == nullptr ? retry() : open(std::move(stream));
                              });
  }

  void open(std::unique_ptr<ByteStream> stream) {
    FramedStream::Handlers handlers;
    handlers.on_bytes = [this](std::string_view bytes) -> FramedStream::Refusal {
      SigningResponse response;
      if (auto problem = decode(bytes, response)) return *problem;
      return take(std::move(response));
    };
    handlers.on_object = [this](std::unique_ptr<Message> message) -> FramedStream::Refusal {
      auto* response = dynamic_cast<SigningResponse*>(message.get());
      if (response == nullptr) return "a message that is no certificate";
      return take(std::move(*response));
    };
    handlers.on_broken = [this](const std::string&) { retry(); };
    stream_ = std::make_unique<FramedStream>(std::move(stream), std::move(handlers));
    limit_ = runtime_.clock.after(kAnswerTimeout, [this] { retry(); });
    ask();
  }

  void ask() {
    SigningRequest request;
    Wanted& wanted = *queue_.front();
    request.identity = wanted.identity;
    request.lifetime = options_.lifetime;
    if (options_.modelled_wire) {
      const std::size_t size = encoded_size(request);
      stream_->send(size, std::make_unique<SigningRequest>(std::move(request)));
      return;
    }
    CertificateRequest made = make_certificate_request(wanted.identity);
    wanted.key_pem = std::move(made.key_pem);
    request.request_pem = std::move(made.request_pem);
    stream_->send(encode(request));
  }

  FramedStream::Refusal take(SigningResponse response) {
    if (queue_.empty()) return "an answer that nobody waits for";
    if (!response.refusal.empty()) return response.refusal;
    auto credential = std::make_shared<Credential>();
    auto trust = std::make_shared<TrustBundle>(std::move(response.trust));
    Wanted& wanted = *queue_.front();
    credential->facts = std::move(response.facts);
    if (!options_.modelled_wire) {
      credential->chain_pem = std::move(response.chain_pem);
      credential->key_pem = std::exchange(wanted.key_pem, {});
      if (!read_chain_facts(*credential, *trust)) return "a certificate chain that cannot be read";
    }
    use_key_provider(*credential);
    queue_.pop_front();
    failures_ = 0;
    schedule_renewal(wanted, credential->facts);
    // The stream first: who is told may destroy all of this.
    const bool more = !queue_.empty();
    if (more) {
      limit_ = runtime_.clock.after(kAnswerTimeout, [this] { retry(); });
      ask();
    } else {
      limit_.cancel();
      stream_.reset();
    }
    wanted.changed(std::move(credential), std::move(trust));
    return {};
  }

  void use_key_provider(Credential& credential) {
    if (!options_.key_provider) return;
    credential.signer = make_batch_signer(runtime_, options_.key_provider, credential.key_pem);
    credential.key_pem.clear();
  }

  void schedule_renewal(Wanted& wanted, const CertificateFacts& facts) {
    const Time now = runtime_.clock.unix_zero() + runtime_.clock.now();
    const double share = 0.5 + options_.renewal_jitter * (2 * random_.uniform() - 1);
    const auto in = static_cast<Duration>(static_cast<double>(facts.not_after - now) * share);
    wanted.renewal = runtime_.clock.after(std::max<Duration>(in, kSecond), [this, &wanted] { due(wanted); });
  }

  void retry() {
    limit_.cancel();
    stream_.reset();
    if (queue_.empty() || std::exchange(retry_pending_, true)) return;
    const Duration bound = std::min(kLongestBackOff, kFirstBackOff << std::min(failures_++, 8));
    const auto delay = static_cast<Duration>(random_.below(static_cast<std::uint64_t>(bound)));
    retry_ = runtime_.clock.after(delay, [this] {
      retry_pending_ = false;
      connect();
    });
  }

  Runtime& runtime_;
  Network& network_;
  const CertificateClientOptions options_;
  RandomStream random_;
  std::list<Wanted> wanted_;
  std::deque<Wanted*> queue_;  // due, in order; the first is being asked for
  int failures_ = 0;
  bool retry_pending_ = false;
  Timer retry_;
  Timer limit_;
  Handle dialling_;
  std::unique_ptr<FramedStream> stream_;
};

CertificateClient::CertificateClient(Runtime& runtime, Network& network, CertificateClientOptions options)
    : impl_(std::make_unique<Impl>(runtime, network, std::move(options))) {}

CertificateClient::~CertificateClient() = default;

void CertificateClient::want(const SpiffeId& identity, Changed changed) {
  impl_->want(identity, std::move(changed));
}

}  // namespace meshtwin
