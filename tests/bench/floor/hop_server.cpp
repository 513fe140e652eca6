// The floor of an invocation: the bare Beast server with one hop to a bare worker over a Unix
// socket. hop_server PORT SOCKET…: each request's body goes to the next worker in turn as one
// frame, u32 length (little endian) and payload; the worker's frame is the response. One request at
// a time a worker, as an instance has it.
#include "floor.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

namespace {

/// One worker process and the requests that wait for it. The timer that never fires wakes them one
/// by one.
struct Worker {
  explicit Worker(asio::io_context& context, const std::string& path)
      : socket(context.get_executor()), freed(context.get_executor()) {
    socket.connect(stream_protocol::endpoint(path));
    freed.expires_at(std::chrono::steady_clock::time_point::max());
  }
  WorkerSocket socket;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Executor>
      freed;
  bool busy = false;
};

Awaitable<std::string> call(Worker& worker, std::string body) {
  while (worker.busy) {
    boost::system::error_code woken;
    co_await worker.freed.async_wait(asio::redirect_error(awaited, woken));
  }
  worker.busy = true;
  const auto size = static_cast<std::uint32_t>(body.size());
  const std::array<asio::const_buffer, 2> request{asio::buffer(&size, sizeof size),
                                                  asio::buffer(body)};
  co_await asio::async_write(worker.socket, request, awaited);
  // Size and payload arrive together, so one read takes both.
  std::string answer(sizeof size + 65536, '\0');
  std::size_t had = 0;
  std::uint32_t expected = 0;
  while (had < sizeof expected || had < sizeof expected + expected) {
    had += co_await worker.socket.async_read_some(
        asio::buffer(answer.data() + had, answer.size() - had), awaited);
    if (had < sizeof expected) continue;
    std::memcpy(&expected, answer.data(), sizeof expected);
    if (answer.size() < sizeof expected + expected) answer.resize(sizeof expected + expected);
  }
  worker.busy = false;
  worker.freed.cancel_one();
  co_return answer.substr(sizeof expected, expected);
}

using Workers = std::vector<std::unique_ptr<Worker>>;

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: hop_server PORT SOCKET...\n");
    return 2;
  }
  asio::io_context context(1);
  Workers workers;
  for (int i = 2; i < argc; ++i) workers.push_back(std::make_unique<Worker>(context, argv[i]));
  std::size_t next = 0;
  serveForever(context, argv[1], [&] {
    return
        [&](std::string body) { return call(*workers[next++ % workers.size()], std::move(body)); };
  });
  return 0;
}
