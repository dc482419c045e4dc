#include "mesh/base/buffer.h"

#include <gtest/gtest.h>

#include <deque>
#include <utility>

#include "mesh/base/random.h"

namespace meshtwin {
namespace {

struct Numbered : Message {
  explicit Numbered(int number) : number(number) { ++alive; }
  ~Numbered() override { --alive; }
  int number;
  static inline int alive = 0;
};

int number_of(const std::unique_ptr<Message>& message) {
  return message == nullptr ? -1 : static_cast<const Numbered&>(*message).number;
}

TEST(Buffer, AppendsAndDropsRealBytes) {
  Buffer buffer("hello ");
  buffer.append(std::string("wor"));
  auto block = std::make_shared<const std::string>("xxldxx");
  buffer.append(block, 2, 2);
  EXPECT_EQ(buffer.to_string(), "hello world");
  EXPECT_EQ(buffer.size(), 11u);
  buffer.drop(4);
  EXPECT_EQ(buffer.front_bytes(), "o ");
  EXPECT_FALSE(buffer.front_is_virtual());
  buffer.drop(3);
  EXPECT_EQ(buffer.to_string(), "orld");
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(block.use_count(), 1);  // shared, and let go
}

TEST(Buffer, EmptyPiecesAreNothing) {
  Buffer buffer;
  buffer.append(std::string_view(""));
  buffer.append(std::string());
  buffer.append(Buffer());
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(buffer.take(0).empty());
}

TEST(Buffer, AMessageLeavesWithTheLastByteOfItsSlice) {
  Buffer buffer;
  buffer.append_virtual(100, std::make_unique<Numbered>(1));
  Buffer front = buffer.take(99);
  EXPECT_EQ(front.size(), 99u);
  EXPECT_TRUE(front.front_is_virtual());
  EXPECT_FALSE(front.front_has_message());
  EXPECT_TRUE(buffer.front_has_message());
  EXPECT_EQ(buffer.front_size(), 1u);
  front.append(std::move(buffer));
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(front.size(), 100u);
  EXPECT_EQ(number_of(front.take_front_message()), -1);  // the 99 bytes before it
  EXPECT_EQ(number_of(front.take_front_message()), 1);
  EXPECT_TRUE(front.empty());
}

TEST(Buffer, ADroppedMessageIsDestroyed) {
  ASSERT_EQ(Numbered::alive, 0);
  Buffer buffer;
  buffer.append_virtual(10, std::make_unique<Numbered>(1));
  buffer.append_virtual(10, std::make_unique<Numbered>(2));
  buffer.append_virtual(10, std::make_unique<Numbered>(3));
  buffer.drop(15);
  EXPECT_EQ(Numbered::alive, 2);
  EXPECT_EQ(number_of(buffer.take_front_message()), 2);
  EXPECT_EQ(Numbered::alive, 1);
  buffer.clear();
  EXPECT_EQ(Numbered::alive, 0);
}

TEST(Buffer, MovedFromIsEmptyAndUsable) {
  Buffer a("one");
  a.append(std::string_view("two"));
  Buffer b(std::move(a));
  EXPECT_TRUE(a.empty());
  a.append(std::string_view("three"));
  EXPECT_EQ(a.to_string(), "three");
  b = std::move(a);
  EXPECT_EQ(b.to_string(), "three");
  EXPECT_TRUE(a.empty());
  Buffer& same = b;
  b = std::move(same);
  EXPECT_EQ(b.to_string(), "three");
}

// What a buffer should hold: its bytes ('\0' where virtual), and after which byte each message rides.
struct Model {
  std::string bytes;
  std::deque<std::pair<std::size_t, int>> messages;  // bytes up to and including the message's, number

  void drop(std::size_t n, std::vector<int>& out) {
    bytes.erase(0, n);
    while (!messages.empty() && messages.front().first <= n) {
      out.push_back(messages.front().second);
      messages.pop_front();
    }
    for (auto& message : messages) message.first -= n;
  }
};

void drain(Buffer& buffer, std::vector<int>& out) {
  while (!buffer.empty()) {
    const int number = number_of(buffer.take_front_message());
    if (number >= 0) out.push_back(number);
  }
}

class BufferAgainstModel {
 public:
  explicit BufferAgainstModel(std::uint64_t seed) : random_(seed, "buffer") {}

