#include "store/sqlite/sqlite_store.h"

#include "base/check.h"
#include "base/fd.h"
#include "store/sqlite/committer.h"
#include "store/sqlite/front.h"
#include "store/sqlite/reader.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/writer.h"
#include "store/store_full.h"

#include <fcntl.h>

#include <optional>
#include <utility>

namespace openfc::store {
namespace {

using sqlite::Access;
using sqlite::Batch;
using sqlite::Cache;
using sqlite::Committer;
using sqlite::Connection;
using sqlite::Front;
using sqlite::Reader;
using sqlite::Request;
using sqlite::Writer;

constexpr Duration probeInterval = std::chrono::seconds(2);
constexpr std::size_t maxValue = 64u << 20;
constexpr std::string_view memory = ":memory:";
constexpr std::size_t readAheadAtOnce = 64;  // documents

/// Creates the file before SQLite would, so that nobody else can read it. SQLite gives its log the
/// same mode.
void createFile(const std::string& path) {
  const Fd fd(static_cast<int>(
      check(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open " + path)));
}

Connection openedForWriting(const std::string& path, const Vault& vault) {
  try {
    if (path != memory) createFile(path);
    Connection connection(path, Access::readWrite);
    sqlite::prepareSchema(connection, path, vault);
    return connection;
  } catch (const sqlite::SqliteError& failure) {
    throw StoreError(failure.what());
  } catch (const SystemError& failure) {
    throw StoreError(failure.what());
  }
}

class SqliteStore final : public Documents {
public:
  SqliteStore(const std::string& path, Loop& loop, const Vault& vault, std::size_t cacheBytes);
  ~SqliteStore() override;

  Task<std::optional<Document>> find(std::string key) override;
  Task<std::vector<Document>> page(std::string prefix, std::string from,
                                   std::size_t limit) override {
    co_return reader_.page(prefix, from, limit);
  }
  Task<std::vector<Document>> pageDown(std::string prefix, std::string from,
                                       std::size_t limit) override {
    co_return reader_.pageDown(prefix, from, limit);
  }
  Task<> readAhead(std::string prefix) override;
  Task<Committed> commit(std::vector<Operation> operations) override;
  void watch(std::string prefix, std::function<void(const Change&)> function) override {
    front_->watch(std::move(prefix), std::move(function));
  }
  bool healthy() const override { return front_->healthy(); }

  void submit(std::shared_ptr<Request> request);

private:
  void runQueue();
  void probeLater();

  Loop& loop_;
  Connection writing_;
  std::optional<Connection>
      reading_;  // nothing in memory: there the one connection serves both, on one thread
  Reader reader_;
  Committer committer_;
  std::shared_ptr<Front>
      front_;  // shared with batches that are on their way when the store is closed
  std::optional<Loop::TimerId> probeTimer_;
  std::shared_ptr<Batch> queue_;  // in memory; shared with the posted function that runs it
  std::optional<Writer> writer_;  // last: its thread uses the committer
};

/// Waits for the decision about one request. Its frame may be destroyed before that comes.
struct Decision {
  SqliteStore& store;
  std::shared_ptr<Request> request;

  Decision(SqliteStore& to, std::shared_ptr<Request> what) : store(to), request(std::move(what)) {}
  Decision(const Decision&) = delete;
  Decision& operator=(const Decision&) = delete;
  ~Decision() { request->waiter = {}; }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    request->waiter = waiter;
    store.submit(request);
  }
  Committed await_resume() const {
    const std::optional<Committed>& result = request->result;
    if (!result && request->full) throw StoreFull("commit: " + request->failure);
    if (!result) throw StoreError("commit: " + request->failure);
    return *result;
  }
};

SqliteStore::SqliteStore(const std::string& path, Loop& loop, const Vault& vault,
                         std::size_t cacheBytes)
    : loop_(loop),
      writing_(openedForWriting(path, vault)),
      reading_(path == memory ? std::nullopt
                              : std::optional<Connection>(Connection(path, Access::readOnly))),
      reader_(reading_ ? *reading_ : writing_, vault),
      committer_(writing_, vault),
      front_(std::make_shared<Front>(cacheBytes, [this] { probeLater(); })) {
  if (path == memory) return;
  writer_.emplace(committer_, [&toLoop = loop_, front = front_](Batch batch) {
    toLoop.post([front, decided = std::move(batch)] { front->deliver(decided); });
  });
}

SqliteStore::~SqliteStore() {
  if (probeTimer_) loop_.cancel(*probeTimer_);
  writer_.reset();
  runQueue();
  front_->close();
}

Task<std::optional<Document>> SqliteStore::find(std::string key) {
  Cache& cache = front_->cache();
  if (auto kept = cache.find(key)) co_return kept;
  auto document = reader_.find(key);
  if (document) cache.keep(*document);
  co_return document;
}

Task<> SqliteStore::readAhead(std::string prefix) {
  Cache& cache = front_->cache();
  std::string from;
  while (cache.roomy()) {
    auto documents = reader_.page(prefix, from, readAheadAtOnce);
    if (documents.size() == readAheadAtOnce) from = documents.back().key + '\0';
    const bool last = documents.size() < readAheadAtOnce;
    for (Document& document : documents) {
      if (cache.roomy()) cache.keep(std::move(document));
    }
    if (last) co_return;
    co_await sleepFor(loop_, Duration::zero());
  }
}

Task<Committed> SqliteStore::commit(std::vector<Operation> operations) {
  if (!healthy()) {
    const std::string text = "commit: the store cannot write: " + front_->reason();
    if (front_->full()) throw StoreFull(text);
    throw StoreError(text);
  }
  for (const Operation& operation : operations) {
    if (operation.value.size() > maxValue) throw StoreError("commit: a value of more than 64 MB");
    if (operation.kind == Operation::Kind::eraseUnder && !sqlite::keyBehind(operation.key)) {
      throw StoreError("commit: a prefix that holds everything");
    }
  }
  auto request = std::make_shared<Request>();
  request->operations = std::move(operations);
  co_return co_await Decision(*this, std::move(request));
}

void SqliteStore::submit(std::shared_ptr<Request> request) {
  front_->handIn(*request);
  if (writer_) {
    writer_->add(std::move(request));
    return;
  }
  if (!queue_) {
    queue_ = std::make_shared<Batch>();
    loop_.post([this, queued = std::weak_ptr(queue_)] {
      if (!queued.expired()) runQueue();
    });
  }
  queue_->push_back(std::move(request));
}

void SqliteStore::runQueue() {
  if (!queue_) return;
  const std::shared_ptr<Batch> batch = std::exchange(queue_, nullptr);
  committer_.run(*batch);
  const std::shared_ptr<Front> front = front_;  // a resumed waiter may close the store
  front->deliver(*batch);
}

void SqliteStore::probeLater() {
  if (probeTimer_) return;
  probeTimer_ = loop_.after(probeInterval, [this] {
    probeTimer_.reset();
    auto request = std::make_shared<Request>();
    request->probe = true;
    submit(std::move(request));
  });
}

}  // namespace

std::unique_ptr<Documents> openSqlite(const std::string& path, Loop& loop, const Vault& vault,
                                      std::size_t cacheBytes) {
  try {
    return std::make_unique<SqliteStore>(path, loop, vault, cacheBytes);
  } catch (const sqlite::SqliteError& failure) {
    throw StoreError(failure.what());
  }
}

}  // namespace openfc::store
