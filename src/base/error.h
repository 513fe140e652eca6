#pragma once

#include <exception>
#include <span>
#include <string>
#include <string_view>

namespace openfc {

/// Every error code a client can see (api-spec 1.8.1, 1.8.2 and wire-contract 4.3). One row each in
/// error.cpp.
enum class Code {
  invalidArgument,
  missingRequiredHeader,
  pathNotSupported,
  entityTooLarge,
  limitExceeded,
  accessDenied,
  signatureNotMatch,
  invalidAccessKeyId,
  requestTimeTooSkewed,
  serviceNotFound,
  functionNotFound,
  aliasNotFound,
  versionNotFound,
  triggerNotFound,
  domainNameNotFound,
  layerNotFound,
  layerVersionNotFound,
  asyncConfigNotExists,
  onDemandConfigNotFound,
  statefulAsyncInvocationNotFound,
  serviceAlreadyExists,
  functionAlreadyExists,
  triggerAlreadyExists,
  aliasAlreadyExists,
  domainNameAlreadyExists,
  statefulAsyncInvocationAlreadyExists,
  serviceNotEmpty,
  functionNotEmpty,
  provisionConfigExist,
  versionPublishError,
  concurrentUpdateError,
  preconditionFailed,
  resourceExhausted,
  resourceThrottled,
  internalServerError,
  serviceUnavailable,
};

/// The wire name ("ServiceNotFound"), the HTTP status and the documented message of one code.
/// `message` holds one `{}` for each argument that errorOf() takes; empty = the whole message is an
/// argument.
struct CodeRow {
  Code code;
  std::string_view name;
  int status;
  std::string_view message;
};

const CodeRow& rowOf(Code code);
std::span<const CodeRow> codeRows();

/// Ends a request, a queue item or a background task; the message is shown to clients, so it holds
/// no secrets.
class Error : public std::exception {
public:
  Error(Code code, std::string message);
  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  std::string_view name() const { return rowOf(code_).name; }
  int status() const { return rowOf(code_).status; }
  const char* what() const noexcept override { return message_.c_str(); }

private:
  Code code_;
  std::string message_;
};

/// The error with its documented message, `arguments` put into the places of the row's template.
Error errorOf(Code code, std::initializer_list<std::string_view> arguments = {});

/// 400 InvalidArgument with this message (name the field and the rule).
Error invalidArgument(std::string message);

}  // namespace openfc