  void step() {
    switch (random_.below(6)) {
      case 0:
        return add_bytes();
      case 1:
        return add_virtual();
      case 2:
        return take_some();
      case 3:
        return add_other();
      case 4:
        return round_trip();
      default:
        return drop_some();
    }
  }
  void check() {
    ASSERT_EQ(buffer_.to_string(), model_.bytes);
    ASSERT_EQ(buffer_.size(), model_.bytes.size());
    ASSERT_EQ(got_, expected_);
  }
  void finish() {
    model_.drop(model_.bytes.size(), expected_);
    drain(buffer_, got_);
    ASSERT_EQ(got_, expected_);
  }
  int messages() const { return next_; }

 private:
  void add_bytes() {
    std::string text(random_.below(20), 'x');
    for (char& c : text) c = static_cast<char>('a' + random_.below(26));
    model_.bytes += text;
    buffer_.append(std::string_view(text));
  }
  void add_virtual() {
    const std::size_t length = 1 + random_.below(30);
    model_.bytes.append(length, '\0');
    if (random_.chance(0.3)) return buffer_.append_virtual(length);
    model_.messages.emplace_back(model_.bytes.size(), next_);
    buffer_.append_virtual(length, std::make_unique<Numbered>(next_++));
  }
  void take_some() {
    const std::size_t n = random_.below(buffer_.size() + 1);
    Buffer front = buffer_.take(n);
    ASSERT_EQ(front.to_string(), model_.bytes.substr(0, n));
    model_.drop(n, expected_);
    drain(front, got_);
  }
  void add_other() {
    Buffer other("other");
    other.append_virtual(3, std::make_unique<Numbered>(next_));
    other.append(std::string_view("end"));
    model_.bytes += std::string("other") + std::string(3, '\0');
    model_.messages.emplace_back(model_.bytes.size(), next_++);
    model_.bytes += "end";
    buffer_.append(std::move(other));
    ASSERT_TRUE(other.empty());
  }
  // Cut anywhere and put together again, a buffer is what it was.
  void round_trip() {
    Buffer front = buffer_.take(random_.below(buffer_.size() + 1));
    front.append(std::move(buffer_));
    buffer_ = std::move(front);
  }
  void drop_some() {
    const std::size_t n = random_.below(buffer_.size() + 1);
    Buffer front = buffer_.take(n);
    model_.drop(n, expected_);
    while (!front.empty()) {  // byte by byte, a message goes with its last one
      const bool last = front.front_size() == 1;
      if (last) {
        const int number = number_of(front.take_front_message());
        if (number >= 0) got_.push_back(number);
      } else {
        front.drop(1);
      }
    }
  }

  RandomStream random_;
  Buffer buffer_;
  Model model_;
  std::vector<int> got_;
  std::vector<int> expected_;
  int next_ = 0;
};

TEST(Buffer, AnySequenceOfOperationsAgreesWithAPlainString) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    BufferAgainstModel pair(seed);
    for (int i = 0; i < 400; ++i) {
      pair.step();
      pair.check();
      if (testing::Test::HasFatalFailure()) return;
    }
    pair.finish();
    EXPECT_GT(pair.messages(), 50);
  }
  EXPECT_EQ(Numbered::alive, 0);
}

TEST(Buffer, ALongQueueReadFromTheFrontStaysInOrder) {
  Buffer buffer;
  std::string expected;
  std::string got;
  for (int i = 0; i < 5000; ++i) {
    const std::string piece = std::to_string(i) + ';';
    expected += piece;
    buffer.append(piece);
    if (i % 3 == 0) got += buffer.take(piece.size() / 2).to_string();
  }
  got += buffer.take(buffer.size()).to_string();
  EXPECT_EQ(got, expected);
}

}  // namespace
}  // namespace meshtwin
