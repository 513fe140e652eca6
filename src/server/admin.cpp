#include "server/admin.h"

#include "base/log.h"

namespace openfc::server {
namespace {

http::Response text(int status, std::string body, std::string_view type = "text/plain") {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", std::string(type) + "; charset=utf-8");
  response.body = std::move(body);
  return response;
}

}  // namespace

Task<http::Response> Admin::handle(http::Exchange& exchange) {
  const std::string_view path = exchange.request().rawPath();
  if (exchange.request().method != "GET" && exchange.request().method != "HEAD") {
    co_return text(405, "only GET\n");
  }
  if (path == "/healthz" || path == "/livez") co_return text(200, "ok\n");
  if (path == "/metrics") {
    co_return text(200, metrics_.render(), "text/plain; version=0.0.4");
  }
  if (path == "/readyz") {
    std::string reasons;
    for (const std::string& reason : co_await readiness_()) reasons += reason + '\n';
    co_return reasons.empty() ? text(200, "ready\n") : text(503, std::move(reasons));
  }
  co_return text(404, "no such page: /healthz /livez /readyz /metrics\n");
}

}  // namespace openfc::server
