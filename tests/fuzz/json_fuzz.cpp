// The JSON reader and the shapes of services and functions: what a client's body goes through
// before anything else.

#include "base/error.h"
#include "model/function.h"
#include "model/service.h"
#include "schema/json.h"

#include <boost/json/value.hpp>

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace openfc {
namespace {

void demand(bool condition) {
  if (!condition) std::abort();
}

/// What is accepted survives the store and the wire; what is not is the client's mistake and is
/// said in words.
template <class Config>
void checkConfig(std::string_view text) {
  try {
    const auto config = schema::fromText<Config>(text);
    demand(model::fromDocument<Config>(model::toDocument(config)) == config);
    const auto again = schema::fromText<Config>(schema::toText(config));
    demand(schema::toText(again) == schema::toText(config));
  } catch (const Error& error) {
    demand(error.code() == Code::invalidArgument && !error.message().empty());
    demand(error.message().size() < 64 * 1024 + 8 * text.size());
  }
}

/// An update read from any text changes a sound configuration into one that can be written.
void checkUpdate(std::string_view text) {
  model::FunctionConfig config{.runtime = "python3", .handler = "index.handler"};
  schema::Partial<model::FunctionConfig> update;
  schema::Problems problems;
  try {
    const boost::json::value body = schema::parseJson(text);
    if (!body.is_object()) return;
    const auto function = schema::fromText<model::FunctionConfig>(text);
    config = function;
#ifdef OPENFC_PLANTED_BUG
    demand(config.timeout % 10 != 7);
#endif
  } catch (const Error&) {
    return;
  }
  model::check(config, problems);
  update.value = config;
  for (const schema::Field& field : schema::shapeFor<model::FunctionConfig>().fields)
    update.present.push_back(&field);
  model::FunctionConfig target;
  update.applyTo(target);
  demand(target == config);
}

}  // namespace
}  // namespace openfc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  openfc::checkConfig<openfc::model::FunctionConfig>(text);
  openfc::checkConfig<openfc::model::ServiceConfig>(text);
  openfc::checkUpdate(text);
  return 0;
}
