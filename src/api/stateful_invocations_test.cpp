#include "api/test_api.h"
#include "invoke/async_records.h"

namespace openfc::api {
namespace {

using invoke::AsyncRecords;
using invoke::RecordScope;
using model::InvocationStatus;

constexpr std::int64_t begun = 1'646'121'600'000;

class StatefulTest : public ApiTest {
public:
  StatefulTest() {
    createService("s");
    createFunction("s", "f");
  }

  /// Writes a record as the asynchronous engine does, accepted `at` milliseconds after the begin.
  void make(const std::string& id, std::int64_t at, InvocationStatus status,
            const std::string& payload = "{}") {
    model::StatefulInvocation record{.invocationId = id,
                                     .requestId = "r-" + id,
                                     .startedTime = begun + at,
                                     .serviceName = scope.service,
                                     .functionName = scope.function,
                                     .qualifier = scope.qualifier};
    enter(record, InvocationStatus::enqueued, clock.now());
    if (!loop.await(documents.commit(AsyncRecords::creation(scope, record, payload))))
      throw std::runtime_error("the record is there already");
    if (status != InvocationStatus::enqueued) move(id, status);
  }
  void move(const std::string& id, InvocationStatus status) { loop.await(change(id, status)); }
  Task<> change(std::string id, InvocationStatus status) {
    const auto before = co_await records.find(scope, id);
    if (!before) throw std::runtime_error("there is no record " + id);
    auto after = before->value;
    enter(after, status, clock.now());
    if (!co_await documents.commit(AsyncRecords::change(scope, *before, after)))
      throw std::runtime_error("another changed the record " + id);
  }

  Answer named(const std::string& operation, const std::string& id,
               const std::string& service = "s", const std::string& function = "f") {
    return call(operation, {.path = {{"serviceName", service},
                                     {"functionName", function},
                                     {"statefulAsyncInvocationId", id}}});
  }
  Answer get(const std::string& id) { return named("GetStatefulAsyncInvocation", id); }
  Answer stop(const std::string& id) { return named("StopStatefulAsyncInvocation", id); }
  Answer list(const std::string& query, const std::string& service = "s",
              const std::string& function = "f") {
    return call("ListStatefulAsyncInvocations",
                {.path = {{"serviceName", service}, {"functionName", function}}, .query = query});
  }
  static std::string idsOf(const Answer& page) {
    std::string out;
    const auto json = page.json();
    for (const auto& item : json.at("invocations").as_array())
      out += (out.empty() ? "" : " ") + std::string(item.at("invocationId").as_string().c_str());
    return out;
  }
  std::string ids(const std::string& query) { return idsOf(list(query)); }
  /// All pages of a list.
  std::string walked(const std::string& query) {
    std::string out;
    std::string token;
    do {
      const Answer page = list(query + "&nextToken=" + percentEncode(token));
      out += idsOf(page) + "|";
      const auto json = page.json();
      const auto* next = json.as_object().if_contains("nextToken");
      token = next == nullptr ? "" : next->as_string().c_str();
    } while (!token.empty());
    return out;
  }

