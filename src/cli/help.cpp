#include "cli/help.h"

#include "base/wrapped_text.h"
#include "cli/command.h"

#include <algorithm>
#include <map>

namespace openfc::cli {
namespace {

constexpr std::size_t commandColumn = 16;
constexpr std::size_t optionColumn = 34;

constexpr std::string_view overview =
    "openfc: Function Compute on your own machines\n\n"
    "Usage: openfc COMMAND [arguments] [flags]\n\n";

constexpr std::string_view examples =
    "\nExamples:\n"
    "  openfc serve                                        a server on this machine\n"
    "  openfc deploy .                                     this directory becomes a function\n"
    "  openfc invoke default/hello -e '{\"name\": \"Ada\"}'    run it\n"
    "  openfc logs default/hello -f                        see what it prints\n"
    "\nopenfc help COMMAND tells more. Files are given as @FILE, @- is standard input.\n";

/// Groups whose words would say too little or too much.
struct GroupRow {
  std::string_view word;
  std::string_view help;
};
constexpr GroupRow groups[] = {
    {"api", "Any operation of the API by its name (openfc help api)"},
    {"version", "Print the version; publish, list, delete versions of a service"},
};

/// The first words of the commands below `path`, each with the commands that begin with it.
std::vector<std::pair<std::string, std::vector<const Command*>>> below(
    const std::vector<Command>& commands, const std::string& path) {
  std::vector<std::pair<std::string, std::vector<const Command*>>> found;
  const std::string before = path.empty() ? "" : path + " ";
  for (const Command& command : commands) {
    if (!command.path.starts_with(before) || command.path == path) continue;
    const auto end = command.path.find(' ', before.size());
    const std::string word = command.path.substr(before.size(), end - before.size());
    auto place = std::ranges::find(found, word, [](const auto& row) { return row.first; });
    if (place == found.end()) place = found.insert(found.end(), {word, {}});
    place->second.push_back(&command);
  }
  return found;
}

std::string describe(const std::string& word, const std::vector<const Command*>& commands) {
  const auto* row = std::ranges::find(groups, word, &GroupRow::word);
  if (row != std::end(groups)) return std::string(row->help);
  if (commands.size() == 1) return commands.front()->help;
  std::string text;
  for (const Command* command : commands) {
    const std::string last = command->path.substr(command->path.rfind(' ') + 1);
    text += (text.empty() ? "" : ", ") + last;
  }
  return text;
}

std::string listOf(const std::vector<Command>& commands, const std::string& path) {
  std::size_t column = commandColumn;
  const auto rows = below(commands, path);
  for (const auto& [word, of] : rows) column = std::max(column, word.size() + 4);
  std::string text = "Commands:\n";
  for (const auto& [word, of] : rows) {
    const bool isTop = path.empty();
    text += wrappedRow(word, isTop ? describe(word, of) : of.front()->help, column);
  }
  return text;
}

std::string flagRow(const Option& option) {
  std::string names = option.names;
  if (names.starts_with("--")) names.insert(0, "    ");
  for (auto comma = names.find(','); comma != std::string::npos; comma = names.find(',', comma + 2))
    names.insert(comma + 1, " ");
  if (option.takes == Takes::one || option.takes == Takes::many) {
    names += option.shown.empty() ? " VALUE" : " " + option.shown;
  }
  return wrappedRow(names, option.help, optionColumn);
}

/// "openfc invoke SERVICE/FUNCTION [flags]"
std::string usageLine(const Command& command) {
  std::string line = "openfc " + command.path;
  for (const Option& option : command.options) {
    if (!isPositional(option)) continue;
    const std::string name = shownAs(option) + (option.takes == Takes::many ? "..." : "");
    line += option.required ? " " + name : " [" + name + "]";
  }
  return line + " [flags]\n";
}

std::string helpOf(const Command& command, const std::vector<Option>& common) {
  std::string text = command.help + "\n\nUsage: " + usageLine(command);
  std::string positionals;
  std::string flags;
  for (const Option& option : command.options) {
    if (isPositional(option)) {
      positionals += wrappedRow(shownAs(option), option.help, optionColumn);
    } else {
      flags += flagRow(option);
    }
  }
  if (!positionals.empty()) text += "\nArguments:\n" + positionals;
  if (!flags.empty()) text += "\nFlags:\n" + flags;
  text += "\nFlags of every command:\n";
  for (const Option& option : common) text += flagRow(option);
  if (command.examples.empty()) return text;
  text += "\nExamples:\n";
  for (const std::string& example : command.examples) text += "  " + example + "\n";
  return text;
}

}  // namespace

std::string helpOf(const std::vector<Command>& commands, const std::vector<Option>& common,
                   const std::string& path) {
  if (path.empty()) {
    std::string text = std::string(overview) + listOf(commands, "") + "\nFlags of every command:\n";
    for (const Option& option : common) text += flagRow(option);
    return text + std::string(examples);
  }
  const auto found = std::ranges::find(commands, path, &Command::path);
  std::string text = found == commands.end() ? "Usage: openfc " + path + " COMMAND [flags]\n"
                                             : helpOf(*found, common);
  if (below(commands, path).empty()) return text;
  text += "\n" + listOf(commands, path);
  return text + "\nopenfc " + path + " COMMAND --help tells more.\n";
}

}  // namespace openfc::cli
