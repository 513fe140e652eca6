#pragma once

// Private to this room: includes Asio.
#include "net/agenda.h"
#include "net/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <memory>

namespace openfc::net {

struct EventLoop::Impl {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      context.get_executor()};
  Agenda agenda{context};
  std::unique_ptr<boost::asio::signal_set> signals;
  std::function<void(int)> signalled;

  void awaitSignal();
};

}  // namespace openfc::net
