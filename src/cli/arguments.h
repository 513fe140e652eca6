#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace openfc::cli {

struct Command;

enum class Takes { nothing, one, many };

/// One thing that a command takes. Names as CLI11 has them: "-e,--event"; without dashes it is a
/// positional.
struct Option {
  std::string names;
  std::string help;
  Takes takes = Takes::one;
  bool required = false;
};

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

/// What to say instead of running a command: help (for stdout) or what is wrong with the arguments
/// (for stderr).
struct Said {
  std::string text;
  bool wrong = false;
};

struct Parsed {
  const Command* command;
  Arguments arguments;
};

/// Finds the command and reads its arguments. `common` options are taken by every command.
std::variant<Parsed, Said> parse(const std::vector<Command>& commands,
                                 const std::vector<Option>& common,
                                 const std::vector<std::string>& arguments);

/// "--memory" of "-m,--memory" → "memory".
std::string keyOf(const Option& option);

}  // namespace openfc::cli