  RecordScope scope{.account = "1000", .service = "s", .qualifier = "LATEST", .function = "f"};
  AsyncRecords records{documents, loop};
};

TEST_F(StatefulTest, AreRead) {
  make("video-1", 0, InvocationStatus::enqueued, R"({"n":1})");

  const Answer answer = get("video-1");

  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(
      answer.response.body,
      R"({"invocationId":"video-1","requestId":"r-video-1","status":"Enqueued","startedTime":1646121600000,"serviceName":"s","functionName":"f","qualifier":"LATEST","destinationStatus":"","invocationErrorMessage":"","alreadyRetriedTimes":0,"instanceId":"","events":[{"eventId":1,"status":"Enqueued","timestamp":1646121600000,"eventDetail":""}],"invocationPayload":"{\"n\":1}","InvocationPayload":"{\"n\":1}"})");
}

TEST_F(StatefulTest, TellEndAnswerAndBytesThatAreNoText) {
  make("a", 0, InvocationStatus::running, "\xff!");
  clock.time += std::chrono::milliseconds(1500);
  move("a", InvocationStatus::succeeded);
  std::vector<store::Operation> operations;
  operations.push_back(AsyncRecords::resultOf(scope, "a", "done"));
  loop.await(documents.commit(std::move(operations))).value();

  const Answer answer = get("a");

  EXPECT_EQ(answer.text("status"), "Succeeded");
  EXPECT_EQ(answer.text("endTime"), "1646121601500");
  EXPECT_EQ(answer.text("returnPayload"), "done");
  EXPECT_EQ(answer.text("invocationPayload"), "\xEF\xBF\xBD!");
  EXPECT_EQ(answer.json().at("events").as_array().size(), 3u);
}

TEST_F(StatefulTest, NeedServiceFunctionQualifierAndRecord) {
  for (const char* operation : {"GetStatefulAsyncInvocation", "StopStatefulAsyncInvocation"}) {
    EXPECT_EQ(named(operation, "a", "nowhere").code(), "ServiceNotFound");
    EXPECT_EQ(named(operation, "a", "s", "g").code(), "FunctionNotFound");
    EXPECT_EQ(named(operation, "a", "s.7").code(), "VersionNotFound");
    EXPECT_EQ(named(operation, "a", "s.prod").code(), "AliasNotFound");
    EXPECT_EQ(named(operation, "a").status(), 404);
    EXPECT_EQ(named(operation, "a").code(), "StatefulAsyncInvocationNotFound");
    EXPECT_EQ(named(operation, "a/b").message(), "stateful async invocation 'a/b' does not exist");
    EXPECT_EQ(named(operation, std::string(129, 'a')).code(), "InvalidArgument");
  }
  EXPECT_EQ(list("", "nowhere").code(), "ServiceNotFound");
  EXPECT_EQ(list("", "s", "g").code(), "FunctionNotFound");
  EXPECT_EQ(list("", "s.7").code(), "VersionNotFound");
  EXPECT_EQ(list("", "s.prod").code(), "AliasNotFound");
}

TEST_F(StatefulTest, OfQualifiersAndFunctionsAreApart) {
  createFunction("s", "g");
  make("a", 0, InvocationStatus::running);
  scope.function = "g";
  make("b", 0, InvocationStatus::running);
  scope.qualifier = "1";
  make("c", 0, InvocationStatus::running);

  EXPECT_EQ(ids(""), "a");
  EXPECT_EQ(idsOf(list("", "s.LATEST", "g")), "b");
  EXPECT_EQ(named("GetStatefulAsyncInvocation", "b").status(), 404);
}

TEST_F(StatefulTest, StopAsTheirStateAllows) {
  struct Case {
    InvocationStatus from;
    std::string to;
  };
  for (const auto& [from, to] :
       {Case{InvocationStatus::enqueued, "Stopped"}, Case{InvocationStatus::dequeued, "Stopped"},
        Case{InvocationStatus::retrying, "Stopped"}, Case{InvocationStatus::running, "Stopping"},
        Case{InvocationStatus::stopping, "Stopping"}}) {
    const std::string id = "from" + std::string(nameOf(from));
    make(id, 0, from);

    const Answer answer = stop(id);

    EXPECT_EQ(answer.status(), 200) << id;
    EXPECT_EQ(answer.response.body, "") << id;
    EXPECT_EQ(get(id).text("status"), to) << id;
    EXPECT_EQ(get(id).json().as_object().contains("endTime"), to == "Stopped") << id;
  }
  EXPECT_EQ(ids("status=Stopping&sortOrderByTime=asc"), "fromRunning fromStopping");
  EXPECT_EQ(ids("status=Running"), "");
}

TEST_F(StatefulTest, DoNotStopOnceTheyHaveEnded) {
  for (const auto status :
       {InvocationStatus::succeeded, InvocationStatus::failed, InvocationStatus::stopped,
        InvocationStatus::expired, InvocationStatus::invalid}) {
    const std::string id = "is" + std::string(nameOf(status));
    make(id, 0, status);

    const Answer answer = stop(id);

    EXPECT_EQ(answer.status(), 400) << id;
    EXPECT_EQ(answer.code(), "InvalidArgument") << id;
    EXPECT_EQ(get(id).text("status"), nameOf(status)) << id;
  }
}

TEST_F(StatefulTest, AreStoppedAsTheyStandWhenTheStopIsWritten) {
  make("a", 0, InvocationStatus::enqueued);
  make("b", 1, InvocationStatus::running);
  documents.beforeCommit.emplace_back([&] { return change("a", InvocationStatus::running); });

  EXPECT_EQ(stop("a").status(), 200);
  EXPECT_EQ(get("a").text("status"), "Stopping");

  documents.beforeCommit.emplace_back([&] { return change("b", InvocationStatus::succeeded); });
  EXPECT_EQ(stop("b").code(), "InvalidArgument");
  EXPECT_EQ(get("b").text("status"), "Succeeded");
}

TEST_F(StatefulTest, AreListedByTime) {
  EXPECT_EQ(list("").response.body, R"({"invocations":[]})");
  make("c", 1, InvocationStatus::succeeded);
  make("a", 3, InvocationStatus::failed);
  make("b", 2, InvocationStatus::succeeded);
  make("d", 2, InvocationStatus::running);

  EXPECT_EQ(ids(""), "a d b c");
  EXPECT_EQ(ids("sortOrderByTime=desc"), "a d b c");
  EXPECT_EQ(ids("sortOrderByTime=asc"), "c b d a");
  EXPECT_EQ(ids("status=Succeeded"), "b c");
  EXPECT_EQ(ids("status=Succeeded&sortOrderByTime=asc"), "c b");
  EXPECT_EQ(ids("status=Expired"), "");
  EXPECT_EQ(ids("status="), "a d b c");
  EXPECT_EQ(ids("startedTimeBegin=1646121600002"), "a d b");
  EXPECT_EQ(ids("startedTimeEnd=1646121600002"), "d b c");
  EXPECT_EQ(ids("startedTimeBegin=1646121600002&startedTimeEnd=1646121600002"), "d b");
  EXPECT_EQ(ids("startedTimeBegin=1646121600003&startedTimeEnd=1646121600002"), "");
  EXPECT_EQ(ids("startedTimeBegin=0&startedTimeEnd=9223372036854775807"), "a d b c");
  EXPECT_EQ(ids("startedTimeBegin=1646121600002&sortOrderByTime=asc&status=Succeeded"), "b");
  EXPECT_EQ(ids("StartedTimeEnd=1646121600001"), "c");
}

TEST_F(StatefulTest, AreListedByPrefix) {
  make("job-1", 1, InvocationStatus::succeeded);
  make("job-2", 2, InvocationStatus::failed);
  make("jo", 3, InvocationStatus::failed);
  make("other", 4, InvocationStatus::failed);

  EXPECT_EQ(ids("invocationIdPrefix=job-"), "job-2 job-1");
  EXPECT_EQ(ids("invocationidprefix=jo&limit=2"), "jo job-2");
  EXPECT_EQ(ids("invocationIdPrefix=job-&status=Failed"), "job-2");
  EXPECT_EQ(ids("invocationIdPrefix=Job"), "");
  EXPECT_EQ(walked("invocationIdPrefix=job-&limit=1"), "job-2|job-1|");
}

TEST_F(StatefulTest, AreListedInPages) {
  for (int i = 0; i < 7; ++i)
    make("i" + std::to_string(i), i / 2,
         i % 2 == 0 ? InvocationStatus::succeeded : InvocationStatus::failed);

  EXPECT_EQ(walked("limit=3"), "i6 i5 i4|i3 i2 i1|i0|");
  EXPECT_EQ(walked("limit=3&sortOrderByTime=asc"), "i0 i1 i2|i3 i4 i5|i6|");
  EXPECT_EQ(walked("limit=7"), "i6 i5 i4 i3 i2 i1 i0|");
  EXPECT_EQ(walked("limit=1&status=Failed"), "i5|i3|i1|");
  EXPECT_EQ(walked("limit=2&startedTimeBegin=1646121600001&sortOrderByTime=asc"),
            "i2 i3|i4 i5|i6|");
  EXPECT_EQ(walked("limit=2&startedTimeEnd=1646121600001"), "i3 i2|i1 i0|");
  for (const char* query :
       {"limit=0", "limit=101", "limit=x", "status=Done", "status=failed", "sortOrderByTime=up",
        "startedTimeBegin=-1", "startedTimeEnd=soon", "includePayload=perhaps", "nextToken=x",
        "nextToken=1234567890123456/a", "nextToken=123456789012345x.a"}) {
    EXPECT_EQ(list(query).code(), "InvalidArgument") << query;
  }
}

TEST_F(StatefulTest, AreFiftyOfAPageUnlessAskedOtherwise) {
  for (int i = 0; i < 101; ++i) make("i" + std::to_string(1000 + i), i, InvocationStatus::enqueued);
  const auto count = [this](const std::string& query) {
    return list(query).json().at("invocations").as_array().size();
  };

  EXPECT_EQ(count(""), 50u);
  EXPECT_EQ(count("limit=100"), 100u);
  EXPECT_EQ(count("limit="), 50u);
}

TEST_F(StatefulTest, ComeWithTheirPayloadWhenAsked) {
  make("a", 1, InvocationStatus::succeeded, "event");

  const auto without = list("").json().at("invocations").at(0).as_object();
  const auto with = list("includePayload=true").json().at("invocations").at(0).as_object();

  for (const char* name : {"invocationPayload", "InvocationPayload"}) {
    EXPECT_FALSE(without.contains(name));
    EXPECT_EQ(with.at(name).as_string(), "event");
  }
}

TEST_F(StatefulTest, AreFoundBeyondWhatIsReadAtOnce) {
  for (int i = 0; i < 450; ++i) {
    make((i % 199 == 7 ? "rare" : "often") + std::to_string(1000 + i), i,
         InvocationStatus::enqueued);
  }

  EXPECT_EQ(ids("invocationIdPrefix=rare"), "rare1405 rare1206 rare1007");
  EXPECT_EQ(ids("invocationIdPrefix=rare&sortOrderByTime=asc"), "rare1007 rare1206 rare1405");
  EXPECT_EQ(walked("invocationIdPrefix=rare&limit=1"), "rare1405|rare1206|rare1007|");
  std::size_t pages = 0;
  const std::string all = walked("limit=100&sortOrderByTime=asc");
  for (const char c : all) pages += c == '|' ? 1 : 0;
  EXPECT_EQ(pages, 5u);
}

TEST_F(StatefulTest, KeepOneRecordOfAnId) {
  make("a", 1, InvocationStatus::enqueued);

  EXPECT_THROW(make("a", 2, InvocationStatus::enqueued), std::runtime_error);
  EXPECT_EQ(ids(""), "a");
}

TEST_F(StatefulTest, LeaveNothingWhenTheyAreRemoved) {
  make("a", 1, InvocationStatus::succeeded, "event");
  const auto record = loop.await(records.find(scope, "a")).value();

  loop.await(documents.commit(AsyncRecords::removal(scope, record))).value();

  EXPECT_TRUE(loop.await(documents.page("stateful", "", 9)).empty());
  EXPECT_EQ(get("a").status(), 404);
}

}  // namespace
}  // namespace openfc::api
