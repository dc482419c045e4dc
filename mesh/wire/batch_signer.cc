#include "mesh/wire/batch_signer.h"

#include <utility>
#include <vector>

#include "mesh/identity/x509.h"
#include "mesh/runtime/clock.h"
#include "mesh/runtime/runtime.h"

namespace meshtwin {
namespace {

class BatchSigner;

class Asked final : public Activity {
 public:
  Asked(BatchSigner& signer, std::string_view digest, SignatureHandler then)
      : digest_(digest), then_(std::move(then)), signer_(&signer) {}
  ~Asked() override;

  const std::string& digest() const { return digest_; }
  void answer(std::string signature) {
    signer_ = nullptr;
    SignatureHandler then = std::move(then_);
    then(std::move(signature));  // may destroy this
  }

 private:
  const std::string digest_;
  SignatureHandler then_;
  BatchSigner* signer_;  // null: it has answered
};

class BatchSigner final : public Signer, public std::enable_shared_from_this<BatchSigner> {
 public:
  BatchSigner(Runtime& runtime, const KeyProvider& provider, const std::string& key_pem)
      : runtime_(runtime), provider_(provider) {
    if (!key_pem.empty()) key_ = read_key(key_pem);
  }

  Handle sign(std::string_view digest, SignatureHandler then) override {
    auto asked = std::make_unique<Asked>(*this, digest, std::move(then));
    waiting_.push_back(asked.get());
    if (waiting_.size() == 1) poll_ = runtime_.clock.after(provider_.poll_delay, [this] { sign_all(); });
    if (waiting_.size() == provider_.batch) poll_ = runtime_.clock.after(0, [this] { sign_all(); });
    return asked;
  }
  void withdraw(const Asked& asked) {
    std::erase(waiting_, &asked);
    std::erase(being_answered_, &asked);
  }

 private:
  void sign_all() {
    const std::shared_ptr<BatchSigner> keep = shared_from_this();
    being_answered_ = std::exchange(waiting_, {});
    while (!being_answered_.empty()) {
      Asked& first = *being_answered_.front();
      being_answered_.erase(being_answered_.begin());
      first.answer(key_ == nullptr ? "signed" : make_signature(first.digest()));
    }
  }
  std::string make_signature(const std::string& digest) const {
    const std::unique_ptr<EVP_PKEY_CTX, OpenSslDeleter<EVP_PKEY_CTX_free>> context(
        EVP_PKEY_CTX_new(key_.get(), nullptr));
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    std::size_t length = signature.size();
    const bool done = EVP_PKEY_sign_init(context.get()) == 1 &&
                      EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                                    reinterpret_cast<const unsigned char*>(digest.data()), digest.size()) == 1;
    signature.resize(done ? length : 0);
    return signature;
  }

  Runtime& runtime_;
  const KeyProvider provider_;
  KeyPtr key_;
  std::vector<Asked*> waiting_;
  std::vector<Asked*> being_answered_;
  Timer poll_;
};

Asked::~Asked() {
  if (signer_ != nullptr) signer_->withdraw(*this);
}

}  // namespace

std::shared_ptr<Signer> make_batch_signer(Runtime& runtime, const KeyProvider& provider, const std::string& key_pem) {
  return std::make_shared<BatchSigner>(runtime, provider, key_pem);
}

}  // namespace meshtwin
