#pragma once

#include "net/event_loop.h"
#include "sandbox/sandbox.h"

#include <memory>
#include <string>
#include <vector>

/// Processes without any isolation: for unit tests and for development without root.
namespace openfc::sandbox::plain {

struct Options {
  std::string packages;  // holds one directory per digest
  std::string runtimes;  // stands for /var/fc/runtime
};

/// Makes a temporary directory per sandbox whose `code`, `opt` and `tmp` stand for /code, /opt and
/// /tmp. Where a program's arguments, environment or directory begin with one of these, the real
/// path is put in. Belongs to the loop.
class Factory final : public sandbox::Factory {
public:
  Factory(net::EventLoop& loop, Options options);

  Task<std::unique_ptr<Sandbox>> create(Shape shape) override;
  std::vector<std::string> shortcomings() const override;
  bool healthy() const override { return true; }

private:
  net::EventLoop& loop_;
  Options options_;
};

}  // namespace openfc::sandbox::plain
