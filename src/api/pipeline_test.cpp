#include "api/test_api.h"
#include "auth/signer.h"

namespace openfc::api {
namespace {

class PipelineTest : public ApiTest {
public:
  http::Response handle(http::Request request) {
    FakeExchange exchange(std::move(request));
    http::Response response = loop.await(pipeline().handle(exchange));
    bodyRead = exchange.bodyRead;
    return response;
  }
  http::Response signedCall(http::Request request, const std::string& secret = "secret") {
    auth::Signer("id", secret).sign(request, clock.time);
    return handle(std::move(request));
  }
  Pipeline& pipeline() {
    if (!made) made = std::make_unique<Pipeline>(parts, metrics);
    return *made;
  }
  static std::string header(const http::Response& response, std::string_view name) {
    for (const http::Header& each : response.headers.all()) {
      if (each.name == name) return each.value;  // spelled exactly so
    }
    return "";
  }
  static std::string errorCode(const http::Response& response) {
    const auto body = schema::parseJson(response.body);
    EXPECT_EQ(body.at("ErrorCode"), body.at("errorCode"));
    EXPECT_EQ(body.at("ErrorMessage"), body.at("errorMessage"));
    EXPECT_EQ(header(response, "Content-Type"), "application/json; charset=utf-8");
    return body.at("ErrorCode").as_string().c_str();
  }

  observe::Metrics metrics;
  std::unique_ptr<Pipeline> made;
  bool bodyRead = false;
};

TEST_F(PipelineTest, AnswersSignedRequestsWithTheCommonHeaders) {
  const http::Response response = signedCall(
      {.method = "POST", .target = "/2016-08-15/services", .body = R"({"serviceName":"a"})"});

  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(header(response, "X-Fc-Request-Id").size(), 36u);
  EXPECT_EQ(header(response, "Etag").size(), 32u);
  EXPECT_EQ(header(response, "Access-Control-Expose-Headers"),
            "Date,x-fc-request-id,x-fc-error-type,x-fc-code-checksum,x-fc-invocation-duration,x-fc-"
            "max-memory-usage,"
            "x-fc-log-result,x-fc-invocation-code-version");
  EXPECT_TRUE(loop.await(documents.find("service/1000/a")).has_value());
  EXPECT_NE(
      metrics.render().find(R"(fc_api_requests_total{operation="CreateService",status="200"} 1)"),
      std::string::npos);
}

TEST_F(PipelineTest, TellsUnknownPathsBeforeAnythingElse) {
  const http::Response response =
      handle({.method = "PATCH", .target = "/2016-08-15/services?x=%zz"});

  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(errorCode(response), "PathNotSupported");
  EXPECT_EQ(schema::parseJson(response.body).at("ErrorMessage"),
            "'PATCH' against '/2016-08-15/services' is not supported");
  EXPECT_EQ(header(response, "X-Fc-Request-Id").size(), 36u);
}

TEST_F(PipelineTest, ChecksHeadersAndSignatureBeforeItReadsTheBody) {
  http::Request request{.method = "POST", .target = "/2016-08-15/services", .body = "{"};

  const http::Response undated = handle(request);
  EXPECT_EQ(errorCode(undated), "MissingRequiredHeader");
  EXPECT_FALSE(bodyRead);
  const http::Response forged = signedCall(request, "guess");
  EXPECT_EQ(forged.status, 403);
  EXPECT_EQ(errorCode(forged), "SignatureNotMatch");
  EXPECT_FALSE(bodyRead);
  EXPECT_EQ(errorCode(signedCall(request)), "InvalidArgument");
  EXPECT_TRUE(bodyRead);
}

TEST_F(PipelineTest, LeavesBodiesOfGetAndDeleteUnread) {
  createService("a");

  EXPECT_EQ(signedCall({.method = "GET", .target = "/2016-08-15/services/a", .body = "{"}).status,
            200);
  EXPECT_EQ(
      signedCall({.method = "DELETE", .target = "/2016-08-15/services/a", .body = "{"}).status,
      200);
  EXPECT_FALSE(bodyRead);
}

TEST_F(PipelineTest, KeepsInternalReasonsFromClients) {
  std::vector<store::Operation> operations;
  operations.push_back(store::put("service/1000/a", "damaged secret"));
  ASSERT_TRUE(loop.await(documents.commit(std::move(operations))));

  const http::Response response = signedCall({.method = "GET", .target = "/2016-08-15/services/a"});

  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(errorCode(response), "InternalServerError");
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
}

TEST_F(PipelineTest, AnswersValidJsonWhateverBytesThePathHolds) {
  const http::Response response = handle({.method = "GET", .target = "/2016-08-15/\xff\"x"});

  EXPECT_EQ(errorCode(response), "PathNotSupported");
}

TEST_F(PipelineTest, ServesOpenDocumentsUnsigned) {
  EXPECT_EQ(handle({.method = "GET", .target = "/openfc/capabilities"}).status, 200);
  EXPECT_EQ(handle({.method = "GET", .target = "/openapi.json"}).status, 200);
  EXPECT_EQ(errorCode(handle({.method = "GET", .target = "/openfc/logs/s/f"})),
            "MissingRequiredHeader");
}

TEST_F(PipelineTest, GivesMalformedRequestsTheFormOfErrors) {
  const http::Response response = malformedRequest(431, "the headers are too large");

  EXPECT_EQ(response.status, 431);
  EXPECT_EQ(errorCode(response), "InvalidArgument");
  EXPECT_EQ(header(response, "X-Fc-Request-Id").size(), 36u);
}

}  // namespace
}  // namespace openfc::api
