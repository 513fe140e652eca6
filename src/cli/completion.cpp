#include "cli/command.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <ranges>
#include <set>

namespace openfc::cli {
namespace {

/// Words before the cursor ("", "function", "function create") → what may follow.
using Words = std::map<std::string, std::set<std::string>>;

Words wordsOf(const std::vector<Command>& rows) {
  Words words;
  for (const Command& row : rows) {
    std::string before;
    for (std::size_t at = 0; at < row.path.size();) {
      const auto end = std::min(row.path.find(' ', at), row.path.size());
      words[before].insert(row.path.substr(at, end - at));
      before = row.path.substr(0, end);
      at = end + 1;
    }
    auto options = row.options;
    const auto common = commonOptions();
    options.insert(options.end(), common.begin(), common.end());
    for (const Option& option : options) {
      if (option.names.starts_with('-')) words[row.path].insert("--" + keyOf(option));
    }
  }
  return words;
}

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// Words that are no option and no path, at most two: they name the command.
std::string bash(const Words& words) {
  std::string text =
      "_openfc() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" path=\"\" word words=\"\"\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    [[ $word == -* ]] || path=\"${path:+$path }$word\"\n"
      "  done\n"
      "  case \"$path\" in\n";
  // Longer paths first: a pattern also matches what follows its words.
  for (const auto& [path, next] : std::views::reverse(words)) {
    const std::string pattern = path.empty() ? "''" : fmt::format("'{0}'|'{0} '*", path);
    text += fmt::format("    {}) words=\"{}\" ;;\n", pattern, joined(next));
  }
  return text +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- \"$current\"))\n"
         "}\n"
         "complete -F _openfc openfc\n";
}

std::string zsh(const Words& words) {
  return "#compdef openfc\nautoload -U +X bashcompinit && bashcompinit\n" + bash(words);
}

std::string fish(const Words& words) {
  std::string text = "complete -c openfc -f\n";
  for (const auto& [path, next] : words) {
    const std::string condition =
        path.empty() ? "__fish_use_subcommand"
                     : "string match -rq '^openfc " + path + "( |$)' -- (commandline -cp)";
    for (const std::string& word : next) {
      const bool option = word.starts_with("--");
      text += fmt::format("complete -c openfc -n \"{}\" {} {}\n", condition, option ? "-l" : "-a",
                          option ? word.substr(2) : word);
    }
  }
  return text;
}

struct ShellRow {
  std::string_view name;
  std::string (*script)(const Words&);
};
constexpr ShellRow shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

Exit completion(const Session& session) {
  const std::string name = session.arguments.text("shell");
  const auto* shell = std::ranges::find(shells, name, &ShellRow::name);
  if (shell == std::end(shells)) throw UsageError("'" + name + "' is none of bash, zsh, fish");
  session.output.result(shell->script(wordsOf(session.commands)));
  return Exit::ok;
}

}  // namespace

void addCompletion(std::vector<Command>& rows) {
  rows.push_back({"completion",
                  "Print a shell's completion script",
                  {{"shell", "bash, zsh or fish", Takes::one, true}},
                  &completion});
}

}  // namespace openfc::cli
