#include "cli/command.h"

#include <algorithm>

namespace openfc::cli {
namespace {

// Shells ask `openfc completion words WORDS… CURRENT` what CURRENT may become: it knows each
// command's own flags.

constexpr std::string_view bash = R"sh(_openfc() {
  local current=${COMP_WORDS[COMP_CWORD]}
  mapfile -t COMPREPLY < <(openfc completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ ${#COMPREPLY[@]} -gt 0 ]] || mapfile -t COMPREPLY < <(compgen -f -- "$current")
}
complete -o filenames -F _openfc openfc
)sh";

constexpr std::string_view zsh = R"sh(#compdef openfc
_openfc() {
  local -a found
  found=(${(f)"$(openfc completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( ${#found} )); then compadd -- $found; else _files; fi
}
if [ "$funcstack[1]" = _openfc ]; then _openfc; else compdef _openfc openfc; fi
)sh";

constexpr std::string_view fish = R"sh(function __openfc_words
  set -l words (commandline -opc) (commandline -ct)
  openfc completion words -- $words[2..-1] 2>/dev/null
end
complete -c openfc -a '(__openfc_words)'
)sh";

struct ShellRow {
  std::string_view name;
  std::string_view script;
};
constexpr ShellRow shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};

/// What the last of `words` may become; nothing: a value or a file.
std::vector<std::string> candidates(const std::vector<Command>& commands,
                                    std::vector<std::string> words) {
  const std::string current = words.empty() ? "" : words.back();
  if (!words.empty()) words.pop_back();
  const std::vector<Option> common = commonOptions();
  LineReader line(commands, common);
  for (const std::string& word : words) line.read(word);
  if (line.wantsValue()) return {};
  std::vector<std::string> found = line.nextWords();
  if (current.starts_with('-')) found = line.flags();
  std::erase_if(found, [&](const std::string& word) { return !word.starts_with(current); });
  return found;
}

Exit completion(const Session& session) {
  const std::string name = session.arguments.text("shell");
  if (name == "words") {
    for (const std::string& word : candidates(session.commands, session.arguments.list("word")))
      session.output.result(word + "\n");
    return Exit::ok;
  }
  const auto* shell = std::ranges::find(shells, name, &ShellRow::name);
  if (shell == std::end(shells)) throw UsageError("'" + name + "' is none of bash, zsh, fish");
  session.output.result(shell->script);
  return Exit::ok;
}

}  // namespace

void addCompletion(std::vector<Command>& rows) {
  rows.push_back({"completion",
                  "Print a shell's completion script",
                  {{"shell", "bash, zsh or fish", Takes::one, true},
                   {"word", "For the scripts: behind 'words', the line so far", Takes::many}},
                  &completion,
                  {"source <(openfc completion bash)"}});
}

}  // namespace openfc::cli
