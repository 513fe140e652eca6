#include "sandbox/launcher/options.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace openfc::sandbox::launcher {
namespace {

template <class Integer>
Integer toNumber(std::string_view text) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::runtime_error("is no number in range");
  return value;
}

NetworkConfig& networkOf(Options& options) {
  if (!options.network) options.network.emplace();
  return *options.network;
}

ZygoteProgram& lastZygote(Options& options) {
  if (options.zygotes.empty()) throw std::runtime_error("comes after --zygote");
  return options.zygotes.back();
}

struct Flag {
  std::string_view name;
  void (*set)(Options&, std::string_view value);
};

constexpr Flag flags[] = {
    {"--socket", [](Options& o, std::string_view v) { o.socket = toNumber<int>(v); }},
    {"--packages", [](Options& o, std::string_view v) { o.packages = v; }},
    {"--runtimes", [](Options& o, std::string_view v) { o.runtimes = v; }},
    {"--init", [](Options& o, std::string_view v) { o.init = v; }},
    {"--scope", [](Options& o, std::string_view v) { o.scope = v; }},
    {"--uid-base", [](Options& o, std::string_view v) { o.uidBase = toNumber<uid_t>(v); }},
    {"--uid-count", [](Options& o, std::string_view v) { o.uidCount = toNumber<unsigned>(v); }},
    {"--reserve", [](Options& o, std::string_view v) { o.reserve = toNumber<unsigned>(v); }},
    {"--memory", [](Options& o, std::string_view v) { o.memory = toNumber<std::uint64_t>(v); }},
    {"--without-limits",
     [](Options& o, std::string_view v) { o.withoutLimits = toNumber<int>(v) != 0; }},
    {"--share", [](Options& o, std::string_view v) { o.shares.emplace_back(v); }},
    {"--share-patience",
     [](Options& o, std::string_view v) { o.sharePatience = toNumber<unsigned>(v); }},
    {"--zygote-library", [](Options& o, std::string_view v) { o.zygoteLibrary = v; }},
    {"--zygote-copies",
     [](Options& o, std::string_view v) { o.zygoteCopies = toNumber<unsigned>(v); }},
    {"--zygote",
     [](Options& o, std::string_view v) {
       o.zygotes.push_back({.arguments = {std::string(v)}, .environment = {}});
     }},
    // These belong to the --zygote before them.
    {"--zygote-argument",
     [](Options& o, std::string_view v) { lastZygote(o).arguments.emplace_back(v); }},
    {"--zygote-environment",
     [](Options& o, std::string_view v) { lastZygote(o).environment.emplace_back(v); }},
    // Each of these also turns the network on.
    {"--network-range", [](Options& o, std::string_view v) { networkOf(o).range = v; }},
    {"--network-allow",
     [](Options& o, std::string_view v) { networkOf(o).exceptions.emplace_back(v); }},
    {"--network-private",
     [](Options& o, std::string_view v) { networkOf(o).privates.emplace_back(v); }},
    {"--network-own-name",
     [](Options& o, std::string_view v) { networkOf(o).ownNames.emplace_back(v); }},
    {"--trust", [](Options& o, std::string_view v) { o.trusted = v; }},
    {"--network-resolver",
     [](Options& o, std::string_view v) { networkOf(o).resolvers.emplace_back(v); }},
    {"--network-resolver-user",
     [](Options& o, std::string_view v) {
       networkOf(o).resolverUser = toNumber<uid_t>(v);
       networkOf(o).resolverGroup = toNumber<gid_t>(v);
     }},
};

void require(bool condition, std::string_view problem) {
  if (!condition) throw std::runtime_error(std::string(problem));
}

void validate(const Options& options) {
  for (const std::string* path : {&options.packages, &options.runtimes, &options.init}) {
    require(path->starts_with('/'), "--packages, --runtimes and --init need absolute paths");
  }
  for (const std::string& path : options.shares)
    require(path.starts_with('/'), "--share: needs an absolute path");
  require(options.sharePatience >= 1 && options.sharePatience <= 60'000,
          "--share-patience: 1 to 60000 milliseconds");
  require(options.zygotes.empty() || options.zygoteLibrary.starts_with('/'),
          "--zygote-library: needs an absolute path");
  for (const ZygoteProgram& program : options.zygotes)
    require(program.arguments.front().starts_with('/'), "--zygote: needs an absolute path");
  require(options.zygoteCopies >= 1, "--zygote-copies: at least 1");
  require(options.zygotes.size() <= 256, "--zygote: at most 256");
  require(validScope(options.scope), "--scope: at most 32 letters, digits, '-', '_' and '.'");
  require(options.uidBase >= 1000 && options.uidBase < 0x7fffffff,
          "--uid-base: 1000 to 2147483646");
  require(options.uidCount >= 1 && options.uidCount <= 65536, "--uid-count: 1 to 65536");
}

}  // namespace

bool validScope(const std::string& scope) {
  return !scope.empty() && scope.size() <= 32 && scope.front() != '.' &&
         std::ranges::all_of(scope, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

Options parseOptions(std::span<const char* const> arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string_view name = arguments[i];
    const auto* flag = std::ranges::find(flags, name, &Flag::name);
    if (flag == std::end(flags)) throw std::runtime_error(fmt::format("unknown flag {}", name));
    if (i + 1 == arguments.size()) throw std::runtime_error(fmt::format("{} needs a value", name));
    try {
      flag->set(options, arguments[i + 1]);
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(fmt::format("{} {}: {}", name, arguments[i + 1], error.what()));
    }
  }
  validate(options);
  if (options.network) options.network->scope = options.scope;
  return options;
}

}  // namespace openfc::sandbox::launcher
