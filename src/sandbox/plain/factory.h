#pragma once

#include "net/event_loop.h"
#include "sandbox/plain/ports.h"
#include "sandbox/plain/strays.h"
#include "sandbox/sandbox.h"

#include <memory>
#include <string>
#include <vector>

/// Processes without any isolation: for unit tests and for development without root.
namespace openfc::sandbox::plain {

struct Options {
  std::string packages;   // holds one directory per digest
  std::string runtimes;   // stands for /var/fc/runtime
  std::string instances;  // one directory per sandbox; what is there belongs to an earlier run
};

/// Makes a directory per sandbox whose `code`, `opt` and `tmp` stand for /code, /opt and /tmp.
/// Where a program's arguments, environment or directory begin with one of these, the real path is
/// put in. Belongs to the loop.
class Factory final : public sandbox::Factory {
public:
  /// Ends what an earlier run has left in `options.instances`.
  Factory(net::EventLoop& loop, Options options);
  ~Factory() override;

  Task<std::unique_ptr<Sandbox>> create(Shape shape) override;
  std::vector<std::string> shortcomings() const override;
  bool healthy() const override { return true; }

private:
  net::EventLoop& loop_;
  Options options_;
  std::shared_ptr<Ports> ports_ = std::make_shared<Ports>();
  std::shared_ptr<Strays> strays_;
};

}  // namespace openfc::sandbox::plain
