#pragma once

#include <fmt/core.h>

#include <chrono>
#include <exception>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace openfc::server {

/// What `function` returns or throws, from a thread of its own that is left behind when the file
/// system that it asks does not answer: throws std::runtime_error naming `path`, and the program is
/// expected to end. Only for the start, before there is anything that ends with the program.
template <class Function>
auto inTime(const std::string& path, Function function) {
  using Result = decltype(function());
  constexpr std::chrono::seconds patience{10};
  std::promise<Result> promise;
  std::future<Result> result = promise.get_future();
  std::thread([function = std::move(function), promise = std::move(promise)]() mutable {
    try {
      promise.set_value(function());
    } catch (...) {
      promise.set_exception(std::current_exception());
    }
  }).detach();
  if (result.wait_for(patience) != std::future_status::ready) {
    throw std::runtime_error(
        fmt::format("{} does not answer within {} seconds", path, patience.count()));
  }
  return result.get();
}

}  // namespace openfc::server
