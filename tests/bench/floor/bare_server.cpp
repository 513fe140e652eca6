// The floor of the HTTP front: answers 200 to everything. bare_server PORT
#include "floor.h"

#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bare_server PORT\n");
    return 2;
  }
  asio::io_context context(1);
  serveForever(context, argv[1],
               [] { return [](std::string) -> Awaitable<std::string> { co_return "ok"; }; });
  return 0;
}
