#include "sandbox/plain/factory.h"

#include "sandbox/plain/process.h"

#include <filesystem>
#include <set>

namespace openfc::sandbox::plain {
namespace {

namespace fs = std::filesystem;

/// What there is of instances: their processes, then their directories.
void sweep(const fs::path& instances) {
  std::set<std::string> ids;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(instances, ignored))
    ids.insert(entry.path().filename());
  endProcessesOf(ids);
  fs::remove_all(instances, ignored);
}

}  // namespace

Factory::Factory(net::EventLoop& loop, Options options)
    : loop_(loop), options_(std::move(options)), strays_(std::make_shared<Strays>(loop)) {
  sweep(options_.instances);
  fs::create_directories(fs::path(options_.instances) / Process::nothing / "lib");
}

Factory::~Factory() {
  strays_->end();
  sweep(options_.instances);
}

Task<std::unique_ptr<Sandbox>> Factory::create(Shape) {
  co_return std::make_unique<Process>(loop_, options_, ports_, strays_);
}

std::vector<std::string> Factory::shortcomings() const {
  return {"functions are not isolated: they see and may change what this user may (sandbox plain)",
          "functions' memory, processor time, processes and /tmp are not limited (sandbox plain)"};
}

}  // namespace openfc::sandbox::plain
