// The real HTTP/1.1 codec's client side on streams that lead nowhere: heads written, answers read, many of each between
// two looks at the clock. The server's side is the same code with the two exchanged.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "emu/burn_pool.h"
#include "emu/calibrate/blocks.h"
#include "emu/calibrate/engine_work.h"
#include "emu/calibrate/process.h"
#include "emu/emu_clock.h"
#include "emu/event_loop.h"
#include "mesh/runtime/chance.h"
#include "mesh/runtime/runtime.h"
#include "mesh/wire/http_codec.h"

namespace meshtwin {
namespace {

constexpr int kConnections = 64;
constexpr int kBlocks = 60;
constexpr std::size_t kBodyBytes = 64 * 1024;

class IdleStream final : public ByteStream {
 public:
  void write(Buffer& data) override {
    written += data.size();
    data.clear();
  }
  void on_read(ReadHandler handler) override { reader = std::move(handler); }
  void on_writable(Callback) override {}
  void shutdown_write() override {}
  void abort() override {}

  ReadHandler reader;
  std::size_t written = 0;
};

class CodecRig final : private ClientHandler, private ResponseReceiver {
 public:
  CodecRig() {
    for (int i = 0; i < kConnections; ++i) {
      auto stream = std::make_unique<IdleStream>();
      streams_.push_back(stream.get());
      connections_.push_back(http1_codec().connect(runtime_, std::move(stream), *this));
    }
  }

  // Serialising and parsing a head with that many headers of the mesh's usual length; nanoseconds and bytes of one.
  CodecFigures exchange(int headers, std::size_t body_bytes) {
    std::vector<std::unique_ptr<RequestHead>> requests;
    std::vector<Buffer> answers;
    const std::string text = answer_text(headers, body_bytes);
    const std::string body(body_bytes, 'x');
    for (int i = 0; i < kConnections; ++i) {
      requests.push_back(request(headers));
      answers.emplace_back(text);
      answers.back().append(body);
    }
    const std::size_t before = streams_.front()->written;
    Buffer nothing;
    const Duration begin = thread_cpu_now();
    for (std::size_t i = 0; i < kConnections; ++i)
      connections_[i]->open(*this).send_head(std::move(requests[i]), nothing, true);
    const Duration sent = thread_cpu_now();
    for (std::size_t i = 0; i < kConnections; ++i) streams_[i]->reader(ReadEvent::data, answers[i]);
    const Duration end = thread_cpu_now();
    CodecFigures figures;
    figures.parse_bytes = static_cast<double>(text.size());
    figures.parse = static_cast<double>(end - sent) / kConnections;
    figures.serialize_bytes = static_cast<double>(streams_.front()->written - before);
    figures.serialize = static_cast<double>(sent - begin) / kConnections;
    return figures;
  }

 private:
  static std::unique_ptr<RequestHead> request(int headers) {
    auto head = make_request("GET", "backend.default.svc.cluster.local:8080", "/");
    for (int i = 0; i < headers; ++i) head->headers.add(kName, kValue);
    return head;
  }
  static std::string answer_text(int headers, std::size_t body_bytes) {
    std::string text = "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body_bytes) + "\r\n";
    for (int i = 0; i < headers; ++i) text += std::string(kName) + ": " + kValue + "\r\n";
    return text + "\r\n";
  }

  void on_available(ClientConnection&) override {}
  void on_closed(ClientConnection&) override {}
  void on_head(std::unique_ptr<ResponseHead>, Buffer&, bool) override {}
  void on_data(Buffer&, bool) override {}
  void on_reset(ResetReason) override {}

  static constexpr const char* kName = "x-request-id";
  static constexpr const char* kValue = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

  EventLoop loop_;
  EmuClock clock_{loop_, 0};
  SeededChance chance_{1};
  BurnPool cpu_{loop_};
  Runtime runtime_{clock_, chance_, cpu_};
  std::vector<IdleStream*> streams_;
  std::vector<std::unique_ptr<ClientConnection>> connections_;
};

CodecFigures quiet_exchange(CodecRig& rig, int headers, std::size_t body_bytes, int blocks) {
  std::vector<std::vector<double>> rows;
  CodecFigures one;
  for (int i = 0; i < blocks; ++i) {
    one = rig.exchange(headers, body_bytes);
    rows.push_back({one.parse + one.serialize, one.parse, one.serialize});
  }
  const std::vector<double> figures = quiet_medians(std::move(rows));
  one.parse = figures[1];
  one.serialize = figures[2];
  return one;
}

}  // namespace

CodecWork measure_codec(double effort) {
  MeasuredProcess process(-1, [&](const Fd& report) {
    CodecRig rig;
    CodecWork work;
    const int blocks = std::max(8, static_cast<int>(kBlocks * effort));
    quiet_exchange(rig, 4, 0, blocks);
    constexpr int kHeaders[] = {1, 5, 16};
    for (std::size_t i = 0; i < work.heads.size(); ++i) work.heads[i] = quiet_exchange(rig, kHeaders[i], 0, blocks);
    const CodecFigures with_body = quiet_exchange(rig, kHeaders[1], kBodyBytes, blocks);
    work.body_per_byte = std::max(0.0, with_body.parse - work.heads[1].parse) / kBodyBytes;
    report_value(report, work);
  });
  return process.read<CodecWork>();
}

}  // namespace meshtwin
