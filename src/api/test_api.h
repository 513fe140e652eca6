#pragma once

#include "api/operations.h"
#include "api/pipeline.h"
#include "api/response.h"
#include "base/encoding.h"
#include "base/vault.h"
#include "package/test_zip.h"
#include "schema/json.h"
#include "store/sqlite/sqlite_store.h"
#include "store/test_directory.h"
#include "store/test_loop.h"

#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

/// What the tests of operations share: real parts around a store in memory, and fakes for the far
/// sides.
namespace openfc::api {

class FakeExchange final : public http::Exchange {
public:
  explicit FakeExchange(http::Request request) : request_(std::move(request)) {}

  const http::Request& request() const override { return request_; }
  std::string_view peerAddress() const override { return "127.0.0.1"; }
  bool encrypted() const override { return false; }
  Task<std::string> body(std::size_t limit) override {
    if (request_.body.size() > limit) throw errorOf(Code::entityTooLarge, {std::to_string(limit)});
    bodyRead = true;
    co_return request_.body;
  }
  Task<std::string> piece() override { co_return std::exchange(request_.body, {}); }
  std::optional<std::uint64_t> declaredLength() const override { return request_.body.size(); }
  Task<Upgraded> upgrade(http::Response) override {
    throw std::logic_error("there is no connection to take over");
  }
  void onDisconnect(Loop::Function function) override { disconnect = std::move(function); }

  Loop::Function disconnect;
  bool bodyRead = false;

private:
  http::Request request_;
};

class FakeInvoker final : public invoke::Invoker {
public:
  Task<invoke::Outcome> invoke(invoke::Invocation invocation, Cancellation& cancellation) override {
    last = std::move(invocation);
    if (during) during(cancellation);
    if (refusal) throw Error(*refusal);
    co_return outcome;
  }

  invoke::Invocation last;
  invoke::Outcome outcome;
  std::optional<Error> refusal;
  std::function<void(Cancellation&)> during;
};

class FakeLogs final : public observe::FunctionLogs {
public:
  Task<std::vector<observe::LogRecord>> read(observe::LogQuery query) override {
    last = std::move(query);
    co_return records;
  }

