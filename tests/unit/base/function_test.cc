#include "mesh/base/function.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace meshtwin {
namespace {

struct Counts {
  int made = 0;
  int moved = 0;
  int destroyed = 0;
  int alive() const { return made + moved - destroyed; }
};

// A callable of a chosen size that counts what happens to it.
template <std::size_t Padding>
struct Probe {
  explicit Probe(Counts& counts) : counts(&counts) { ++counts.made; }
  Probe(Probe&& other) noexcept : counts(other.counts), calls(other.calls) { ++counts->moved; }
  Probe(const Probe&) = delete;
  ~Probe() { ++counts->destroyed; }
  int operator()(int x) { return x + ++calls; }

  Counts* counts;
  int calls = 0;
  std::array<char, Padding> padding{};
};

template <typename T>
class FunctionOfSize : public testing::Test {};
using Sizes = testing::Types<Probe<1>, Probe<500>>;  // inside the object, on the heap
TYPED_TEST_SUITE(FunctionOfSize, Sizes);

TYPED_TEST(FunctionOfSize, OwnsItsCallableThroughMoves) {
  Counts counts;
  {
    Function<int(int)> first{TypeParam(counts)};
    EXPECT_EQ(first(10), 11);
    EXPECT_EQ(counts.alive(), 1);
    Function<int(int)> second(std::move(first));
    EXPECT_FALSE(static_cast<bool>(first));
    EXPECT_EQ(second(10), 12);  // its state came along
    first = std::move(second);
    EXPECT_FALSE(static_cast<bool>(second));
    EXPECT_EQ(first(10), 13);
    EXPECT_EQ(counts.alive(), 1);
  }
  EXPECT_EQ(counts.alive(), 0);
}

TYPED_TEST(FunctionOfSize, AssignmentDestroysWhatWasThere) {
  Counts old_counts;
  Counts new_counts;
  Function<int(int)> function{TypeParam(old_counts)};
  function = TypeParam(new_counts);
  EXPECT_EQ(old_counts.alive(), 0);
  EXPECT_EQ(new_counts.alive(), 1);
  function = nullptr;
  EXPECT_EQ(new_counts.alive(), 0);
  EXPECT_FALSE(static_cast<bool>(function));
  Function<int(int)>& same = function;
  function = TypeParam(new_counts);
  function = std::move(same);
  EXPECT_EQ(new_counts.alive(), 1);
  EXPECT_EQ(function(0), 1);
}

TEST(Function, SmallCallablesAreMovedAndLargeOnesAreNot) {
  Counts small;
  Counts large;
  Function<int(int)> a{Probe<1>(small)};
  Function<int(int)> b{Probe<500>(large)};
  const int large_moves = large.moved;
  Function<int(int)> c(std::move(a));
  Function<int(int)> d(std::move(b));
  EXPECT_GE(small.moved, 2);
  EXPECT_EQ(large.moved, large_moves);
}

TEST(Function, HoldsWhatCannotBeCopied) {
  auto text = std::make_unique<std::string>("kept");
  Function<std::string()> function([text = std::move(text)] { return *text; });
  EXPECT_EQ(function(), "kept");
}

TEST(Function, PassesReferencesAndMoves) {
  Function<void(int&, std::unique_ptr<int>)> function([](int& to, std::unique_ptr<int> from) { to = *from; });
  int value = 0;
  function(value, std::make_unique<int>(42));
  EXPECT_EQ(value, 42);
}

TEST(Function, AThrowingMoveGoesToTheHeap) {
  struct Throwing {
    Throwing() = default;
    Throwing(Throwing&&) noexcept(false) {}
    int operator()() { return 5; }
  };
  Function<int()> function{Throwing()};
  Function<int()> moved(std::move(function));
  EXPECT_EQ(moved(), 5);
}

TEST(Function, MayBeReplacedFromInsideItsOwnCallOnceMovedOut) {
  Callback callback;
  int calls = 0;
  callback = [&] {
    ++calls;
    callback = [&calls] { calls += 10; };
  };
  Callback running = std::move(callback);
  running();
  callback();
  EXPECT_EQ(calls, 11);
}

}  // namespace
}  // namespace meshtwin
