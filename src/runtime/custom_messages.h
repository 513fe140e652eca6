#pragma once

#include "http/message.h"
#include "runtime/worker.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

/// What the server says to a custom runtime's HTTP server, and what it says about one that does not
/// start (runtime-contract 3.1–3.3). Pure.
namespace openfc::runtime {

/// The header lines that every request to this function's server has: made once, since twenty
/// headers a call are dear.
std::shared_ptr<const std::string> functionLines(const Configuration& configuration);
/// A POST of the call's event with every x-fc-* header; `lines` are those of functionLines().
/// `path` is also the control path: /invoke or /initialize.
http::Request requestOf(std::shared_ptr<const std::string> lines, Call call, std::string_view path);

/// Success or the function's failure, after the rule of x-fc-status; the body stays as it is.
Reply invokeReply(http::Response response);
/// The same for /initialize, /pre-freeze and /pre-stop, where every status but 2xx is a failure.
Reply hookReply(http::Response response);

/// The error JSON with nothing but this message.
Failure failureOf(std::string_view message);

Failure missingBootstrap(const Configuration& configuration);
Failure healthCheckFailed(const Configuration& configuration, std::chrono::seconds limit,
                          std::string_view logs);
/// `waitStatus` is the sandbox's init's; when the command could not be executed, `logs` holds
/// init's line about it.
Failure exitedEarly(const Configuration& configuration, int waitStatus, std::string_view logs);

}  // namespace openfc::runtime