  observe::LogQuery last;
  std::vector<observe::LogRecord> records;
};

class FakeClock final : public Clock {
public:
  Time now() const override { return time; }
  SteadyTime steady() const override { return SteadyTime(std::chrono::hours(1)); }
  Time time{std::chrono::seconds(1'646'121'600)};  // 2022-03-01T08:00:00Z
};

/// Lets a test do something between an operation's read and its commit, or makes commits fail.
class HookedDocuments final : public store::Documents {
public:
  explicit HookedDocuments(std::unique_ptr<store::Documents> real) : real_(std::move(real)) {}

  int pages = 0;  // that were read
  Task<std::optional<store::Document>> find(std::string key) override {
    return real_->find(std::move(key));
  }
  Task<std::vector<store::Document>> page(std::string prefix, std::string from,
                                          std::size_t limit) override {
    ++pages;
    return real_->page(std::move(prefix), std::move(from), limit);
  }
  Task<std::vector<store::Document>> pageDown(std::string prefix, std::string from,
                                              std::size_t limit) override {
    return real_->pageDown(std::move(prefix), std::move(from), limit);
  }
  Task<> readAhead(std::string prefix) override { return real_->readAhead(std::move(prefix)); }
  Task<store::Committed> commit(std::vector<store::Operation> operations) override {
    if (failing) {
      healthy_ = false;
      throw store::StoreError("disk full");
    }
    if (!beforeCommit.empty()) {
      auto hook = std::move(beforeCommit.front());
      beforeCommit.pop_front();
      co_await hook();
    }
    co_return co_await real_->commit(std::move(operations));
  }
  void watch(std::string prefix, std::function<void(const store::Change&)> function) override {
    real_->watch(std::move(prefix), std::move(function));
  }
  bool healthy() const override { return healthy_; }

  std::deque<std::function<Task<>()>> beforeCommit;
  bool failing = false;

private:
  std::unique_ptr<store::Documents> real_;
  bool healthy_ = true;
};

/// One call of an operation by its name.
struct Ask {
  std::map<std::string, std::string> path;
  std::string query;
  std::vector<http::Header> headers;
  std::string body;
  std::string account = "1000";
};

struct Answer {
  http::Response response;
  std::optional<Error> error;

  int status() const { return error ? error->status() : response.status; }
  std::string code() const { return error ? std::string(error->name()) : ""; }
  std::string message() const { return error ? error->message() : ""; }
  std::string header(std::string_view name) const {
    return std::string(response.headers.find(name).value_or(""));
  }
  boost::json::value json() const { return schema::parseJson(response.body); }
  std::string text(std::string_view member) const {
    const auto value = json();
    const auto& found = value.as_object().at(member);
    return found.is_string() ? std::string(found.as_string().c_str()) : schema::toText(found);
  }
};

class ApiTest : public testing::Test {
public:
  ApiTest() {
    std::filesystem::create_directories(directory.path() / "bucket");
    parts.settings.downloadKey = "download key";
    parts.settings.maxFunctionsPerService = 5;
  }

  /// Routes and runs an operation by its name, as if `ask.account` had signed it.
  Answer call(std::string_view operation, const Ask& ask = {}) {
    http::Request request = requestOf(*findOperation(operation), ask);
    FakeExchange exchange(std::move(request));
    return run(exchange, ask.account);
  }

  Answer run(FakeExchange& exchange, const std::string& account) {
    Call call{.requestId = "00000000-0000-4000-8000-000000000000", .exchange = exchange};
    call.accountId = account;
    Answer answer;
    try {
      answer.response = loop.await(dispatch(Context{parts, call}));
    } catch (const Error& error) {
      answer.error = error;
    }
    return answer;
  }

  static http::Request requestOf(const Operation& operation, const Ask& ask) {
    std::string target = fullPath(operation);
    for (const auto& [name, value] : ask.path) {
      const std::string place = "{" + name + "}";
      target.replace(target.find(place), place.size(), percentEncode(value));
    }
    if (!ask.query.empty()) target += "?" + ask.query;
    http::Request request{
        .method = std::string(operation.method), .target = std::move(target), .body = ask.body};
    request.headers.add("Host", "fc.example:8016");
    for (const http::Header& header : ask.headers) request.headers.add(header.name, header.value);
    return request;
  }

  Answer createService(const std::string& name, const std::string& more = "") {
    return call("CreateService", {.body = R"({"serviceName":")" + name + "\"" + more + "}"});
  }

  static std::string functionBody(const std::string& name, const std::string& more = "") {
    return R"({"functionName":")" + name +
           R"(","runtime":"python3","handler":"index.handler","code":{"zipFile":")" +
           toBase64(zip()) + "\"}" + more + "}";
  }
  Answer createFunction(const std::string& service, const std::string& name,
                        const std::string& more = "") {
    return call("CreateFunction",
                {.path = {{"serviceName", service}}, .body = functionBody(name, more)});
  }

  /// Writes a document as it is, as another request would.
  Task<> touch(std::string key) {
    const auto found = co_await documents.find(key);
    if (!found) throw std::runtime_error("there is no " + key);
    co_await write(store::put(std::move(key), found->value));
  }
  /// Commits this past the API.
  Task<> write(store::Operation operation) {
    std::vector<store::Operation> operations;
    operations.push_back(std::move(operation));
    co_await documents.commit(std::move(operations));
  }

  static std::string zip() {
    return package::rawZip("index.py", "def handler(event, context):\n  return event\n");
  }

  store::TestDirectory directory;
  store::TestLoop loop;
  Vault vault{std::string(Vault::keySize, 'k')};
  Workers workers{1};
  ByteBudget bytes{{.total = 256u << 20, .account = 64u << 20}};
  FakeClock clock;
  FakeInvoker invoker;
  FakeLogs logs;
  HookedDocuments documents{store::openSqlite(":memory:", loop, vault)};
  package::Packages packages{directory.path() / "packages", loop, workers, {.python = ""}};
  http::Outbound outbound{{}};
  package::Buckets buckets{
      {{"bucket",
        {.source = package::DirectoryBucket{directory.path() / "bucket"}, .accounts = {"1000"}}}},
      directory.path() / "buckets",
      outbound,
      clock,
      loop,
      workers};
  auth::Keys keys{{{.id = "id", .secret = "secret", .accountId = "1000"}}};
  auth::Roles roles;
  auth::Temporary temporary{vault};
  auth::Authenticator authenticator{keys, roles, temporary};
  Parts parts{.settings = {},
              .documents = documents,
              .packages = packages,
              .buckets = buckets,
              .invoker = invoker,
              .logs = logs,
              .authenticator = authenticator,
              .clock = clock,
              .loop = loop,
              .workers = workers,
              .bytes = bytes,
              .temporary = &temporary};
};

}  // namespace openfc::api
