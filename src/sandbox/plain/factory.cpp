#include "sandbox/plain/factory.h"

#include "sandbox/plain/process.h"

namespace openfc::sandbox::plain {

Factory::Factory(net::EventLoop& loop, Options options)
    : loop_(loop), options_(std::move(options)) {}

Task<std::unique_ptr<Sandbox>> Factory::create(Shape) {
  co_return std::make_unique<Process>(loop_, options_);
}

std::vector<std::string> Factory::shortcomings() const {
  return {"functions are not isolated: they see and may change what this user may (sandbox plain)",
          "functions' memory, processor time, processes and /tmp are not limited (sandbox plain)"};
}

}  // namespace openfc::sandbox::plain
