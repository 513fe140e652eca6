#include "cli/arguments.h"

#include "cli/command.h"

#include <CLI/CLI.hpp>

#include <charconv>
#include <memory>

namespace openfc::cli {
namespace {

/// One command on CLI11's side, with the places that its options write to.
struct Bound {
  const Command* command = nullptr;
  CLI::App* app = nullptr;
  std::map<std::string, std::vector<std::string>> values;
};

void addOption(Bound& bound, const Option& option) {
  const std::string key = keyOf(option);
  if (option.takes == Takes::nothing) {
    bound.app->add_flag(option.names, option.help);
    return;
  }
  CLI::Option* added = bound.app->add_option(option.names, bound.values[key], option.help);
  added->required(option.required)->type_name("")->allow_extra_args(false);
  if (option.takes == Takes::one)
    added->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

/// The apps by path; "" is the program itself.
using Places = std::map<std::string, CLI::App*>;

/// "function create" below "function", which is made when it is not there.
CLI::App* place(Places& places, const std::string& path) {
  const auto found = places.find(path);
  if (found != places.end()) return found->second;
  const auto blank = path.rfind(' ');
  const bool nested = blank != std::string::npos;
  CLI::App* parent = nested ? place(places, path.substr(0, blank)) : places.at("");
  CLI::App* app = parent->add_subcommand(nested ? path.substr(blank + 1) : path);
  app->description("Work with " + path + "s");
  return places[path] = app;
}

Arguments argumentsOf(const Bound& bound, const std::vector<Option>& common) {
  Arguments arguments;
  for (const auto* options : {&bound.command->options, &common}) {
    for (const Option& option : *options) {
      const std::string key = keyOf(option);
      const std::string name = option.names.find('-') == 0 ? "--" + key : key;
      if (bound.app->count(name) == 0) continue;
      const auto values = bound.values.find(key);
      arguments.add(key,
                    values == bound.values.end() ? std::vector<std::string>{} : values->second);
    }
  }
  return arguments;
}

Said said(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    return {.text = app.help()};
  }
  return {.text = std::string(error.what()) + "\n", .wrong = true};
}

}  // namespace

void Arguments::add(const std::string& name, std::vector<std::string> values) {
  values_[name] = std::move(values);
}

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? otherwise : found->second.back();
}

std::vector<std::string> Arguments::list(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::optional<long long> Arguments::number(const std::string& name) const {
  if (!has(name)) return std::nullopt;
  const std::string value = text(name);
  long long number = 0;
  const char* end = value.data() + value.size();
  const auto read = std::from_chars(value.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) {
    throw UsageError("--" + name + ": '" + value + "' is not a number");
  }
  return number;
}

std::string keyOf(const Option& option) {
  std::string key = option.names.substr(option.names.rfind(',') + 1);
  return key.substr(std::min(key.find_first_not_of('-'), key.size()));
}

std::variant<Parsed, Said> parse(const std::vector<Command>& commands,
                                 const std::vector<Option>& common,
                                 const std::vector<std::string>& arguments) {
  CLI::App root("Function Compute on your own machines", "openfc");
  root.require_subcommand(1);
  Places places{{"", &root}};
  std::vector<std::unique_ptr<Bound>> all;
  for (const Command& command : commands) {
    auto& bound = *all.emplace_back(std::make_unique<Bound>());
    bound.command = &command;
    bound.app = place(places, command.path);
    bound.app->description(command.help);
    for (const auto* options : {&command.options, &common}) {
      for (const Option& option : *options) addOption(bound, option);
    }
  }
  try {
    root.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    return said(root, error);
  }
  for (const auto& bound : all) {
    if (bound->app->parsed()) return Parsed{bound->command, argumentsOf(*bound, common)};
  }
  const std::string group = root.get_subcommands().front()->get_name();
  return Said{.text = group + ": name what to do\n", .wrong = true};
}

}  // namespace openfc::cli
