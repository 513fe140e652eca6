#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::cli {

struct Command;

enum class Takes {
  nothing,  // it is given or not
  one,
  many,   // it may be given again
  truth,  // true or false; without a value it is true
};

/// One thing that a command takes. Names: "-e,--event"; without dashes it is a positional.
struct Option {
  std::string names;
  std::string help;
  Takes takes = Takes::one;
  bool required = false;
  std::string shown;  // how the value is called in help; "" = by the option's name
};

bool isPositional(const Option& option);
/// "--memory" of "-m,--memory" → "memory": by it the arguments are asked for.
std::string keyOf(const Option& option);
/// How a value of it is called: "SERVICE/FUNCTION".
std::string shownAs(const Option& option);

/// What was given, by the option's last name without dashes ("event").
class Arguments {
public:
  void add(const std::string& name, std::vector<std::string> values);
  bool has(const std::string& name) const { return values_.contains(name); }
  /// The (last) value; `otherwise` when absent.
  std::string text(const std::string& name, const std::string& otherwise = "") const;
  std::vector<std::string> list(const std::string& name) const;
  /// The value as a number. Throws UsageError when it is none; nothing: absent.
  std::optional<long long> number(const std::string& name) const;

private:
  std::map<std::string, std::vector<std::string>> values_;
};

/// Reads a command line word by word: the words of a command, its positionals and flags in any
/// order, and the flags that every command takes anywhere. "--" ends the flags.
class LineReader {
public:
  LineReader(const std::vector<Command>& commands, const std::vector<Option>& common);

  /// Throws UsageError for a word that has no meaning here.
  void read(const std::string& word);
  /// After the last word. Throws UsageError when something is missing; not when help is wanted.
  void finish();

  /// The command's words so far: "function create".
  const std::string& path() const { return path_; }
  /// Null: they name none.
  const Command* command() const { return command_; }
  const Arguments& arguments() const { return arguments_; }
  bool wantsHelp() const { return help_; }
  /// Whether the next word is the value of the flag before it.
  bool wantsValue() const { return waiting_ != nullptr; }
  /// The words that may follow those of the command so far.
  std::vector<std::string> nextWords() const;
  /// The flags that may follow.
  std::vector<std::string> flags() const;

private:
  void readFlag(const std::string& word);
  void readWord(const std::string& word);
  /// Takes the value of the flag before; false: this word is none.
  bool readValue(const std::string& word);
  const Option* find(std::string_view name) const;
  const Option* nextPositional() const;
  void give(const Option& option, const std::string& value);

  const std::vector<Command>& commands_;
  const std::vector<Option>& common_;
  std::string path_;
  const Command* command_ = nullptr;
  const Option* waiting_ = nullptr;
  Arguments arguments_;
  std::size_t positionals_ = 0;
  bool onlyPositionals_ = false;
  bool help_ = false;
};

}  // namespace openfc::cli
