#pragma once

#include "observe/metrics.h"
#include "scheduler/guest.h"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace openfc::scheduler {

/// What to hold ready: guests of this launch and shape, not yet adopted.
struct WarmKind {
  Launch launch;
  sandbox::Shape shape;
};

struct WarmPoolConfig {
  std::size_t size = 4;                              // guests per kind
  Duration keepAfterUse = std::chrono::minutes(10);  // a kind that nobody needs is let go
  Duration refillDelay =
      std::chrono::milliseconds(2);  // after a take, so that its request goes first
  // For the pool, of a taker that is not in haste; then it makes its own.
  Duration longestTurn = std::chrono::milliseconds(200);
};

/// Whether a guest that is not there is made at once, or may come when the pool's turn is.
enum class Haste : std::uint8_t { atOnce, inTurn };

/// Pre-warmed guests that have never run user code. Refills off the request path, one guest at a
/// time; with rests, while invocations are under way that would feel it. Belongs to the loop.
class WarmPool {
public:
  /// `always`: kinds that are held from the start. Others are held while they were asked for
  /// lately.
  WarmPool(net::EventLoop& loop, sandbox::Factory& factory, WarmPoolConfig config,
           std::vector<WarmKind> always, observe::Metrics& metrics);
  ~WarmPool();

  struct Taken {
    std::shared_ptr<Guest> guest;
    bool hit = false;
  };
  /// A guest for this launch: from the pool (hit) or made for it. A launch that starts before
  /// adoption comes with its process running. Throws std::runtime_error.
  Task<Taken> take(Launch launch, sandbox::Shape shape, Haste haste = Haste::atOnce);
  /// A guest that was taken in vain: it has not been adopted.
  void giveBack(const Launch& launch, sandbox::Shape shape, std::shared_ptr<Guest> guest);
  /// Until then the pool rests after each guest that it made.
  void restUntil(SteadyTime moment) { restUntil_ = moment; }
  /// Starts filling; resumes when every kind has its guests or one could not be made.
  Task<> fill();
  /// Kills all guests and makes no more.
  void close();
  std::size_t idle() const;
  /// After close(): resumes when every guest that this pool ever made is gone, or `patience` has
  /// passed (false). Nothing then refers to this pool or to its users any more.
  Task<bool> emptied(Duration patience);

private:
  struct Kind {
    WarmKind what;
    bool always = false;
    SteadyTime lastTake;
    std::deque<std::shared_ptr<Guest>> guests;
    std::deque<std::shared_ptr<OneShot<std::shared_ptr<Guest>>>> waiting;  // takers in turn
  };
  /// The guests that live or are being made, and the refill; shared with them.
  struct Census {
    std::size_t guests = 0;
    std::shared_ptr<OneShot<bool>> empty;
  };
  std::shared_ptr<void> enrol();
  static std::string keyOf(const Launch& launch, sandbox::Shape shape);
  Task<std::shared_ptr<Guest>> make(Launch launch, sandbox::Shape shape);
  Kind* neediest();
  Task<> refill();
  Task<> makeOneMore(Kind& kind);
  std::size_t targetOf(const Kind& kind) const;
  static void hold(Kind& kind, std::shared_ptr<Guest> guest);
  void giveUpWaiting();
  void scheduleRefill();

  net::EventLoop& loop_;
  sandbox::Factory& factory_;
  WarmPoolConfig config_;
  observe::Metrics& metrics_;
  std::map<std::string, Kind> kinds_;
  std::shared_ptr<Census> census_ = std::make_shared<Census>();
  SteadyTime restUntil_{};
  bool refilling_ = false;
  bool scheduled_ = false;
  bool closed_ = false;
};

}  // namespace openfc::scheduler
