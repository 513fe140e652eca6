// The HTTP front alone: this project's server with a handler that answers 404 at once. front_server
// PORT
#include "http/server.h"

#include <cstdio>
#include <string>

namespace {

openfc::Task<openfc::http::Response> notFound(
    openfc::http::Exchange&) {  // NOLINT(*-reference-coroutine-parameters)
  openfc::http::Response response;
  response.status = 404;
  response.headers.add("Server", "front");
  response.body = "no";
  co_return response;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: front_server PORT\n");
    return 2;
  }
  openfc::net::EventLoop loop;
  openfc::http::Server server(loop, {}, notFound, {});
  server.listen(std::string("127.0.0.1:") + argv[1]);
  loop.run();
  return 0;
}
