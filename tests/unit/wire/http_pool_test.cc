// A pool's limits: how many connections, how many requests on each, who hears of a failure, and its end.

#include "mesh/wire/http_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>

#include "tests/unit/support/http_script.h"
#include "tests/unit/support/memory_world.h"

namespace meshtwin::testing_world {
namespace {

constexpr SocketAddress kServer{0x0a000002, 80};

// One request, answered or not.
struct Asker final : PoolWaiter, ResponseReceiver {
  void on_connection(ClientConnection& connection, SocketAddress) override {
    exchange = &connection.open(*this);
    connected = true;
    Buffer nothing;
    exchange->send_head(make_request("GET", "server", "/"), nothing, true);
  }
  void on_pool_failure(PoolFailure reason, SocketAddress) override { failure = reason; }
  void on_head(std::unique_ptr<ResponseHead>, Buffer&, bool end) override { answered = end; }
  void on_data(Buffer&, bool end) override { answered = end; }
  void on_reset(ResetReason) override { reset = true; }

  ClientExchange* exchange = nullptr;
  std::optional<PoolFailure> failure;
  bool connected = false;
  bool answered = false;
  bool reset = false;
};

class HttpPoolTest : public ::testing::Test {
 protected:
  void serve() {
    listening_ = world.pod(kServer.ip).listen({0, kServer.port}, [this](AcceptedStream accepted) {
      servers.push_back(std::make_unique<ScriptServer>(world, http1_codec(), std::move(accepted.stream)));
      servers.back()->on_request_ended = [this](ServerExchange& exchange) { asked.push_back(&exchange); };
    });
  }
  std::unique_ptr<HttpPool> make(PoolOptions options = {}) {
    return std::make_unique<HttpPool>(world.runtime, connector, http1_codec(), options, budget, [] { return kServer; });
  }
  void run(Duration time = 10 * kMillisecond) { world.clock.run_until(world.clock.now() + time); }
  void answer_all() {
    for (ServerExchange* exchange : std::exchange(asked, {})) {
      Buffer nothing;
      exchange->send_head(std::make_unique<ResponseHead>(200), nothing, true);
    }
    run();
  }
  std::size_t answered() const {
    return static_cast<std::size_t>(std::ranges::count_if(askers, [](const Asker& a) { return a.answered; }));
  }

  MemoryWorld world;
  PlainConnector connector{world.pod(0x0a000001), {}};
  PoolBudget budget;
  std::vector<std::unique_ptr<ScriptServer>> servers;
  std::vector<ServerExchange*> asked;
  std::array<Asker, 6> askers;

 private:
  Handle listening_;
};

TEST_F(HttpPoolTest, WaitersShareWhatConnectionsThereMayBe) {
  serve();
  world.pod(kServer.ip);
  budget.max_connections = 2;
  const auto pool = make();
  for (Asker& asker : askers) pool->acquire(asker);
  EXPECT_EQ(budget.pending, 6u);
  for (std::size_t done = 2; done <= 6; done += 2) {
    run();
    EXPECT_EQ(pool->connections(), 2u);
    answer_all();
    EXPECT_EQ(answered(), done);
  }
  EXPECT_EQ(servers.size(), 2u);
  EXPECT_EQ(budget.pending, 0u);
  EXPECT_EQ(budget.connections, 2u) << "idle";
}

TEST_F(HttpPoolTest, PendingBeyondTheLimitOverflows) {
  serve();
  budget.max_pending = 4;
  const auto pool = make();
  for (Asker& asker : askers) pool->acquire(asker);
  EXPECT_EQ(askers[3].failure, std::nullopt);
  EXPECT_EQ(askers[4].failure, PoolFailure::overflow);
  EXPECT_EQ(askers[5].failure, PoolFailure::overflow);
  run();
  answer_all();
  EXPECT_EQ(answered(), 4u);
}

TEST_F(HttpPoolTest, AConnectionServesSoManyRequests) {
  serve();
  PoolOptions options;
  options.max_requests_per_connection = 2;
  const auto pool = make(options);
  for (Asker& asker : askers) {
    pool->acquire(asker);
    run();
    answer_all();
  }
  EXPECT_EQ(answered(), 6u);
  EXPECT_EQ(servers.size(), 3u);
  EXPECT_EQ(pool->connections(), 0u);
  EXPECT_EQ(budget.connections, 0u);
}

TEST_F(HttpPoolTest, ClosesWhatNobodyUses) {
  serve();
  PoolOptions options;
  options.idle_timeout = 10 * kSecond;
  const auto pool = make(options);
  const auto ask = [&](std::size_t asker) {
    pool->acquire(askers[asker]);
    run();
  };
  ask(0);
  ask(1);
  answer_all();
  run(6 * kSecond);
  ask(2);  // on the connection that has been idle for less time than the other
  answer_all();
  EXPECT_EQ(pool->connections(), 2u);
  run(5 * kSecond);
  EXPECT_EQ(pool->connections(), 1u);
  run(4 * kSecond);
  ask(3);
  run(20 * kSecond);
  EXPECT_EQ(pool->connections(), 1u) << "one with an exchange is not idle";
  answer_all();
  run(9 * kSecond);
  EXPECT_EQ(pool->connections(), 1u);
  run(2 * kSecond);
  EXPECT_EQ(pool->connections(), 0u);
  EXPECT_EQ(budget.connections, 0u);
  ask(4);
  answer_all();
  EXPECT_EQ(answered(), 5u) << "and makes new ones";
}

TEST_F(HttpPoolTest, EveryWaiterHearsOfAFailureHoweverFewMayDial) {
  world.pod(kServer.ip);
  for (const bool together : {true, false}) {
    budget.max_connections = 2;
    PoolOptions options;
    options.fails_together = together;
    const auto pool = make(options);
    askers = {};
    for (Asker& asker : askers) pool->acquire(asker);
    run(kSecond);
    for (std::size_t i = 0; i < askers.size(); ++i) {
      EXPECT_EQ(askers[i].failure, PoolFailure::refused) << i << (together ? " together" : " one by one");
    }
    EXPECT_TRUE(pool->empty());
    EXPECT_EQ(budget.connections + budget.pending, 0u);
  }
}

TEST_F(HttpPoolTest, DrainingEndsWhatIsIdleNowAndTheRestWhenItsExchangeIsOver) {
  serve();
  const auto pool = make();
  for (int i : {0, 1}) pool->acquire(askers[static_cast<std::size_t>(i)]);
  run();
  Buffer nothing;
  asked[0]->send_head(std::make_unique<ResponseHead>(200), nothing, true);
  run();
  EXPECT_EQ(pool->connections(), 2u);
  pool->drain();
  EXPECT_EQ(pool->connections(), 1u);
  asked[1]->send_head(std::make_unique<ResponseHead>(200), nothing, true);
  run();
  EXPECT_TRUE(askers[1].answered);
  EXPECT_TRUE(pool->empty());
  EXPECT_EQ(budget.connections, 0u);
}

TEST_F(HttpPoolTest, AWaiterThatLeavesIsNotServed) {
  serve();
  const auto pool = make();
  pool->acquire(askers[0]);
  askers[0].withdraw();
  pool->acquire(askers[1]);
  run();
  answer_all();
  EXPECT_FALSE(askers[0].connected);
  EXPECT_TRUE(askers[1].answered);
  EXPECT_LE(servers.size(), 1u) << "the dial under way is used";
}

}  // namespace
}  // namespace meshtwin::testing_world
